"""Commands about what goes out next: look ahead, hold a digest, let it go, order it; and count everything anew."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, census, clock, digests
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.digests import GivenUpError, Place, TooLateError
from notifier.domain.words import Frequency
from notifier.models import Item
from notifier.parts import Parts
from notifier.stages.plan.upcoming import Coming

digest_app = typer.Typer(no_args_is_help=True, help="Decide about a digest before it goes out.")
BY = Actor(COMMAND_LINE)

Often = Annotated[Frequency, typer.Argument(help="hourly, daily or weekly.")]
At = Annotated[str, typer.Argument(help="Its moment, as `notifier calendar` tells it: 2026-11-24T05:00Z.")]
Guids = Annotated[list[str], typer.Argument(help="Articles, by the guid that their source gave them.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(calendar)
    app.command()(recount)
    app.add_typer(digest_app, name="digest")


def calendar(site: SiteOption = "") -> None:
    """What goes out in the next days: digests with readers and articles so far, and the issues that are scheduled."""
    parts = assembly.parts()
    with parts.db.reading() as session:
        ours = the_site(session, site).id
    ahead = digests.ahead(parts, ours, clock.now())
    table = Table("what", "at", "readers", "articles", "")
    for one in ahead.all:
        if isinstance(one, Coming):
            span = f"{one.at:%Y-%m-%dT%H:%MZ}" + (f" to {one.until:%Y-%m-%dT%H:%MZ}" if one.until > one.at else "")
            table.add_row(f"issue {one.id}: {one.title}", span, "", f"{one.articles:,}", one.state.value)
            continue
        state = "held" if one.is_held else "arranged" if one.is_arranged else ""
        table.add_row(one.frequency.value, f"{one.at:%Y-%m-%dT%H:%MZ}", f"{one.readers:,}", f"{one.articles:,}", state)
    console.print(table)


def recount() -> None:
    """Make the running count and the numbers behind the charts anew from the letters themselves; stop workers first."""
    parts = assembly.parts()
    census.rebuild(parts, clock.now())
    console.print("counted anew")


@digest_app.command()
def hold(frequency: Often, at: At, site: SiteOption = "") -> None:
    """Hold it back until it is released; what is held for too long comes with the next one."""
    parts, place = _place(frequency, at, site)
    try:
        digests.hold(parts, place, BY, clock.now())
    except TooLateError:
        refuse("this digest was planned already", FAILED)
    console.print("held")


@digest_app.command()
def release(frequency: Often, at: At, site: SiteOption = "") -> None:
    """Let it go: at its hour, or at once where that has come."""
    parts, place = _place(frequency, at, site)
    try:
        digests.release(parts, place, BY, clock.now())
    except GivenUpError:
        refuse("it was held until it was too late: its articles come with the next one", FAILED)
    console.print("released")


@digest_app.command()
def pin(frequency: Often, at: At, articles: Guids, site: SiteOption = "") -> None:
    """Put these first, in this order, after those that are pinned already."""
    _change("pinned", *_place(frequency, at, site), articles)


@digest_app.command()
def drop(frequency: Often, at: At, articles: Guids, site: SiteOption = "") -> None:
    """Leave these out, of this digest and of those after it."""
    _change("dropped", *_place(frequency, at, site), articles)


@digest_app.command()
def postpone(frequency: Often, at: At, articles: Guids, site: SiteOption = "") -> None:
    """Leave these to the digest after this one."""
    _change("postponed", *_place(frequency, at, site), articles)


@digest_app.command()
def show(frequency: Often, at: At, site: SiteOption = "") -> None:
    """What it has so far."""
    parts, place = _place(frequency, at, site)
    table = Table("article", "title", "announced", "")
    for one in digests.look(parts, place).entries:
        state = f"pinned {one.position}" if one.position else "" if one.fate == "in" else one.fate
        table.add_row(one.guid, one.title, moment(one.announced_at), state)
    console.print(table)


def _change(verb: str, parts: Parts, place: Place, guids: Sequence[str]) -> None:
    with parts.db.reading() as session:
        rows = session.execute(select(Item.guid, Item.id).where(Item.site_id == place.site_id, Item.guid.in_(guids)))
        known = {guid: item for guid, item in rows}  # noqa: C416 - dict() loses the rows' types
    if missing := [guid for guid in guids if guid not in known]:
        refuse(f"there is no article {', '.join(missing)}")
    order = digests.changed(parts, place, verb, [known[guid] for guid in guids])
    try:
        digests.arrange(parts, place, order, BY, clock.now())
    except TooLateError:
        refuse("this digest was planned already", FAILED)
    console.print(f"{verb}: {', '.join(guids)}", highlight=False)


def _place(frequency: Frequency, at: str, site: str) -> tuple[Parts, Place]:
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        refuse(f"{at!r} is no moment: write it as 2026-11-24T05:00Z")
    parts = assembly.parts()
    with parts.db.reading() as session:
        ours = the_site(session, site).id
    return parts, Place(ours, frequency, found.replace(tzinfo=UTC) if found.tzinfo is None else found)
