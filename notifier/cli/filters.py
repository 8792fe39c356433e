"""The options that choose some of a site's readers, as the desk's list does."""

from collections.abc import Mapping
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier import clock
from notifier.cli.words import refuse
from notifier.desk.searching import STATES, Search, understood
from notifier.domain.topics import normalise
from notifier.models import Tag, Topic

OfTopic = Annotated[str, typer.Option("--topic", "-t", help="Only who follows it.")]
OfTag = Annotated[str, typer.Option("--tag", help="Only who bears it.")]
OfState = Annotated[str, typer.Option("--state", help=f"Only who is {', '.join(STATES)}.")]
OfLanguage = Annotated[str, typer.Option("--language", help="Only whose letters speak it.")]
Since = Annotated[str, typer.Option("--since", help="Only who came on this day or later, such as 2026-11-23.")]
Words = Annotated[str, typer.Option("--words", help="Only whose address begins so, or whose name has it.")]


def search_of(session: Session, site_id: int, given: Mapping[str, str]) -> Search:
    """The search of these options, by their names; says what is wrong with them, and ends, where something is."""
    plain = {name: given.get(name, "") for name in ("words", "state", "language", "since")}
    told = Search.of(plain)
    if any(getattr(told, name) != value for name, value in plain.items() if name != "words"):
        refuse(f"states are {', '.join(STATES)}; a day looks like 2026-11-23")
    ids = {
        "topic": _id(session, site_id, Topic, given.get("topic", "")),
        "tag": _id(session, site_id, Tag, given.get("tag", "")),
    }
    return understood(session, site_id, Search.of({**plain, **ids}), clock.now())


def _id(session: Session, site_id: int, model: type[Topic] | type[Tag], name: str) -> int:
    if not name:
        return 0
    named = (normalise(name) or name) if model is Topic else name
    found = session.scalar(select(model.id).where(model.site_id == site_id, model.name == named))
    if found is None:
        refuse(f"this site has no {model.__name__.lower()} {name!r}")
    return found
