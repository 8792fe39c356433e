"""Whom a site does not write to: looked at, added, lifted, brought and taken away; each act a line in the log."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent import evidence, suppression
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.address import AddressInvalid
from notifier.domain.returns.standing import Standing as Held
from notifier.domain.words import ConsentAction
from notifier.feedback import standings
from notifier.models import Site, Subscriber, Suppression
from notifier.parts import Parts
from notifier.sources.barred import Barred

PAGE: Final = 50
AT_ONCE: Final = 5000
REASON_MAX: Final = 40
LIFTED_MAX: Final = 200
USUAL: Final = "asked"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an address or a domain."""

    place: str
    """The hash by which it is kept."""
    suppression: Suppression | None
    """As it was last; it may have been lifted since."""
    held: Held
    reader_id: int = 0
    """Whose address it is; 0 for nobody's."""

    @property
    def is_suppressed(self) -> bool:
        """Whether nothing is written to it."""
        return self.suppression is not None and self.suppression.lifted_at is None


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a list."""

    added: int
    wrong: int
    """Rows that are neither an address nor a domain nor a hash."""


def page(session: Session, site_id: int, before: int = 0, *, domains_only: bool = False) -> Sequence[Suppression]:
    """Those in force, the newest first; `before` is the id of the last one of the page before."""
    found = select(Suppression).where(Suppression.site_id == site_id, Suppression.lifted_at.is_(None))
    if domains_only:
        found = found.where(Suppression.domain != "")
    if before:
        found = found.where(Suppression.id < before)
    return session.scalars(found.order_by(Suppression.id.desc()).limit(PAGE)).all()


def about(session: Session, site_id: int, who: str) -> About:
    """What is known of an address, `@example.org` for a domain, or a hash. Raises AddressInvalid."""
    place = suppression.place_of(session.get_one(Site, site_id), who)
    ours = Suppression.site_id == site_id, Suppression.address_hash == place
    theirs = Subscriber.site_id == site_id, Subscriber.address_hash == place
    return About(
        place,
        session.scalar(select(Suppression).where(*ours)),
        standings.find(session, (site_id, place)),
        session.scalar(select(Subscriber.id).where(*theirs)) or 0,
    )


def add(parts: Parts, site_id: int, who: str, reason: str, by: Actor, now: datetime) -> bool:
    """Never write to an address, a domain or a hash again; False if that was so already. Raises AddressInvalid."""
    with parts.db.writing() as session:
        site, why = session.get_one(Site, site_id), reason.strip()[:REASON_MAX] or USUAL
        is_new = suppression.suppress(session, site, who, why, by.door, now)
        if is_new:
            audit.note(session, by, "suppression.added", now, site_id=site_id, **_named(site, who))
        return is_new


def lift(parts: Parts, site_id: int, who: str, reason: str, by: Actor, now: datetime) -> bool:
    """Let it be written to again, once it asks; what was held against it is forgotten. False if it was not suppressed.

    The reason is kept with it and, of a reader, with the proof of consent. Raises AddressInvalid.
    """
    with parts.db.writing() as session:
        site, why = session.get_one(Site, site_id), reason.strip()[:LIFTED_MAX]
        if not suppression.lift(session, site, who, now, why):
            return False
        if reader := _reader(session, site, who):
            detail = {"lifted": why}
            evidence.note(session, reader, ConsentAction.CHANGED, "", now, source=by.door, detail=detail)
            reader.changed_at = now
        audit.note(session, by, "suppression.lifted", now, site_id=site_id, **_named(site, who))
        return True


def forget(parts: Parts, site_id: int, who: str, by: Actor, now: datetime) -> bool:
    """Hold nothing against an address any more; False where nothing was. Raises AddressInvalid."""
    with parts.db.writing() as session:
        site = session.get_one(Site, site_id)
        place = suppression.place_of(site, who)
        if standings.find(session, (site_id, place)) == Held():
            return False
        suppression.forget_standing(session, site_id, place)
        audit.note(session, by, "standing.forgotten", now, site_id=site_id, hash=place)
        return True


def bring(parts: Parts, site_id: int, rows: Iterable[Barred], reason: str, by: Actor, now: datetime) -> Brought:
    """Suppress all that a list names, some thousands in a transaction; `reason` is for rows that tell none.

    A hash counts as one of this site: the list of another has other hashes.
    """
    added = wrong = 0
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        with parts.db.writing() as session:
            new, bad = _take(session, session.get_one(Site, site_id), some, reason, now)
            if new:
                audit.note(session, by, "suppressions.brought", now, site_id=site_id, count=new)
        added, wrong = added + new, wrong + bad
    return Brought(added, wrong)


def note_export(session: Session, site_id: int, by: Actor, now: datetime) -> None:
    """That somebody took the list along."""
    audit.note(session, by, "suppressions.exported", now, site_id=site_id)


def every(parts: Parts, site_id: int, reason: str = "") -> Iterator[Suppression]:
    """All that are in force, some thousands at a time: no transaction stays open while somebody reads slowly."""
    after = 0
    wanted = [Suppression.site_id == site_id, Suppression.lifted_at.is_(None)]
    if reason:
        wanted.append(Suppression.reason == reason)
    while True:
        with parts.db.reading() as session:
            found = select(Suppression).where(*wanted, Suppression.id > after).order_by(Suppression.id)
            rows = session.scalars(found.limit(AT_ONCE)).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id


def name_of(row: Suppression) -> str:
    """How it is written in a list: `@example.org`, or the hash."""
    return f"@{row.domain}" if row.domain else row.address_hash


def shown_as(session: Session, site_id: int, who: str) -> str:
    """How an address of a page names it: `@example.org` in A-labels, or a hash. Raises AddressInvalid."""
    domain = suppression.domain_of(who)
    return f"@{domain}" if domain else suppression.place_of(session.get_one(Site, site_id), who)


def _take(session: Session, site: Site, some: Sequence[Barred], reason: str, now: datetime) -> tuple[int, int]:
    """(how many were suppressed anew, how many rows name nobody)."""
    reasons, domains, wrong = dict[tuple[int, str], str](), dict[str, str](), 0
    for one in some:
        try:
            place = suppression.place_of(site, one.who)
            domain = suppression.domain_of(one.who)
        except AddressInvalid:
            wrong += 1
            continue
        reasons[site.id, place] = (one.reason or reason)[:REASON_MAX]
        if domain:
            domains[place] = domain
    return len(suppression.suppress_hashes(session, reasons, "import", now, domains)), wrong


def _named(site: Site, who: str) -> dict[str, str]:
    """How the log speaks of it: a domain by name, an address never."""
    domain = suppression.domain_of(who)
    return {"domain": domain} if domain else {"hash": suppression.place_of(site, who)}


def _reader(session: Session, site: Site, who: str) -> Subscriber | None:
    place = suppression.place_of(site, who)
    theirs = Subscriber.site_id == site.id, Subscriber.address_hash == place
    return session.scalar(select(Subscriber).where(*theirs).with_for_update())
