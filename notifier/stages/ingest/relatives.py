"""Which article a comment stands under and which comment it answers, in whatever order they come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among, any_of
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Item, ItemTopic, Site


class Relative(NamedTuple):
    """What is known of an item by its guid."""

    id: int
    kind: ItemKind
    title: str


Relatives = Mapping[str, Relative]
"""By guid: the items themselves, their articles and their parents, as far as they are known."""


_KNOWN: Final = select(Item.guid, Item.id, Item.kind, Item.title).where(
    Item.site_id == bindparam("site"), any_of(Item.guid, "guids")
)


def relatives(session: Session, site: Site, news: Sequence[NewItem]) -> dict[str, Relative]:
    """Look them up."""
    guids = {guid for new in news for guid in (new.guid, new.article_guid, new.parent_guid) if guid}
    rows = session.execute(_KNOWN, {"site": site.id, "guids": guids})
    return {guid: Relative(item, kind, title) for guid, item, kind, title in rows}


def is_lost(new: NewItem, known: Relatives) -> bool:
    """Whether this is a comment on an article that nobody told us of."""
    article = known.get(new.article_guid)
    return new.kind is ItemKind.COMMENT and (article is None or article.kind is not ItemKind.ARTICLE)


def family(new: NewItem, known: Relatives) -> dict[str, int | None]:
    """The ids of article and parent; a parent that is not there yet adopts its answers when it comes."""
    if new.kind is ItemKind.ARTICLE:
        return {"article_id": None, "parent_id": None}
    parent = known.get(new.parent_guid) if new.parent_guid != new.guid else None
    is_comment = parent is not None and parent.kind is ItemKind.COMMENT
    return {"article_id": known[new.article_guid].id, "parent_id": parent.id if parent and is_comment else None}


def without_cycle(session: Session, item_id: int, parent_id: int | None) -> int | None:
    """This parent, unless it descends from the item itself."""
    if parent_id is None or item_id in _chain(_parents(session, [parent_id]), parent_id):
        return None
    return parent_id


def adopt(session: Session, by_topic: Mapping[int, int], together: Mapping[int, int]) -> list[int]:
    """Give answers that came before the comment they answer, or together with it, their parent; gives their ids.

    `by_topic`: the topic of answers to a comment -> that comment. `together`: answer -> the comment it answers.
    """
    orphans = dict(together)
    if by_topic:
        waiting = (
            select(Item.id, ItemTopic.topic_id)
            .join(ItemTopic, ItemTopic.item_id == Item.id)
            .where(among(session, ItemTopic.topic_id, by_topic), Item.parent_id.is_(None))
        )
        orphans |= {child: by_topic[topic] for child, topic in session.execute(waiting)}
    parents = _parents(session, {*orphans.values()}) if orphans else {}
    adopted = []
    for child, parent in sorted(orphans.items()):
        if child not in _chain(parents, parent):
            parents[child] = parent
            adopted.append({"id": child, "parent_id": parent})
    if adopted:
        session.execute(update(Item), adopted)
    return [one["id"] for one in adopted]


def _parents(session: Session, ids: Iterable[int]) -> dict[int, int | None]:
    """Id -> parent, for these comments and whatever they answer, all the way up."""
    up = select(Item.id, Item.parent_id).where(Item.id.in_(set(ids))).cte("up", recursive=True)
    # UNION, not UNION ALL: a ring, should there ever be one, is walked once.
    whole = up.union(select(Item.id, Item.parent_id).join(up, Item.id == up.c.parent_id))
    return dict(session.execute(select(whole.c.id, whole.c.parent_id)).all())


def _chain(parents: Mapping[int, int | None], start: int) -> set[int]:
    found: set[int] = set()
    at: int | None = start
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
