"""Claims with a lease: one worker owns a delivery, and whoever finds its claim abandoned takes it back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, literal, select, true, tuple_, update
from sqlalchemy.orm import Session

from notifier import outbox, tally
from notifier.bulk import among, picked
from notifier.db import affected
from notifier.domain.calls import HookEvent
from notifier.domain.owed import Owed
from notifier.domain.words import Lane, LetterKind, Reason, State
from notifier.held import is_free
from notifier.models import Delivery
from notifier.stages.record.writing import free, write

AT_ONCE = 5_000
"""Deliveries that are ended or queued again in one statement where there may be a million."""
_QUEUED = Delivery.state == literal(State.QUEUED.value, literal_execute=True)
"""Spelt out: with a parameter no plan that is kept could use the index of just these."""
_OWED = tuple(getattr(Delivery, column) for column in Owed._fields)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a claim lasts and how often a letter is tried."""

    lease: timedelta
    attempts_max: int
    retry_base_s: float
    retry_cap_s: float
    unreachable_s: float
    """Seconds before letters are tried again that met a dead server; such tries are not counted."""
    dice: Callable[[], float]
    """A number in [0, 1), for jitter."""
    sent_if_uncertain: frozenset[LetterKind] = frozenset()
    """Kinds that count as sent when no reply to the final dot came; the others go out again."""


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries of one lane with ids from `first` to `last`."""

    lane: Lane
    first: int
    last: int

    def due(self, now: datetime) -> ColumnElement[bool]:
        """Those of them that may be sent now."""
        return self.queued() & (Delivery.next_attempt_at <= now) & self._free()

    def queued(self) -> ColumnElement[bool]:
        """Those of them that wait."""
        return Delivery.id.between(self.first, self.last) & (Delivery.lane == self.lane) & _QUEUED

    def _free(self) -> ColumnElement[bool]:
        return is_free() if self.lane is LetterKind.ISSUE.lane else true()


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker owns; the token tells its writes from a late predecessor's."""

    token: str
    owed: tuple[Owed, ...]
    """In the order of their ids."""
    account: str = ""
    """Through which its letters leave."""


def claim(session: Session, span: Span, token: str, now: datetime, terms: Terms, most: int) -> Claim:
    """Take up to `most` due deliveries of a span under this token; a second claimer gets none of them."""
    due = select(Delivery.id).where(span.due(now), Delivery.expires_at > now)
    some = due.order_by(Delivery.id).limit(most).with_for_update(skip_locked=True)
    # Counted at claim, not at failure, so a worker that dies still uses up an attempt.
    won = session.execute(
        write(picked(session, Delivery, some), State.SENDING)
        .values(attempts=Delivery.attempts + 1, lease_until=now + terms.lease, lease_token=token)
        .returning(*_OWED)
    ).all()
    if len(won) < most:
        # There is no more to take: what is still due is too old.
        expire(session, span.queued(), now)
    return Claim(token, tuple(sorted(map(Owed._make, won))))


def account_of(token: str) -> str:
    """The account that a claim was made for: its token ends with the name, so that nobody has to be asked."""
    return token.partition(".")[2]


def is_open(session: Session, span: Span, now: datetime) -> bool:
    """Whether something of a span may be sent now, or is too old to be."""
    waits = span.due(now) | (span.queued() & is_free() & (Delivery.expires_at <= now))
    return session.scalar(select(Delivery.id).where(waits).limit(1)) is not None


def postpone(session: Session, span: Span, now: datetime, wait: timedelta, why: Reason = Reason.UNREACHABLE) -> int:
    """Let what is due of a span wait: no account can take it. No try is counted; gives how many."""
    waiting = write(span.due(now), State.QUEUED).values(next_attempt_at=now + wait, reason=why)
    return affected(session, waiting)


def hold(
    session: Session, span: Span, streams: Collection[tuple[int, LetterKind]], now: datetime, wait: timedelta
) -> int:
    """Let what is due of halted streams wait, a stream being a site and a kind of letter; gives how many."""
    of_them = tuple_(Delivery.site_id, Delivery.kind).in_(list(streams))
    return affected(session, write(span.due(now) & of_them, State.QUEUED).values(next_attempt_at=now + wait))


def is_due(session: Session, span: Span, now: datetime) -> bool:
    """Whether something of a span may be sent now."""
    return session.scalar(select(Delivery.id).where(span.due(now)).limit(1)) is not None


def expire(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    """End some thousands of what waits, is not held back, and is too old to be news; gives how many.

    0 where none is left.
    """
    stale = which & (Delivery.state == State.QUEUED) & (Delivery.expires_at <= now) & is_free()
    ids = session.scalars(_some(stale)).all()
    if not ids:
        return 0
    ending = write(among(session, Delivery.id, ids), State.EXPIRED)
    ended = tally.end(session, ending.values(reason=Reason.TOO_OLD, finished_at=now))
    outbox.tell_of_endings(session, HookEvent.DELIVERY_EXPIRED, ids, now)
    return ended


def drop(session: Session, which: ColumnElement[bool], reason: Reason, now: datetime) -> int:
    """Drop some thousands of these that are queued; gives how many, 0 where none is left."""
    dropped = write(Delivery.id.in_(_some(which & _QUEUED)), State.DROPPED)
    return tally.end(session, dropped.values(reason=reason, finished_at=now))


def _some(which: ColumnElement[bool]) -> Select[int]:
    """Some thousands of these that nobody else is busy with."""
    return select(Delivery.id).where(which).limit(AT_ONCE).with_for_update(skip_locked=True)


def prolong(session: Session, which: ColumnElement[bool], until: datetime) -> int:
    """Let what is queued leave until then: it was held back, and is no older for that; gives how many."""
    shorter = which & _QUEUED & (Delivery.expires_at < until)
    return affected(session, write(shorter, State.QUEUED).values(expires_at=until))


def retry(session: Session, which: ColumnElement[bool], now: datetime, until: datetime | None = None) -> int:
    """Queue failed deliveries again, with all their tries before them; gives how many.

    Those that may still leave, or with `until` all of them, which may then leave so long.
    """
    failed = which & (Delivery.state == State.FAILED) & (Delivery.expires_at > now if until is None else true())
    columns = Delivery.site_id, Delivery.kind, Delivery.about_id, Delivery.created_at, Delivery.state, Delivery.reason
    rows = session.execute(select(Delivery.id, *columns).where(failed).with_for_update()).all()
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        again = free(among(session, Delivery.id, [row.id for row in some]), State.QUEUED)
        again = again.values(expires_at=until) if until else again
        session.execute(again.values(attempts=0, next_attempt_at=now, reason=None, finished_at=None))
        tally.take_back(
            session,
            [
                tally.Line(site, kind, about, tally.day_of(at), state, reason or "")
                for _, site, kind, about, at, state, reason in some
            ],
        )
    return len(rows)


def unname(session: Session, delivery_ids: Collection[int]) -> None:
    """Let these letters give back the name of what they are about, each for a number of its own below zero."""
    if delivery_ids:
        unnamed = update(Delivery).where(among(session, Delivery.id, delivery_ids)).values(about_id=-Delivery.id)
        session.execute(unnamed.execution_options(synchronize_session=False))


def forget_words(session: Session, subscriber_id: int) -> None:
    """Empty what servers answered about a person's letters, for it often repeats the address."""
    session.execute(update(Delivery).where(Delivery.subscriber_id == subscriber_id).values(detail=""))
