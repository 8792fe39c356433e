"""Taking back what a reader has just done: by a signed token, for a day, and only that very act."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from notifier.consent.evidence import note
from notifier.db import affected
from notifier.domain.tokens import Signer
from notifier.domain.words import ConsentAction
from notifier.models import Mute, Subscriber, Subscription

UNDO: Final = "take-back"
"""The purpose that its token is bound to: not that of a goodbye's link, which is of a delivery."""
LASTS: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


class Act(IntEnum):
    """What can be taken back."""

    LEFT = 1
    """Subscriptions were ended, or discussions muted."""
    PAUSED = 2


@dataclass(frozen=True, slots=True)
class Undo:
    """One act of one reader: what was done at that very moment, and how it was before."""

    subscriber_id: int
    act: Act
    at: datetime
    before: datetime | None = None
    """Of leaving everything: since when they were confirmed; of a pause: until when they had one already."""

    def token(self, signer: Signer) -> str:
        """Signed, and nothing personal in it."""
        before = _ticks(self.before) if self.before else 0
        return signer.sign(UNDO, self.subscriber_id, self.act, _ticks(self.at), before)

    @classmethod
    def read(cls, signer: Signer, token: str, now: datetime) -> "Undo | None":
        """What a token takes back; None for one that we never made, or more than a day ago."""
        subscriber_id, act, at, before = signer.read(UNDO, token) or (0, 0, 0, 0)
        if not act or now - _moment(at) > LASTS:
            return None
        return cls(subscriber_id, Act(act), _moment(at), _moment(before) if before else None)


def undo(session: Session, what: Undo, now: datetime, ip: str = "") -> bool:
    """Make it as it was; False where there is nothing to take back any more. Doing it twice changes nothing more.

    No new confirmation: the consent was there a day ago, and is in the evidence.
    """
    reader = session.get(Subscriber, what.subscriber_id, with_for_update=True)
    if reader is None:
        return False
    is_changed = _resume(reader, what) if what.act is Act.PAUSED else _return(session, reader, what, now)
    if is_changed:
        reader.changed_at = now
        note(session, reader, ConsentAction.CHANGED, f"undo {what.act.name.lower()}", now, source="undo", ip=ip)
    return is_changed


def _resume(reader: Subscriber, what: Undo) -> bool:
    if reader.paused_until is None or reader.paused_until == what.before:
        return False
    reader.paused_until = what.before
    return True


def _return(session: Session, reader: Subscriber, what: Undo, now: datetime) -> bool:
    newer = aliased(Subscription)
    is_there = exists().where(
        newer.subscriber_id == reader.id, newer.topic_id == Subscription.topic_id, newer.ended_at.is_(None)
    )
    ended = (Subscription.subscriber_id == reader.id, Subscription.ended_at == what.at, ~is_there)
    ids = session.scalars(select(Subscription.id).where(*ended)).all()
    back = update(Subscription).where(Subscription.id.in_(ids))
    # Letters of the next digest are told from what a reader has now: as for any change, one by one.
    back = back.values(ended_at=None, ended_reason="", frequency_changed_at=now)
    session.execute(back.execution_options(synchronize_session=False))
    muted = delete(Mute).where(Mute.subscriber_id == reader.id, Mute.created_at == what.at)
    unmuted = affected(session, muted)
    if ids and reader.confirmed_at is None:
        reader.confirmed_at = what.before
    return bool(ids or unmuted)


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK
