"""Abandoned claims: what their journals know is written down as their owners would have, the rest goes out again."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifier import outbox, tally
from notifier.bulk import among
from notifier.db import affected
from notifier.domain.calls import HookEvent
from notifier.domain.outcome import Sent, Uncertain
from notifier.domain.words import Reason, State
from notifier.models import Delivery
from notifier.stages.record.book import Book
from notifier.stages.record.claims import Claim, Terms, account_of
from notifier.stages.record.writing import free

UNKNOWN_MOST: Final = timedelta(minutes=10)
"""How long a letter waits for a journal that cannot be read, before it goes out again and may arrive twice."""
NOTED: Final = "250 (noted by a process that ended before it could write down the words)"
"""The detail of a letter that was accepted, as only its journal knows."""
UNHEARD: Final = "no answer (noted by a process that ended before it could write it down)"


def settle(session: Session, token: str, noted: Collection[int], now: datetime, terms: Terms) -> int:
    """End an abandoned claim by what its journal noted: ids that were accepted, and below zero those in doubt.

    The rest is queued again; a letter that outlived every try is failed. Gives how many were still open.
    """
    ours = (Delivery.lease_token == token) & (Delivery.state == State.SENDING)
    found = 0
    if noted:
        known = session.scalars(select(Delivery.id).where(ours & among(session, Delivery.id, map(abs, noted)))).all()
        accepted, doubted = [one for one in known if one in noted], [one for one in known if one not in noted]
        book = Book(session, Claim(token, (), account_of(token)), now, terms)
        book.outcomes([*((one, Sent(NOTED)) for one in accepted), *((one, Uncertain(UNHEARD)) for one in doubted)])
        found = len(known)
    waiting = free(ours, State.QUEUED).values(next_attempt_at=now)
    return found + _give_up(session, ours & (Delivery.attempts >= terms.attempts_max), now) + affected(session, waiting)


def take_back(session: Session, now: datetime, terms: Terms, noted: Callable[[str], Collection[int] | None]) -> int:
    """Settle the claims whose lease has run out; gives how many letters they still held.

    `noted` tells, by token, what a journal knows; None where the journal cannot be asked: such a claim waits for it,
    though not for ever.
    """
    lost = (Delivery.state == State.SENDING) & (Delivery.lease_until <= now)
    ends = func.max(Delivery.lease_until)
    found = 0
    for token, until in session.execute(select(Delivery.lease_token, ends).where(lost).group_by(Delivery.lease_token)):
        known = noted(token) if token else ()
        if token and until and (known is not None or until <= now - UNKNOWN_MOST):
            found += settle(session, token, known or (), now, terms)
    return found


def _give_up(session: Session, spent: ColumnElement[bool], now: datetime) -> int:
    ids = session.scalars(select(Delivery.id).where(spent)).all()
    if not ids:
        return 0
    failed = free(spent, State.FAILED).values(reason=Reason.ATTEMPTS, finished_at=now)
    ended = tally.end(session, failed)
    outbox.tell_of_endings(session, HookEvent.DELIVERY_FAILED, ids, now)
    return ended
