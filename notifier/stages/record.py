"""The ledger: the only place that writes a delivery's state."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from notifier import tally
from notifier.db import affected
from notifier.domain.outcome import Outcome, Refused, Sent
from notifier.domain.retry import retry_in
from notifier.domain.words import Lane, Reason, State
from notifier.models import Delivery, DeliveryEvent

DETAIL_CHARACTERS = 500
AT_ONCE = 5_000
"""Deliveries that are ended or queued again in one statement where there may be a million."""


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


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries of one lane with ids from `first` to `last`."""

    lane: Lane
    first: int
    last: int

    def due(self, now: datetime) -> ColumnElement[bool]:
        """Those of them that may be sent now."""
        return self.queued() & (Delivery.next_attempt_at <= now)

    def queued(self) -> ColumnElement[bool]:
        """Those of them that wait."""
        return (
            Delivery.id.between(self.first, self.last) & (Delivery.lane == self.lane) & (Delivery.state == State.QUEUED)
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker owns; the token tells its writes from a late predecessor's."""

    token: str
    ids: tuple[int, ...]


def claim(session: Session, span: Span, now: datetime, terms: Terms, most: int) -> Claim:
    """Take up to `most` due deliveries of a span; a second claimer gets none of them."""
    expire(session, span.queued(), now)
    token = secrets.token_hex(16)
    due = select(Delivery.id).where(span.due(now)).order_by(Delivery.id).limit(most).with_for_update(skip_locked=True)
    # Counted at claim, not at failure, so a worker that dies still uses up an attempt.
    won = session.scalars(
        _write(Delivery.id.in_(due), State.SENDING)
        .values(attempts=Delivery.attempts + 1, lease_until=now + terms.lease, lease_token=token)
        .returning(Delivery.id)
    ).all()
    return Claim(token, tuple(sorted(won)))


def is_due(session: Session, span: Span, now: datetime) -> bool:
    """Whether something of a span may be sent now."""
    return session.scalar(select(Delivery.id).where(span.due(now)).limit(1)) is not None


def expire(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    """End what waits and is too old to be news; gives how many."""
    stale = which & (Delivery.state == State.QUEUED) & (Delivery.expires_at <= now)
    some = Delivery.id.in_(select(Delivery.id).where(stale).limit(AT_ONCE).with_for_update(skip_locked=True))
    ending = _write(some, State.EXPIRED).values(reason=Reason.TOO_OLD, finished_at=now)
    ended = 0
    while now_ended := tally.end(session, ending):
        ended += now_ended
    return ended


def take_back(session: Session, now: datetime, terms: Terms) -> int:
    """Queue again what a dead worker had claimed; a letter that outlived every try is failed.

    Gives how many leases had run out.
    """
    lost = (Delivery.state == State.SENDING) & (Delivery.lease_until <= now)
    spent = _free(lost & (Delivery.attempts >= terms.attempts_max), State.FAILED)
    waiting = _free(lost, State.QUEUED).values(next_attempt_at=now)
    ended = tally.end(session, spent.values(reason=Reason.ATTEMPTS, finished_at=now))
    return ended + affected(session, waiting)


def retry(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    """Queue failed deliveries again that may still leave, with all their tries before them; gives how many."""
    failed = which & (Delivery.state == State.FAILED) & (Delivery.expires_at > now)
    columns = Delivery.site_id, Delivery.kind, Delivery.about_id, Delivery.state, Delivery.reason
    rows = session.execute(select(Delivery.id, *columns).where(failed).with_for_update()).all()
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        again = _free(Delivery.id.in_([row.id for row in some]), State.QUEUED)
        session.execute(again.values(attempts=0, next_attempt_at=now, reason=None, finished_at=None))
        tally.take_back(
            session,
            [tally.Line(site, kind, about, state, reason or "") for _, site, kind, about, state, reason in some],
        )
    return len(rows)


def forget_words(session: Session, subscriber_id: int) -> None:
    """Empty what servers answered about a person's letters, for it often repeats the address."""
    session.execute(update(Delivery).where(Delivery.subscriber_id == subscriber_id).values(detail=""))


@dataclass(frozen=True, slots=True)
class Book:
    """A claim's page in the ledger, open for one transaction."""

    session: Session
    claim: Claim
    now: datetime
    terms: Terms

    def drop(self, unwanted: Mapping[int, Reason]) -> None:
        """End deliveries that must not be sent any more, each with its reason."""
        for reason in set(unwanted.values()):
            self._end([one for one, why in unwanted.items() if why is reason], State.DROPPED, reason, "")

    def fail(self, delivery_id: int, reason: Reason, detail: str) -> None:
        """End a delivery that cannot be made or can never be accepted."""
        self._note(delivery_id, "failed", detail)
        self._end([delivery_id], State.FAILED, reason, detail)

    def outcome(self, delivery_id: int, what: Outcome) -> None:
        """Write down what the transport said."""
        match what:
            case Sent(reply):
                self._end([delivery_id], State.SENT, None, reply)
            case Refused(reply, forever=True):
                self.fail(delivery_id, Reason.REFUSED, reply)
            case Refused(reply, charged=False):
                again = self.now + timedelta(seconds=self.terms.unreachable_s)
                self._queue([delivery_id], again, Reason.UNREACHABLE, reply, uncounted=1)
            case Refused(reply):
                self._try_again(delivery_id, reply)

    def give_back(self, ids: Iterable[int]) -> None:
        """Return claimed deliveries untried: the attempt is not counted."""
        self._queue(ids, self.now, None, "", uncounted=1)

    def _try_again(self, delivery_id: int, reply: str) -> None:
        self._note(delivery_id, "deferred", reply)
        terms = self.terms
        attempts = self.session.scalars(select(Delivery.attempts).where(Delivery.id == delivery_id)).one()
        if attempts >= terms.attempts_max:
            self._end([delivery_id], State.FAILED, Reason.ATTEMPTS, reply)
            return
        again = self.now + retry_in(attempts, terms.retry_base_s, terms.retry_cap_s, terms.dice())
        self._queue([delivery_id], again, Reason.TRY_AGAIN, reply)

    def _queue(
        self, ids: Iterable[int], at: datetime, reason: Reason | None, detail: str, *, uncounted: int = 0
    ) -> None:
        self.session.execute(
            _free(self._owned(ids), State.QUEUED).values(
                attempts=Delivery.attempts - uncounted,
                next_attempt_at=at,
                reason=reason,
                detail=detail[:DETAIL_CHARACTERS],
            )
        )

    def _end(self, ids: Iterable[int], state: State, reason: Reason | None, detail: str) -> None:
        ending = _free(self._owned(ids), state)
        tally.end(
            self.session,
            ending.values(reason=reason, detail=detail[:DETAIL_CHARACTERS], finished_at=self.now),
        )

    def _note(self, delivery_id: int, kind: str, detail: str) -> None:
        event = DeliveryEvent(delivery_id=delivery_id, at=self.now, kind=kind, detail=detail[:DETAIL_CHARACTERS])
        self.session.add(event)

    def _owned(self, ids: Iterable[int]) -> ColumnElement[bool]:
        return (
            Delivery.id.in_(list(ids)) & (Delivery.lease_token == self.claim.token) & (Delivery.state == State.SENDING)
        )


def _write(which: ColumnElement[bool], state: State) -> Update:
    return update(Delivery).where(which).values(state=state).execution_options(synchronize_session=False)


def _free(which: ColumnElement[bool], state: State) -> Update:
    return _write(which, state).values(lease_until=None, lease_token=None)
