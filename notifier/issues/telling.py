"""What endpoints are told of an issue, in the transaction that moves it."""

from datetime import datetime

from sqlalchemy.orm import Session

from notifier import outbox
from notifier.domain.calls import HookEvent
from notifier.models import Issue


def tell(session: Session, issue: Issue, event: HookEvent, now: datetime) -> None:
    """That it came to this: its number, title, language and state, and when it goes out where that is known.

    `local_at` is the wall clock of each reader's zone, without an offset.
    """
    told = {
        "issue": issue.id, "title": issue.title, "language": issue.language, "state": issue.state.value,
        "send_at": issue.send_at.isoformat() if issue.send_at else None,
        "local_at": issue.local_at.replace(tzinfo=None).isoformat() if issue.local_at else None,
    }  # fmt: skip
    outbox.tell(session, issue.site_id, event, [told], now)
