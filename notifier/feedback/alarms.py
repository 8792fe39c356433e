"""Alarms: raised when what came back speaks against us, shown until an editor ends them; some halt what it is about."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from notifier import observe
from notifier.db import affected, upsert
from notifier.domain.mail import feedback_sender
from notifier.domain.returns.words import EventKind
from notifier.domain.words import LetterKind, State
from notifier.models import Alarm, Delivery, DeliveryEvent, Letter, Site

WINDOW: Final = timedelta(hours=1)
LATELY: Final = 10_000
"""The most letters that are counted for an account's share of refusals."""
COMPLAINTS_OVER: Final = timedelta(days=7)
NAMED: Final = "complaints that name the stream alone (Feedback-ID)"
BARRED: Final = "name, password or key is refused"
_ACCOUNT, _STREAM = "account", "stream"

Stream = tuple[int, LetterKind]
_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on an alarm is raised, and from when on it halts."""

    policy_least: int
    policy_share: float
    account_halt: timedelta
    rate_alert: float
    rate_halt: float
    complaints_least: int
    stream_halt: timedelta


@dataclass(frozen=True, slots=True)
class Halted:
    """What nothing leaves by at present."""

    accounts: frozenset[str] = frozenset()
    streams: frozenset[Stream] = frozenset()


def halted(session: Session, now: datetime) -> Halted:
    """The accounts and streams that stand still."""
    rows = session.scalars(select(Alarm.about).where(Alarm.ended_at.is_(None), Alarm.halted_until > now)).all()
    told = [about.split(":") for about in rows]
    return Halted(
        frozenset(rest[0] for kind, *rest in told if kind == _ACCOUNT),
        frozenset((int(rest[0]), LetterKind(rest[1])) for kind, *rest in told if kind == _STREAM),
    )


def open_alarms(session: Session) -> Sequence[Alarm]:
    """Those that nobody has ended yet, the oldest first."""
    return session.scalars(select(Alarm).where(Alarm.ended_at.is_(None)).order_by(Alarm.id)).all()


def end(session: Session, alarm_id: int, reason: str, now: datetime) -> bool:
    """End an alarm and its halt; False where it is not open."""
    ours = (Alarm.id == alarm_id, Alarm.ended_at.is_(None))
    ended = update(Alarm).where(*ours).values(ended_at=now, ended_reason=reason[:200], halted_until=None)
    return bool(affected(session, ended))


def refused(session: Session, account: str, statuses: Sequence[str], limits: Limits, now: datetime) -> None:
    """So many letters of an account were refused by policy: an alarm, and a halt where that is more than a few."""
    alarm = _raised(session, f"{_ACCOUNT}:{account}", len(statuses), statuses[-1], now)
    if _is_halted(alarm, now) or alarm.window_count < limits.policy_least:
        return
    # So many that stayed make them a small share: none needs to be counted beyond that. At no share any is too many.
    most = alarm.window_count / limits.policy_share if limits.policy_share else LATELY
    stayed = _stayed(session, account, now, min(LATELY, max(0, math.floor(most) - alarm.window_count + 1)))
    if alarm.window_count >= limits.policy_share * (alarm.window_count + stayed):
        _halt(alarm, now + limits.account_halt)


def barred(session: Session, account: str, now: datetime) -> None:
    """An account's name, password or key is refused: an alarm. What stands still meanwhile is its breaker's to say."""
    _raised(session, f"{_ACCOUNT}:{account}", 1, BARRED, now)


def complained(session: Session, streams: Collection[Stream], limits: Limits, now: datetime) -> None:
    """There are new complaints about these streams: an alarm where their rate is high, a halt where it is too high."""
    for site, kind in sorted(streams):
        since = now - COMPLAINTS_OVER
        count = session.scalar(
            select(func.count())
            .select_from(DeliveryEvent)
            .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
            .where(DeliveryEvent.kind == EventKind.COMPLAINED.value, DeliveryEvent.at > since)
            # Of the letters that they are held against: of an earlier one they are no part of this rate.
            .where(Delivery.site_id == site, Delivery.kind == kind, Delivery.created_at > since)
        )
        of_stream = (Letter.site_id == site, Letter.kind == kind, Letter.created_at > since)
        letters = session.scalar(select(func.sum(Letter.planned_count)).where(*of_stream))
        rate = (count or 0) / max(1, letters or 0)
        if rate < limits.rate_alert:
            continue
        alarm = _raised(session, f"{_STREAM}:{site}:{kind}", 1, f"{count} of {letters or 0} letters", now)
        is_much = rate >= limits.rate_halt and (count or 0) >= limits.complaints_least
        # Who asks to confirm or to sign in is sent that letter all the same.
        if is_much and kind.is_list_mail and not _is_halted(alarm, now):
            _halt(alarm, now + limits.stream_halt)


def named(session: Session, slug: str, kind: LetterKind, now: datetime) -> bool:
    """A complaint names a stream and no letter: it is counted on the stream's alarm, and halts nothing.

    `slug` as Feedback-ID has it. False where no site of ours, or more than one, is called so.
    """
    sites = [one for one, name in session.execute(select(Site.id, Site.slug)) if feedback_sender(name) == slug]
    if len(sites) != 1:
        return False
    _raised(session, f"{_STREAM}:{sites[0]}:{kind}", 1, NAMED, now)
    return True


def _raised(session: Session, about: str, count: int, detail: str, now: datetime) -> Alarm:
    """The open alarm about this, locked and counted up."""
    values = {"about": about, "raised_at": now, "last_at": now, "window_at": now, "count": 0, "window_count": 0}
    new = upsert(session, Alarm).values(**values, detail="", ended_reason="").on_conflict_do_nothing()
    is_new = bool(affected(session, new))
    found = select(Alarm).where(Alarm.about == about, Alarm.ended_at.is_(None)).with_for_update()
    alarm = session.scalars(found.execution_options(populate_existing=True)).one()
    if now - alarm.window_at > WINDOW:
        alarm.window_at, alarm.window_count = now, 0
    alarm.count += count
    alarm.window_count += count
    alarm.detail, alarm.last_at = detail[:200], max(now, alarm.last_at)
    if is_new:
        _log.warning("alarm_raised", about=about, detail=alarm.detail)
    session.flush()
    return alarm


def _is_halted(alarm: Alarm, now: datetime) -> bool:
    return alarm.halted_until is not None and alarm.halted_until > now


def _halt(alarm: Alarm, until: datetime) -> None:
    alarm.halted_until, alarm.known_at = until, None
    _log.warning("halted", about=alarm.about, until=until.isoformat(), detail=alarm.detail)


def _stayed(session: Session, account: str, now: datetime, most: int) -> int:
    """How many letters left through an account within the hour and did not come back, counting up to `most`."""
    # The newest first, whatever is planned and still waits: its ids are newer than those of any letter that has left.
    lately = (Delivery.state == State.SENT, Delivery.account == account, Delivery.finished_at > now - WINDOW)
    newest = select(Delivery.id).where(*lately).order_by(Delivery.id.desc()).limit(most)
    return session.scalar(select(func.count()).select_from(newest.subquery())) or 0
