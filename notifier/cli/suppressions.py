"""Commands about suppressions: an address by its hash, or a whole domain, that no letter goes to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier import assembly, clock
from notifier.cli.subscribers import Address
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.consent import suppression
from notifier.domain.address import AddressInvalid
from notifier.feedback import standings
from notifier.models import Site, Suppression

Place = Annotated[str, typer.Argument(help="An address, `@example.org` for a domain, or a hash.")]
AT_ONCE = 5000
LINE_MAX = 2000


def add_to(app: typer.Typer) -> None:
    """Register the commands, among those about subscribers."""
    for name, command in (
        ("suppress", suppress), ("lift", lift), ("suppressed", suppressed), ("suppressions", listed),
        ("suppress-all", bring), ("standing", standing),
    ):  # fmt: skip
        app.command(name)(command)


def suppress(address: Place, site: SiteOption = "", reason: str = "asked") -> None:
    """Never write to this address (or domain) again, whoever signs it up; of an address only its hash is kept."""
    try:
        with assembly.parts().db.writing() as session:
            is_new = suppression.suppress(session, the_site(session, site), address, reason, "operator", clock.now())
    except AddressInvalid as fault:
        refuse(f"{address!r} is neither an address nor a domain ({fault.key})")
    console.print("suppressed" if is_new else "it was suppressed already")


def lift(
    address: Place,
    site: SiteOption = "",
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "asked",
) -> None:
    """Let a suppressed address or domain be written to again, once it asks; what was held against it is forgotten."""
    try:
        with assembly.parts().db.writing() as session:
            was = suppression.lift(session, the_site(session, site), address, clock.now(), reason)
    except AddressInvalid as fault:
        refuse(f"{address!r} is neither an address nor a domain ({fault.key})")
    if not was:
        refuse("this address is not suppressed", FAILED)
    console.print("lifted")


def suppressed(address: Place, site: SiteOption = "") -> None:
    """Whether this address or domain is suppressed, since when and why. Exit code 1 if it is not."""
    with assembly.parts().db.reading() as session:
        row = _found(session, the_site(session, site), address)
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
    with assembly.parts().db.reading() as session:
        rows = _rows(session, the_site(session, site), reason, None if export else limit)
        if export:
            for row in rows:
                place = f"@{row.domain}" if row.domain else row.address_hash
                typer.echo(f"{place}\t{row.reason}\t{row.source}\t{row.at.isoformat()}")
            return
        table = Table("who", "reason", "source", "since")
        for row in rows:
            table.add_row(f"@{row.domain}" if row.domain else row.address_hash, row.reason, row.source, moment(row.at))
    console.print(table)


def bring(
    file: Annotated[Path, typer.Argument(help="A line each: address, `@domain` or hash; a tab and a reason.")],
    site: SiteOption = "",
    reason: Annotated[str, typer.Option(help="For lines that say none.")] = "imported",
) -> None:
    """Suppress all that a file lists. A hash is one of this site: an export of another has other hashes."""
    added = wrong = 0
    parts, now = assembly.parts(), clock.now()
    with file.open(encoding="utf-8", errors="replace") as lines:
        for some in _chunks(lines, reason):
            reasons, domains = dict[tuple[int, str], str](), dict[str, str]()
            with parts.db.writing() as session:
                there = the_site(session, site)
                for place, why in some:
                    try:
                        hashed = suppression.place_of(there, place)
                    except AddressInvalid:
                        wrong += 1
                        continue
                    reasons[there.id, hashed] = why[:40]
                    domains |= {hashed: domain} if (domain := suppression.domain_of(place)) else {}
                added += len(suppression.suppress_hashes(session, reasons, "import", now, domains))
    console.print(f"{added} suppressed anew, {wrong} lines were none of the three", highlight=False)


def standing(
    address: Address, site: SiteOption = "", forget: Annotated[bool, typer.Option("--forget")] = False
) -> None:
    """What is held against an address that is not suppressed yet: its score, and the last refusals."""
    with assembly.parts().db.writing() as session:
        there = the_site(session, site)
        try:
            place = there.id, suppression.place_of(there, address)
        except AddressInvalid as fault:
            refuse(f"{address!r} is not an address ({fault.key})")
        if forget:
            suppression.forget_standing(session, *place)
        held = standings.find(session, place)
    console.print(f"score {held.score:g}", *held.reasons, sep="\n", highlight=False)


def _found(session: Session, site: Site, address: str) -> Suppression | None:
    try:
        hashed = suppression.place_of(site, address)
    except AddressInvalid as fault:
        refuse(f"{address!r} is neither an address nor a domain ({fault.key})")
    theirs = (Suppression.site_id == site.id, Suppression.address_hash == hashed)
    return session.scalar(select(Suppression).where(*theirs))


def _rows(session: Session, site: Site, reason: str, limit: int | None) -> Iterator[Suppression]:
    found = select(Suppression).where(Suppression.site_id == site.id, Suppression.lifted_at.is_(None))
    if reason:
        found = found.where(Suppression.reason == reason)
    return iter(session.scalars(found.order_by(Suppression.id.desc()).limit(limit).execution_options(yield_per=1000)))


def _chunks(lines: Iterator[str], reason: str) -> Iterator[list[tuple[str, str]]]:
    some: list[tuple[str, str]] = []
    for line in lines:
        place, _, rest = line[:LINE_MAX].strip().partition("\t")
        if place and not place.startswith("#"):
            some.append((place, rest.partition("\t")[0].strip() or reason))
        if len(some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some
