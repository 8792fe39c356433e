"""Commands about suppressions: an address by its hash, or a whole domain, that no letter goes to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier import assembly, clock, suppressions
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.address import AddressInvalid
from notifier.models import Suppression
from notifier.parts import Parts
from notifier.sources import barred, lists
from notifier.sources.lists import ListError

Place = Annotated[str, typer.Argument(help="An address, `@example.org` for a domain, or a hash.")]
_OPERATOR: Final = Actor(COMMAND_LINE)
_SENTENCES: Final = {"empty": "the file is empty"}


def add_to(app: typer.Typer) -> None:
    """Register the commands, among those about subscribers."""
    for name, command in (
        ("suppress", suppress), ("lift", lift), ("suppressed", suppressed), ("suppressions", listed),
        ("suppress-all", bring), ("standing", standing),
    ):  # fmt: skip
        app.command(name)(command)


def suppress(address: Place, site: SiteOption = "", reason: str = suppressions.USUAL) -> None:
    """Never write to this address (or domain) again, whoever signs it up; of an address only its hash is kept."""
    parts, site_id = _at(site)
    with _named(address):
        is_new = suppressions.add(parts, site_id, address, reason, _OPERATOR, clock.now())
    console.print("suppressed" if is_new else "it was suppressed already")


def lift(
    address: Place,
    site: SiteOption = "",
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = suppressions.USUAL,
) -> None:
    """Let a suppressed address or domain be written to again, once it asks; what was held against it is forgotten."""
    parts, site_id = _at(site)
    with _named(address):
        was = suppressions.lift(parts, site_id, address, reason, _OPERATOR, clock.now())
    if not was:
        refuse("this address is not suppressed", FAILED)
    console.print("lifted")


def suppressed(address: Place, site: SiteOption = "") -> None:
    """Whether this address or domain is suppressed, since when and why. Exit code 1 if it is not."""
    row = _about(address, site).suppression
    if row is None:
        refuse("this address is not suppressed", FAILED)
    lifted = f"; lifted {moment(row.lifted_at)}: {row.lifted_reason}" if row.lifted_at else ""
    console.print(f"{row.reason}, by {row.source}, {moment(row.at)}{lifted}", highlight=False)


def listed(
    site: SiteOption = "",
    reason: Annotated[str, typer.Option(help="Only those for this reason.")] = "",
    export: Annotated[bool, typer.Option("--export", help="All of them, tab-separated, for suppress-all.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
) -> None:
    """Who must not be written to: by hash, for nothing else is kept; domains by name."""
    parts, site_id = _at(site)
    if export:
        with parts.db.writing() as session:
            suppressions.note_export(session, site_id, _OPERATOR, clock.now())
        for row in suppressions.every(parts, site_id, reason):
            typer.echo(f"{suppressions.name_of(row)}\t{row.reason}\t{row.source}\t{row.at.isoformat()}")
        return
    table = Table("who", "reason", "source", "since")
    with parts.db.reading() as session:
        for row in _newest(session, site_id, reason, limit):
            table.add_row(suppressions.name_of(row), row.reason, row.source, moment(row.at))
    console.print(table)


def bring(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Address, `@domain` or hash; and why.")],
    site: SiteOption = "",
    reason: Annotated[str, typer.Option(help="For lines that say none.")] = "imported",
) -> None:
    """Suppress all that a file lists: CSV, or a line each with a tab before the reason.

    A hash is one of this site: an export of another has other hashes.
    """
    parts, site_id = _at(site)
    try:
        done = suppressions.bring(
            parts, site_id, barred.read(lists.of_file(file)), reason, _OPERATOR, clock.now()
        )  # fmt: skip
    except ListError as fault:
        refuse(_SENTENCES.get(fault.key, fault.key))
    console.print(f"{done.added} suppressed anew, {done.wrong} lines were none of the three", highlight=False)


def standing(address: Place, site: SiteOption = "", forget: Annotated[bool, typer.Option("--forget")] = False) -> None:
    """What is held against an address that is not suppressed yet: its score, and the last refusals."""
    if forget:
        parts, site_id = _at(site)
        with _named(address):
            suppressions.forget(parts, site_id, address, _OPERATOR, clock.now())
    held = _about(address, site).held
    console.print(f"score {held.score:g}", *held.reasons, sep="\n", highlight=False)


def _at(slug: str) -> tuple[Parts, int]:
    parts = assembly.parts()
    with parts.db.reading() as session:
        return parts, the_site(session, slug).id


def _about(address: str, slug: str) -> suppressions.About:
    parts, site_id = _at(slug)
    with parts.db.reading() as session, _named(address):
        return suppressions.about(session, site_id, address)


@contextmanager
def _named(address: str) -> Iterator[None]:
    try:
        yield
    except AddressInvalid as fault:
        refuse(f"{address!r} is neither an address nor a domain ({fault.key})")


def _newest(session: Session, site_id: int, reason: str, limit: int) -> Iterator[Suppression]:
    found = select(Suppression).where(Suppression.site_id == site_id, Suppression.lifted_at.is_(None))
    if reason:
        found = found.where(Suppression.reason == reason)
    return iter(session.scalars(found.order_by(Suppression.id.desc()).limit(limit).execution_options(yield_per=1000)))
