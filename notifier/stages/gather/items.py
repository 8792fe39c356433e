"""Items as letters show them, with what they belong to."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.letter import ItemView
from notifier.domain.words import ItemState
from notifier.models import Item, ItemTopic, Topic

_SHOWN: Final = (
    Item.id, Item.kind, Item.guid, Item.title, Item.html, Item.summary, Item.url, Item.language, Item.author_name,
    Item.published_at, Item.image_url, Item.image_alt, Item.facts, Item.version, Item.article_id, Item.parent_id,
)  # fmt: skip


def views(session: Session, item_ids: set[int]) -> dict[int, ItemView]:
    """The live ones of these items, by id; no comment without its article."""
    rows = _items(session, item_ids)
    relatives = _items(session, {one for row in rows.values() for one in (row.article_id, row.parent_id) if one})
    rows = {one: row for one, row in rows.items() if not row.article_id or row.article_id in relatives}
    categories = _categories(session, item_ids | relatives.keys())
    plain = {one: _view(row, categories[one], None, None) for one, row in relatives.items()}
    return {
        one: _view(row, categories[one], plain.get(row.article_id or 0), plain.get(row.parent_id or 0))
        for one, row in rows.items()
    }


def _items(session: Session, item_ids: set[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    if not item_ids:
        return {}
    rows = session.execute(select(*_SHOWN).where(among(session, Item.id, item_ids), Item.state == ItemState.LIVE))
    return {row.id: row for row in rows}


def _view(
    row: Row[*tuple[Any, ...]], categories: tuple[str, ...], article: ItemView | None, parent: ItemView | None
) -> ItemView:
    return ItemView(
        id=row.id,
        kind=row.kind,
        guid=row.guid,
        title=row.title,
        html=row.html,
        summary=row.summary,
        url=row.url,
        language=row.language,
        author_name=row.author_name,
        published_at=row.published_at,
        categories=categories,
        image_url=row.image_url,
        image_alt=row.image_alt,
        facts=row.facts,
        version=row.version,
        article=article,
        parent=parent,
    )


def _categories(session: Session, item_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        select(ItemTopic.item_id, Topic.label)
        .join(Topic, Topic.id == ItemTopic.topic_id)
        .where(among(session, ItemTopic.item_id, item_ids), Topic.name.startswith("category:", autoescape=True))
        .order_by(ItemTopic.item_id, ItemTopic.position)
    )
    categories: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for item, label in rows:
        categories[item] += (label,)
    return categories
