"""Ask people of a list by letter whether they want to be readers: each becomes a sign-up that its task decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from notifier.bulk import any_of
from notifier.consent.merging.making import Ground, note_faults
from notifier.consent.merging.staging import judged
from notifier.consent.merging.words import Became
from notifier.domain.address import fold
from notifier.domain.tokens import address_hash, token_hash
from notifier.models import Signup, Site

SOURCE: Final = "import"
"""Of a sign-up that a list brought."""


def ask(session: Session, site: Site, ground: Ground, topics: Mapping[int, list[str]], now: datetime) -> None:
    """Note a sign-up for whoever was judged `asked`; `topics`: set -> names.

    The sweep hands them out, some hundred at a time, so that the letters do not crowd those that readers wait for.
    """
    row = judged.c
    found = session.execute(
        select(row.address, row.address_key, row.name, row.language, row.topics).where(row.word == Became.ASKED.value)
    )
    rows = [
        {
            "site_id": site.id, "address": address, "name": name, "language": language, "time_zone": site.time_zone,
            "frequency": ground.frequency, "topics": topics[number], "source": SOURCE,
            "wording_hash": token_hash(ground.words), "created_at": now,
            "limit_hash": address_hash(site.pepper, fold(key)),
        }
        for address, key, name, language, number in found
        if topics.get(number)
    ]  # fmt: skip
    if ground.has_row_per_list:
        rows = _not_asked_yet(session, site.id, rows)
    if rows:
        session.connection().execute(insert(Signup), rows)
    note_faults(session, ground.import_id)


def _not_asked_yet(session: Session, site_id: int, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whom no sign-up of a list waits for; one that waits takes on the topics of the others, and asks once."""
    waiting = (
        select(Signup.id, Signup.address, Signup.topics)
        .where(
            any_of(Signup.limit_hash, "hashes"), Signup.site_id == site_id, Signup.source == SOURCE,
            Signup.handled_at.is_(None),
        )
        .with_for_update()
    )  # fmt: skip
    found = session.execute(waiting, {"hashes": [one["limit_hash"] for one in rows]})
    known = {address.casefold(): (number, topics) for number, address, topics in found}
    fresh, more = [], []
    for one in rows:
        number, topics = known.get(one["address"].casefold(), (0, []))
        if number:
            more.append({"id": number, "topics": [*dict.fromkeys([*topics, *one["topics"]])]})
        else:
            fresh.append(one)
    if more:
        session.execute(update(Signup), more)
    return fresh
