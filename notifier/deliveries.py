"""What an editor does with planned letters: look, find a person's, give failed ones another chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.consent import suppression
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.words import LetterKind, Reason, State
from notifier.issues import reopening
from notifier.models import Delivery, Site, Subscriber
from notifier.parts import Parts
from notifier.queue import transaction
from notifier.stages import ledger, sends
from notifier.stages.ledger import Fate
from notifier.stages.sends import Filter, Row, Send, SendKey

AT_ONCE: Final = 1000
FATES: Final = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """Failed letters of one send: these, or all; with a reason only those that failed for it."""

    send: Send
    ids: tuple[int, ...] | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A person and what they were sent or spared, the newest first."""

    subscriber: Subscriber
    is_suppressed: bool
    fates: list[Fate]
    titles: dict[SendKey, str]
    spared: dict[str, int]
    """How many comments were kept from them, by reason."""


def retriable(session: Session, site_id: int, chosen: Chosen, now: datetime) -> int:
    """How many of them may still leave."""
    may_leave = _these(session, site_id, chosen) & (Delivery.expires_at > now)
    return session.scalar(select(func.count()).where(may_leave)) or 0


def retry(parts: Parts, site_id: int, chosen: Chosen, by: Actor, now: datetime) -> int:
    """Queue failed letters again, as long as they are still news; the sweep sends them. Gives how many.

    A sent issue of which they are goes on until they are through; none of a cancelled one is queued.
    """
    with transaction(parts.db, parts.bell) as session:
        count = reopening.retry(session, _these(session, site_id, chosen), now)
        why = {"reason": chosen.reason.value} if chosen.reason else {}
        audit.note(
            session, by, "deliveries.retried", now, site_id=site_id, send=chosen.send.key.slug, letters=count, **why
        )
        return count


def retry_failed(
    parts: Parts, site_id: int, ids: Sequence[int] | None, reason: Reason | None, by: Actor, now: datetime
) -> int:  # fmt: skip
    """The same for failed letters of whichever sends: these, or all; with a reason only those that failed for it."""
    with transaction(parts.db, parts.bell) as session:
        which = Delivery.site_id == site_id
        which &= among(session, Delivery.id, ids) if ids is not None else true()
        which &= Delivery.reason == reason if reason else true()
        count = reopening.retry(session, which, now)
        why = {"reason": reason.value} if reason else {}
        audit.note(session, by, "deliveries.retried", now, site_id=site_id, letters=count, **why)
        return count


def find_person(parts: Parts, site_id: int, address: str, by: Actor, now: datetime) -> int | None:
    """The subscriber with this address; that somebody asked is noted. Raises AddressInvalid."""
    with parts.db.writing() as session:
        found = suppression.find(session, session.get_one(Site, site_id), address)
        audit.note(session, by, "subscriber.sought", now, site_id=site_id, subscriber=found.id if found else 0)
        return found.id if found else None


def person(parts: Parts, site_id: int, subscriber_id: int, by: Actor, now: datetime, before_id: int = 0) -> Told | None:
    """What this person was sent or spared, and why; that somebody looked is noted."""
    with parts.db.writing() as session:
        found = session.get(Subscriber, subscriber_id)
        if found is None or found.site_id != site_id:
            return None
        audit.note(session, by, "subscriber.letters_seen", now, site_id=site_id, subscriber=subscriber_id)
        fates = ledger.fates(session, subscriber_id, FATES, before_id)
        return Told(
            found,
            suppression.is_suppressed(session, site_id, found.address_hash, found.address_key),
            fates,
            _titles(session, fates),
            ledger.spared(session, subscriber_id),
        )


def every_row(parts: Parts, site_id: int, send: Send, wanted: Filter) -> Iterator[Row]:
    """All letters of a send, some thousand at a time: no transaction stays open while somebody reads slowly."""
    after = 0
    while True:
        with parts.db.reading() as session:
            rows = sends.letters(session, site_id, send, wanted, after, AT_ONCE)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id


def note_export(parts: Parts, site_id: int, what: str, by: Actor, now: datetime) -> None:
    """That somebody took a table with addresses along."""
    with parts.db.writing() as session:
        audit.note(session, by, "deliveries.exported", now, site_id=site_id, table=what)


def _these(session: Session, site_id: int, chosen: Chosen) -> ColumnElement[bool]:
    ours = sends.which(site_id, chosen.send, Filter(State.FAILED, chosen.reason)) & reopening.may_go_on()
    return ours if chosen.ids is None else ours & among(session, Delivery.id, chosen.ids)


def _titles(session: Session, fates: Sequence[Fate]) -> dict[SendKey, str]:
    keys = {SendKey(one.kind, one.about_id) for one in fates if one.kind in {LetterKind.ALERT, LetterKind.ISSUE}}
    return {key: title for key, (title, _, _) in sends.named(session, list(keys)).items()}
