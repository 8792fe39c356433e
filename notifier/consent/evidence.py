"""The append-only record of consent."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from notifier import outbox
from notifier.domain.calls import OF_CONSENT
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Signup, Subscriber

AFTERWARDS: Final = ("link", "preferences", "again", "undo", "address", "old-link")
"""Sources of what readers do once they are there."""


def note(  # noqa: PLR0913 - evidence is exactly this many facts
    session: Session,
    subscriber: Subscriber,
    action: ConsentAction,
    purpose: str,
    now: datetime,
    *,
    signup: Signup | None = None,
    source: str = "",
    ip: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Append who did what, when, under which words, from where; the site's endpoints are told of it."""
    session.add(
        ConsentEvent(
            site_id=subscriber.site_id,
            subscriber_id=subscriber.id,
            address_hash=subscriber.address_hash,
            purpose=purpose[:600],
            action=action,
            at=now,
            wording_hash=signup.wording_hash if signup else "",
            source=source or (signup.source if signup else ""),
            ip=ip or (signup.ip if signup else ""),
            detail=detail or {},
        )
    )
    if event := OF_CONSENT.get(action):
        outbox.tell_of_reader(session, subscriber, event, now, purpose[:600])
