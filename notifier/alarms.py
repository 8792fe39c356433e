"""Open alarms as a site's editors see them, and what they do about them: say that they know, or let it go on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.feedback.alarms import end
from notifier.models import Alarm
from notifier.parts import Parts

REASON_MAX: Final = 200
_RATE: Final = re.compile(r"(\d+) of (\d+) letters")


@dataclass(frozen=True, slots=True)
class Raised:
    """An open alarm: about an account, which all sites share, or about a stream of letters of one site."""

    id: int
    kind: str
    """`account` or `stream`."""
    which: str
    """The account's name, or the kind of letter."""
    count: int
    """Refusals or complaints since it was raised; of a stream, the complaints of seven days."""
    letters: int
    """Of a stream: the letters of seven days; else 0."""
    status: str
    """Of an account: the last status, such as `5.7.1`."""
    raised_at: datetime
    last_at: datetime
    halted_until: datetime | None
    """None where everything leaves as ever."""
    is_known: bool
    """Whether somebody said that they know."""

    @classmethod
    def of(cls, row: Alarm, now: datetime) -> Self:
        """As it stands in the database."""
        kind, _, rest = row.about.partition(":")
        which = rest if kind == "account" else rest.partition(":")[2]
        rate = _RATE.fullmatch(row.detail)
        count, letters = (int(rate[1]), int(rate[2])) if rate else (row.count, 0)
        halted = row.halted_until if row.halted_until and row.halted_until > now else None
        status = "" if rate else row.detail
        is_known = row.known_at is not None
        return cls(row.id, kind, which, count, letters, status, row.raised_at, row.last_at, halted, is_known)


def raised(session: Session, site_id: int, now: datetime) -> list[Raised]:
    """The open alarms that concern a site, the oldest first."""
    rows = session.scalars(select(Alarm).where(*_open(site_id)).order_by(Alarm.id))
    return [Raised.of(row, now) for row in rows]


def unknown(session: Session, site_id: int) -> int:
    """How many of them nobody said that they know."""
    return session.scalar(select(func.count(Alarm.id)).where(*_open(site_id), Alarm.known_at.is_(None))) or 0


def know(parts: Parts, site_id: int, alarm_id: int, by: Actor, now: datetime) -> None:
    """Say that somebody sees to it; what it halts stays halted. Raises LookupError for one that is not open here."""
    with parts.db.writing() as session:
        row = _locked(session, site_id, alarm_id)
        if row.known_at is None:
            row.known_at = now
            audit.note(session, by, "alarm.known", now, site_id=site_id, alarm=alarm_id, about=row.about)


def let_go_on(parts: Parts, site_id: int | None, alarm_id: int, reason: str, by: Actor, now: datetime) -> None:
    """End it, and let what it had halted go on; the reason is kept. Without a site it may be any open one.

    Raises ValueError without a reason, LookupError.
    """
    said = " ".join(reason.split())[:REASON_MAX]
    if not said:
        raise ValueError(reason)
    with parts.db.writing() as session:
        row = _locked(session, site_id, alarm_id)
        end(session, alarm_id, said, now)
        audit.note(session, by, "alarm.ended", now, site_id=site_id, alarm=alarm_id, about=row.about, reason=said)


def _locked(session: Session, site_id: int | None, alarm_id: int) -> Alarm:
    row = session.scalar(select(Alarm).where(*_open(site_id), Alarm.id == alarm_id).with_for_update())
    if row is None:
        raise LookupError(alarm_id)
    return row


def _open(site_id: int | None) -> Sequence[ColumnElement[bool]]:
    if site_id is None:
        return (Alarm.ended_at.is_(None),)
    ours = Alarm.about.startswith(f"stream:{site_id}:", autoescape=True)
    return Alarm.ended_at.is_(None), or_(Alarm.about.startswith("account:"), ours)
