"""Take published things in: cleaned at the door, once per version, with the topics they carry."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from notifier.bulk import add_named, among
from notifier.domain import topics
from notifier.domain.items import NewItem, Receipt
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Item, Site, Thread
from notifier.stages.ingest.again import owe_again
from notifier.stages.ingest.carrying import Bearer, carry, name_topics, put_down
from notifier.stages.ingest.relatives import Relatives, adopt, family, is_lost, relatives, without_cycle
from notifier.stages.ingest.values import has_no_words, values
from notifier.stages.ingest.wording import note_words

_COUNT_ON: Final = (
    update(Thread)
    .where(Thread.article_id == bindparam("article"))
    .values(count=Thread.count + bindparam("more"), is_open=True)
    .returning(Thread.count)
    .execution_options(synchronize_session=False)
)


def ingest(
    session: Session, site: Site, news: Sequence[NewItem], now: datetime, source_id: int | None = None
) -> list[Receipt]:
    """Store items, or newer versions of them, no guid twice; the same version again changes nothing.

    A receipt says `refused` with an error key where a comment's article is not known yet, or where a live item has no
    word that a letter could show. A parent may come later.
    """
    known = relatives(session, site, news)
    receipts = {new.guid: Receipt(new.guid, "refused", error="unknown_article") for new in news if is_lost(new, known)}
    cleaned = {new.guid: (new, values(site, new)) for new in news if new.guid not in receipts}
    mute = {guid for guid, (new, row) in cleaned.items() if has_no_words(new, row)}
    receipts |= {guid: Receipt(guid, "refused", error="no_words") for guid in mute}
    taken = {guid: (new, row | family(new, known)) for guid, (new, row) in cleaned.items() if guid not in mute}
    fresh = [taken[guid] for guid in taken if guid not in known]
    made = _insert(session, site, fresh, now, source_id)
    for guid, (new, row) in taken.items():
        if guid in made:
            receipts[guid] = Receipt(guid, "created", made[guid], new.version or 1)
        else:
            receipts[guid] = _update(session, site, new, row, now)
    changed = {"created", "updated", "retracted"}
    bearers = [
        Bearer(receipts[guid].item_id or 0, new)
        for guid, (new, _) in taken.items()
        if receipts[guid].outcome in changed
    ]
    if bearers:
        _carry(session, site, bearers, known, made)
    return [receipts[new.guid] for new in news]


def retract(session: Session, site_id: int, guid: str, now: datetime, *, may_return: bool = False) -> Receipt | None:
    """Take an item back: letters not yet sent leave it out. None for a guid that is not known.

    With `may_return` the same content brings it back: a moderator may change their mind.
    """
    item = session.scalar(select(Item).where(Item.site_id == site_id, Item.guid == guid).with_for_update())
    if item is None:
        return None
    if item.state is ItemState.RETRACTED:
        return Receipt(guid, "unchanged", item.id, item.version)
    item.state, item.retracted_at, item.updated_at = ItemState.RETRACTED, now, now
    item.version += 1
    item.worded_version = item.version
    if may_return:
        item.content_hash = ""
    return Receipt(guid, "retracted", item.id, item.version)


def _carry(session: Session, site: Site, bearers: Sequence[Bearer], known: Relatives, made: dict[str, int]) -> None:
    found = name_topics(session, site, bearers, known)
    # Who answered before us bears a topic that was there before us.
    topic_of = {guid: found.ids.get(name) for guid in made if (name := topics.replies(guid)) not in found.fresh}
    adopted = adopt(
        session,
        {topic: made[guid] for guid, topic in topic_of.items() if topic},
        {one.item_id: made[one.new.parent_guid] for one in bearers if one.new.parent_guid in made},
    )
    if before := {one.item_id for one in bearers} - set(made.values()):
        put_down(session, before)
    answers = {one.item_id for one in bearers if one.new.parent_guid}
    carry(session, site, bearers, found, answers.union(adopted))
    # Whom a comment answers is known only now: it is matched again, and nobody is told twice.
    news = update(Item).where(among(session, Item.id, adopted), Item.announced_at.is_not(None)).values(matched_at=None)
    if adopted:
        session.execute(news.execution_options(synchronize_session=False))


def _insert(
    session: Session, site: Site, fresh: Sequence[tuple[NewItem, dict[str, Any]]], now: datetime, source_id: int | None
) -> dict[str, int]:
    """Guid -> id of those that nobody else stored in the same moment."""
    if not fresh:
        return {}
    is_news = {new.guid: new.announce and new.state is ItemState.LIVE for new, _ in fresh}
    numbers = _numbers(session, [row["article_id"] for new, row in fresh if row["article_id"] and is_news[new.guid]])
    rows = [
        {
            **row, **_first(new, now), "site_id": site.id, "source_id": source_id, "guid": new.guid, "kind": new.kind,
            "nth": next(numbers[row["article_id"]]) if row["article_id"] and is_news[new.guid] else None,
        }
        for new, row in fresh
    ]  # fmt: skip
    return add_named(session, Item, "guid", rows)


def _numbers(session: Session, articles: Iterable[int]) -> dict[int, Any]:
    """For each article the next numbers of its comments.

    Its thread stays locked until the commit, so that whoever sees a number has seen those before.
    """
    numbers = {}
    for article, count in sorted(Counter(articles).items()):
        last = session.scalars(_COUNT_ON, {"article": article, "more": count}).one()
        numbers[article] = iter(range(last - count + 1, last + 1))
    return numbers


def _update(session: Session, site: Site, new: NewItem, row: dict[str, Any], now: datetime) -> Receipt:
    item = session.scalars(select(Item).where(Item.site_id == site.id, Item.guid == new.guid).with_for_update()).one()
    if item.kind is not new.kind:
        return Receipt(new.guid, "refused", item.id, item.version, error="kind_changed")
    outcome = _compare(item, new, row["content_hash"])
    if outcome != "updated":
        return Receipt(new.guid, outcome, item.id, item.version)
    was = item.state
    version = new.version or item.version + 1
    note_words(session, item, row, version)
    row["parent_id"] = without_cycle(session, item.id, row["parent_id"])
    for name, value in {**row, "published_at": new.published_at or item.published_at}.items():
        setattr(item, name, value)
    item.version, item.updated_at = version, now
    item.retracted_at = now if new.state is ItemState.RETRACTED else None
    if new.announce and new.state is ItemState.LIVE and _is_let_through(item, was):
        _announce(session, item, now)
    elif item.kind is ItemKind.ARTICLE and was is not ItemState.LIVE and new.state is ItemState.LIVE:
        owe_again(session, item.id)
    session.flush()
    return Receipt(new.guid, "retracted" if new.state is ItemState.RETRACTED else "updated", item.id, item.version)


def _is_let_through(item: Item, was: ItemState) -> bool:
    """Whether it becomes news now, by what it was before.

    A comment may come back: some sites say that it is gone where a moderator only looks at it. What a source found in
    its archive never was news, though, and an article that comes back was published long since.
    """
    if was is ItemState.HELD:
        return True
    is_back = was is ItemState.RETRACTED and item.kind is ItemKind.COMMENT
    return is_back and (item.announced_at is not None or item.source_id is None)


def _announce(session: Session, item: Item, now: datetime) -> None:
    """A moderator let it through. What was news before is matched only once; its number is new for those not told."""
    owe_again(session, item.id)
    if item.announced_at is None:
        item.announced_at, item.matched_at = now, None
    if item.article_id:
        item.nth = next(_numbers(session, [item.article_id])[item.article_id])


def _compare(item: Item, new: NewItem, content_hash: str) -> str:
    if new.version is None:
        return "unchanged" if content_hash == item.content_hash else "updated"
    if new.version == item.version:
        return "unchanged"
    return "updated" if new.version > item.version else "stale"


def _first(new: NewItem, now: datetime) -> dict[str, Any]:
    is_news = new.announce and new.state is ItemState.LIVE
    return {
        "version": new.version or 1,
        "worded_version": new.version or 1,
        "published_at": new.published_at or now,
        "received_at": now,
        "updated_at": now,
        "announced_at": now if is_news else None,
        # Archive and held items have nothing to match; the sweep looks for None.
        "matched_at": None if is_news else now,
        "retracted_at": now if new.state is ItemState.RETRACTED else None,
        "planned_count": 0,
    }
