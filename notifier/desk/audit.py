"""The log of what was done at the desk, by a key or on the command line: written once, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.models import AuditEvent

COMMAND_LINE: Final = "cli"
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `user:3`, `key:7` or `cli`; ids, so that the log holds no address."""

    name: str

    @classmethod
    def user(cls, user_id: int) -> "Actor":
        """Somebody at the desk."""
        return cls(f"user:{user_id}")


def note(
    session: Session, actor: Actor, action: str, now: datetime, *, site_id: int | None = None, **detail: str | int
) -> None:
    """Write a line: `action` is a noun and a verb, `user.invited`; the detail holds ids and words, no address."""
    session.add(AuditEvent(site_id=site_id, actor=actor.name, action=action, at=now, detail=detail))


def lines(session: Session, before_id: int = 0) -> list[AuditEvent]:
    """A page of the log, the newest first; `before_id` is the last of the page before."""
    newest = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(PAGE)
    return list(session.scalars(newest.where(AuditEvent.id < before_id) if before_id else newest))
