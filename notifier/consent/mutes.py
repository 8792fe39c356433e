"""One click for quiet: no letters about a thread, of a kind, or about comments, for a while or for good; and back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.consent.evidence import note
from notifier.consent.links import LinkView
from notifier.consent.visits import acted
from notifier.db import upsert
from notifier.domain.words import ConsentAction, NoticeReason
from notifier.models import Delivery, Item, LetterItem, Mute, Notice, Subscriber


class Muting(StrEnum):
    """How much is to be quiet, as seen from a letter."""

    THREAD = "thread"
    KIND = "kind"
    ALL = "all"
    ISSUES = "issues"
    """What an unsubscription from an issue leaves behind; it is no way to be quiet about comments."""


OF_COMMENTS: Final = (Muting.THREAD, Muting.KIND, Muting.ALL)


@dataclass(frozen=True, slots=True)
class Muted:
    """One thing that is quiet, or could be."""

    what: str
    """`all`, `thread:<article id>`, `kind:<reason>` or `issues`."""
    label: str = ""
    """Of a thread: the title of its article."""
    until: datetime | None = None
    """When it ends by itself."""

    @property
    def how(self) -> Muting:
        """How much it is."""
        return Muting(self.what.partition(":")[0])

    @property
    def reason(self) -> NoticeReason | None:
        """Of a kind: why its letters come."""
        return NoticeReason(self.what.partition(":")[2]) if self.how is Muting.KIND else None


def offers(session: Session, link: LinkView) -> dict[Muting, tuple[Muted, ...]]:
    """What could be muted from here; nothing of a thread or a kind where the letter is not known any more."""
    found = {how: _named(session, _whats(session, link, how)) for how in OF_COMMENTS}
    return {how: some for how, some in found.items() if some}


def mute(
    session: Session, link: LinkView, how: Muting, now: datetime, ip: str = "", lasts: timedelta | None = None
) -> tuple[Muted, ...]:
    """Want no letters of this any more, or not for so long; subscriptions stay as they are.

    Doing it twice changes nothing more; of two lengths the later wish counts.
    """
    whats, until = _whats(session, link, how), now + lasts if lasts else None
    rows = [{"subscriber_id": link.subscriber_id, "what": what, "created_at": now, "until": until} for what in whats]
    if rows:
        new = upsert(session, Mute)
        session.execute(
            new.on_conflict_do_update(index_elements=["subscriber_id", "what"], set_={"until": new.excluded.until}),
            rows,
        )
        for_now = f" until {until.isoformat(timespec='minutes')}" if until else ""
        _noted(session, link.subscriber_id, f"mute {','.join(whats)}{for_now}", now, ip)
    return tuple(replace(one, until=until) for one in _named(session, whats))


def end_passing(session: Session, now: datetime) -> None:
    """Take away the mutes that were for a while: from here on it is as if their readers had undone them."""
    over = delete(Mute).where(Mute.until.is_not(None), Mute.until <= now).returning(Mute.subscriber_id)
    readers = set(session.scalars(over.execution_options(synchronize_session=False)))
    if readers:
        theirs = update(Subscriber).where(among(session, Subscriber.id, readers)).values(changed_at=now)
        session.execute(theirs.execution_options(synchronize_session=False))


def unmute(
    session: Session, subscriber_id: int, whats: Collection[str], now: datetime, ip: str = ""
) -> tuple[Muted, ...]:
    """Want letters of these again, of comments that come from now on; gives those that were muted."""
    ours = delete(Mute).where(Mute.subscriber_id == subscriber_id, Mute.what.in_(whats))
    was = sorted(session.scalars(ours.returning(Mute.what)))
    if was:
        acted(session, subscriber_id, now)
        _noted(session, subscriber_id, f"unmute {','.join(was)}", now, ip)
    return _named(session, was)


def muted(session: Session, subscriber_id: int) -> tuple[Muted, ...]:
    """All that somebody wants no letters of, the latest first."""
    rows = select(Mute.what, Mute.until).where(Mute.subscriber_id == subscriber_id).order_by(Mute.id.desc())
    ends = dict(session.execute(rows).all())
    return tuple(replace(one, until=ends[one.what]) for one in _named(session, ends))


def _named(session: Session, whats: Iterable[str]) -> tuple[Muted, ...]:
    some = [Muted(what) for what in whats]
    articles = {int(one.what.partition(":")[2]) for one in some if one.how is Muting.THREAD}
    found = dict(session.execute(select(Item.id, Item.title).where(Item.id.in_(articles))).all()) if articles else {}
    titles = {f"thread:{article}": title for article, title in found.items()}
    return tuple(Muted(one.what, titles.get(one.what, "")) for one in some)


def _whats(session: Session, link: LinkView, how: Muting) -> list[str]:
    if how is Muting.ALL:
        return ["all"]
    rows = session.execute(
        select(Item.article_id, Notice.reason)
        .join(LetterItem, LetterItem.item_id == Item.id)
        .join(Delivery, Delivery.letter_id == LetterItem.letter_id)
        .outerjoin(Notice, (Notice.item_id == Item.id) & (Notice.subscriber_id == link.subscriber_id))
        .where(Delivery.id == link.delivery_id, Item.article_id.is_not(None))
        .distinct()
    ).all()
    if how is Muting.THREAD:
        return sorted({f"thread:{article}" for article, _ in rows})
    return sorted({f"kind:{reason or NoticeReason.THREAD}" for _, reason in rows})


def _noted(session: Session, subscriber_id: int, purpose: str, now: datetime, ip: str) -> None:
    subscriber = session.get_one(Subscriber, subscriber_id)
    # Letters that were planned before are looked at again.
    subscriber.changed_at = now
    note(session, subscriber, ConsentAction.CHANGED, purpose, now, source="link", ip=ip)
