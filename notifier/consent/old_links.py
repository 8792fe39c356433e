"""The links in letters that another plugin sent: seen with their key only, and acted on as our own are."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.links import Unsubscribed
from notifier.consent.naming import Named
from notifier.consent.subscriptions import end_topics, has_any, let_go, may_have_any, subscribe, take_in
from notifier.consent.undoing import Act, Undo, latest
from notifier.domain.tokens import token_hash
from notifier.domain.topics import word_of
from notifier.domain.words import ConsentAction, Frequency, OldLinkKind
from notifier.models import OldLink, Subscriber, Subscription, Topic

SOURCE: Final = "old-link"
_NOBODY: Final = token_hash("")


@dataclass(frozen=True, slots=True)
class OldLinkView:
    """Whom and what a link speaks for, without telling the address."""

    site_id: int
    subscriber_id: int
    language: str
    topics: tuple[str, ...]
    label: str

    @property
    def topic_kind(self) -> str:
        """`thread`, `mine`, `replies` or `author`."""
        return self.topics[0].partition(":")[0]


def view(session: Session, kind: OldLinkKind, number: int, key: str) -> OldLinkView | None:
    """Look at a link; changes nothing. None for an unknown id and for a wrong key, after the same work."""
    rows = session.execute(
        select(OldLink, Topic)
        .join(Topic, Topic.id == OldLink.topic_id)
        .where(OldLink.kind == kind, OldLink.number == number)
        .order_by(OldLink.id)
    )
    named = dict(rows.all())
    links = _of_key(list(named), key)
    if not links:
        return None
    reader, topics = session.get_one(Subscriber, links[0].subscriber_id), [named[one] for one in links]
    return OldLinkView(links[0].site_id, reader.id, reader.language, tuple(one.name for one in topics), topics[0].label)


def end(session: Session, link: OldLinkView, ip: str, now: datetime) -> Unsubscribed:
    """End what the link's row had asked for; doing it twice changes nothing more.

    Whoever has nothing left afterwards gets no letter at all, as their page says.
    """
    reader = session.get(Subscriber, link.subscriber_id, with_for_update=True)
    if reader is None:  # erased a moment ago
        return Unsubscribed(link.site_id, link.language, (), is_anything_left=False, is_over=True)
    gone = end_topics(session, reader, link.topics, "unsubscribed", now)
    if gone.said:
        note(session, reader, ConsentAction.UNSUBSCRIBED, ",".join(gone.said), now, source=SOURCE, ip=ip)
    confirmed_at = reader.confirmed_at
    is_over = not may_have_any(session, reader) and let_go(reader, now)
    return Unsubscribed(
        link.site_id,
        link.language,
        (Named(word_of(link.topics[0]), link.label),) if gone.now else (),
        is_anything_left=has_any(session, reader),
        is_over=reader.confirmed_at is None,
        undo=Undo(reader.id, Act.LEFT, now, confirmed_at) if gone.now or is_over else latest(session, reader, now),
    )


def begin(session: Session, link: OldLinkView, ip: str, now: datetime) -> None:
    """Begin it again for a reader who had ended it; one who has it keeps it as it is."""
    reader = session.get(Subscriber, link.subscriber_id, with_for_update=True)
    if reader is None or (reader.confirmed_at is not None and _has(session, link)):
        return
    take_in(reader, now)
    subscribe(session, reader, link.topics, Frequency.INSTANT, now)
    note(session, reader, ConsentAction.CONFIRMED, ",".join(link.topics), now, source=SOURCE, ip=ip)


def _of_key(rows: Sequence[OldLink], key: str) -> list[OldLink]:
    """Each is compared, in constant time; where there is none, a stand-in that no key has. Of one reader alone."""
    hashed = token_hash(key)
    found = [row for row in rows if hmac.compare_digest(row.key_hash, hashed)]
    if not rows:
        hmac.compare_digest(_NOBODY, hashed)
    return [row for row in found if row.subscriber_id == found[0].subscriber_id] if key else []


def _has(session: Session, link: OldLinkView) -> bool:
    active = (
        select(Subscription.id)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(
            Subscription.subscriber_id == link.subscriber_id,
            Subscription.ended_at.is_(None),
            Topic.site_id == link.site_id,
            Topic.name.in_(link.topics),
        )
    )
    return session.scalar(active.limit(1)) is not None
