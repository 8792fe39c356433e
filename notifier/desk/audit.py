"""The log of what was done at the desk, by a key or on the command line: written once, never changed."""

import os
import pwd
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.models import AuditEvent

PAGE: Final = 50
_NAME_MAX: Final = 90


def _system_user() -> str:
    """Who runs this process, as the system has it; the environment may say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name[:_NAME_MAX]
    except KeyError:  # A container's user often has no name.
        return str(os.getuid())


COMMAND_LINE: Final = f"cli:{_system_user()}"
"""The actor of whatever is done on the command line."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `user:3`, `key:7` or `cli:root`; ids and system users, so that the log holds no address."""

    name: str

    @property
    def door(self) -> str:
        """Through which door they came, as evidence and suppressions have it: `desk`, `api` or `operator`."""
        return {"user": "desk", "key": "api"}.get(self.name.partition(":")[0], "operator")

    @classmethod
    def user(cls, user_id: int) -> "Actor":
        """Somebody at the desk."""
        return cls(f"user:{user_id}")


OPERATOR: Final = Actor(COMMAND_LINE)
"""Whoever runs this process."""


def note(
    session: Session, actor: Actor, action: str, now: datetime, *, site_id: int | None = None, **detail: str | int
) -> None:
    """Write a line: `action` is a noun and a verb, `user.invited`; the detail holds ids and words, no address."""
    session.add(AuditEvent(site_id=site_id, actor=actor.name, action=action, at=now, detail=detail))


def lines(session: Session, before_id: int = 0) -> list[AuditEvent]:
    """A page of the log, the newest first; `before_id` is the last of the page before."""
    newest = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(PAGE)
    return list(session.scalars(newest.where(AuditEvent.id < before_id) if before_id else newest))
