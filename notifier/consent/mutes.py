"""One click for quiet: no more letters about a thread, of a kind, or about comments at all; and back again."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from notifier.consent.evidence import note
from notifier.consent.links import LinkView
from notifier.db import affected, upsert
from notifier.domain.words import ConsentAction, NoticeReason
from notifier.models import Bookmark, Delivery, Item, LetterItem, Mute, Notice, Subscriber


class Muting(StrEnum):
    """How much is to be quiet, as seen from a letter."""

    THREAD = "thread"
    KIND = "kind"
    ALL = "all"


def mute(session: Session, link: LinkView, how: Muting, now: datetime, ip: str = "") -> list[str]:
    """Want no letters of this any more; subscriptions stay as they are. Doing it twice changes nothing more.

    Gives what is muted: `all`, `thread:<article id>` or `kind:<reason>`.
    """
    whats = _whats(session, link, how)
    rows = [{"subscriber_id": link.subscriber_id, "what": what, "created_at": now} for what in whats]
    if rows:
        session.execute(upsert(session, Mute).on_conflict_do_nothing(), rows)
    _noted(session, link.subscriber_id, f"mute {','.join(whats)}", now, ip)
    return whats


def unmute(session: Session, subscriber_id: int, what: str, now: datetime, ip: str = "") -> bool:
    """Want letters of this again: of comments that come from now on. False where it was not muted."""
    ours = (Mute.subscriber_id == subscriber_id) & (Mute.what == what)
    is_changed = bool(affected(session, delete(Mute).where(ours)))
    if is_changed:
        _noted(session, subscriber_id, f"unmute {what}", now, ip)
    return is_changed


def note_visit(session: Session, delivery_id: int, now: datetime) -> None:
    """Somebody looked at a letter, or came by way of it: its thread's letters are at the quickest pace again."""
    about = (
        select(Delivery.subscriber_id, Item.article_id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .join(Item, Item.id == LetterItem.item_id)
        .where(Delivery.id == delivery_id)
    )
    alive = update(Bookmark).where(tuple_(Bookmark.subscriber_id, Bookmark.article_id).in_(about))
    alive = alive.values(unanswered=0, alive_at=now, look_at=now)
    session.execute(alive.execution_options(synchronize_session=False))


def _whats(session: Session, link: LinkView, how: Muting) -> list[str]:
    if how is Muting.ALL:
        return ["all"]
    rows = session.execute(
        select(Item.article_id, Notice.reason)
        .join(LetterItem, LetterItem.item_id == Item.id)
        .join(Delivery, Delivery.letter_id == LetterItem.letter_id)
        .outerjoin(Notice, (Notice.item_id == Item.id) & (Notice.subscriber_id == link.subscriber_id))
        .where(Delivery.id == link.delivery_id, Item.article_id.is_not(None))
    ).all()
    if how is Muting.THREAD:
        return sorted({f"thread:{article}" for article, _ in rows})
    return sorted({f"kind:{reason or NoticeReason.THREAD}" for _, reason in rows})


def _noted(session: Session, subscriber_id: int, purpose: str, now: datetime, ip: str) -> None:
    subscriber = session.get_one(Subscriber, subscriber_id)
    # Letters that were planned before are looked at again.
    subscriber.changed_at = now
    note(session, subscriber, ConsentAction.CHANGED, purpose, now, source="link", ip=ip)
