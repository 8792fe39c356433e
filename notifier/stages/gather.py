"""Bring together what a letter shows, as values: read at send time, so that nobody gets yesterday's version."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.letter import ItemView, LetterContent, Logo, SiteFace
from notifier.domain.previews import filled_in
from notifier.domain.words import Frequency, ItemState, LetterKind
from notifier.models import Item, ItemTopic, Letter, Site, Topic, takes_comments

Key = tuple[int, tuple[int, ...]]
"""A letter and those of its items that are shown."""
_SHOWN: Final = (
    Item.id, Item.kind, Item.guid, Item.title, Item.html, Item.summary, Item.url, Item.language, Item.author_name,
    Item.published_at, Item.image_url, Item.image_alt, Item.facts, Item.article_id, Item.parent_id,
)  # fmt: skip


def gather(session: Session, claimed: Iterable[Claimed], confirm_until: datetime) -> dict[Key, LetterContent]:
    """The distinct contents of these deliveries; confirmations say that their link works until `confirm_until`."""
    found = contents(session, {one.content_key for one in claimed})
    return {
        key: replace(one, expires_at=confirm_until) if one.kind is LetterKind.CONFIRM else one
        for key, one in found.items()
    }


def answerable(session: Session, found: dict[Key, LetterContent]) -> dict[Key, LetterContent]:
    """The same; those about comments say that they can be answered, where their site takes comments from us."""
    replies = {letter for (letter, _), one in found.items() if one.kind is LetterKind.REPLY}
    if not replies:
        return found
    rows = select(Letter.id).join(Site, Site.id == Letter.site_id)
    takers = set(session.scalars(rows.where(among(session, Letter.id, replies), takes_comments())))
    return {key: replace(one, is_answerable=key[0] in takers) for key, one in found.items()}


def contents(session: Session, keys: set[Key]) -> dict[Key, LetterContent]:
    """The content of each (letter, items)."""
    letters = session.scalars(select(Letter).where(among(session, Letter.id, {letter for letter, _ in keys}))).all()
    by_id = {letter.id: letter for letter in letters}
    faces = {site.id: face(site) for site in _sites(session, {letter.site_id for letter in letters})}
    items = _views(session, {item for _, shown in keys for item in shown})
    labels = _labels(session, {topic for letter in letters for topic in letter.data.get("topic_ids", [])})
    return {
        key: _content(
            by_id[key[0]], faces[by_id[key[0]].site_id], [items[one] for one in key[1] if one in items], labels
        )
        for key in keys
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter nobody is owed: for looking at and for trying the way out."""

    kind: LetterKind
    language: str
    item_ids: tuple[int, ...]
    frequency: Frequency
    at: datetime


def preview(session: Session, site: Site, wanted: Preview) -> LetterContent:
    """The content of a preview, as a letter of these items would have it now."""
    views = _views(session, set(wanted.item_ids))
    items = [views[one] for one in wanted.item_ids if one in views]
    letter = Letter(
        id=0, kind=wanted.kind, language=wanted.language, frequency=wanted.frequency, data={}, created_at=wanted.at
    )
    return filled_in(_content(letter, face(site), items, {}))


def face(site: Site) -> SiteFace:
    """What readers see of a site."""
    return SiteFace(
        slug=site.slug,
        name=site.name,
        language=site.language,
        url=site.url,
        colour=site.colour,
        digits=site.digits,
        calendar=site.calendar,
        time_zone=site.time_zone,
        sender_name=site.sender_name,
        sender_address=site.sender_address,
        postal_address=site.postal_address,
        logo=Logo(site.logo_url, site.logo_width, site.logo_height) if site.logo_url else None,
    )


def _content(letter: Letter, site: SiteFace, items: list[ItemView], labels: dict[int, str]) -> LetterContent:
    article = next((item.article for item in items if item.article), None)
    return LetterContent(
        letter_id=letter.id,
        kind=letter.kind,
        language=letter.language,
        site=site,
        at=letter.created_at,
        items=tuple(items),
        frequency=letter.frequency,
        more=letter.data.get("more", 0),
        topics=tuple(labels[topic] for topic in letter.data.get("topic_ids", []) if topic in labels),
        subject_id=article.guid if article else "",
    )


def _views(session: Session, item_ids: set[int]) -> dict[int, ItemView]:
    rows = _items(session, item_ids)
    relatives = _items(session, {one for row in rows.values() for one in (row.article_id, row.parent_id) if one})
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


def _labels(session: Session, topic_ids: set[int]) -> dict[int, str]:
    if not topic_ids:
        return {}
    rows = session.execute(select(Topic.id, Topic.label, Topic.name).where(among(session, Topic.id, topic_ids)))
    return {topic: label or name for topic, label, name in rows}


def _sites(session: Session, site_ids: set[int]) -> list[Site]:
    return list(session.scalars(select(Site).where(among(session, Site.id, site_ids))))
