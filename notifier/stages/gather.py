"""Bring together what a letter shows, as values: read at send time, so that nobody gets yesterday's version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.letter import Editorial, ItemView, LetterContent, Logo, SiteFace
from notifier.domain.previews import filled_in
from notifier.domain.words import Frequency, ItemState, LetterKind
from notifier.models import Issue, Item, ItemTopic, Letter, Site, Thread, Topic

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


def contents(session: Session, keys: set[Key]) -> dict[Key, LetterContent]:
    """The content of each (letter, items)."""
    letters = session.scalars(select(Letter).where(among(session, Letter.id, {letter for letter, _ in keys}))).all()
    by_id = {letter.id: letter for letter in letters}
    faces = {site.id: face(site) for site in _sites(session, {letter.site_id for letter in letters})}
    items = _views(session, {item for letter, live in keys for item in _shown(by_id[letter], live)})
    known = _Known(
        items,
        _labels(session, {topic for letter in letters for topic in letter.data.get("topic_ids", [])}),
        _subjects(session, {one.article.id for one in items.values() if one.article}),
        _issues(session, {letter.data["issue_id"] for letter in letters if "issue_id" in letter.data}),
    )
    return {(letter, live): _content(by_id[letter], faces[by_id[letter].site_id], live, known) for letter, live in keys}


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
    letter = Letter(
        id=0, kind=wanted.kind, language=wanted.language, frequency=wanted.frequency, data={}, created_at=wanted.at
    )
    return filled_in(_content(letter, face(site), wanted.item_ids, _Known(views)))


def trial(session: Session, issue: Issue, subject: int, item_ids: tuple[int, ...], now: datetime) -> LetterContent:
    """An issue's letter as it would be now, with one of its subjects."""
    site = session.get_one(Site, issue.site_id)
    letter = Letter(
        id=0, kind=LetterKind.ISSUE, language=issue.language, created_at=now,
        data={"issue_id": issue.id, "subject": subject},
    )  # fmt: skip
    return _content(letter, face(site), item_ids, _Known(_views(session, set(item_ids)), issues={issue.id: issue}))


def editorial(issue: Issue, subject: int) -> Editorial:
    """What an editor wrote, under one of the issue's subjects."""
    said = issue.subjects[subject] if subject < len(issue.subjects) else ""
    return Editorial(issue.title, issue.html, said, issue.cover_url, issue.cover_alt)


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for some letters, by id."""

    items: Mapping[int, ItemView]
    topics: Mapping[int, str] = field(default_factory=dict)
    subjects: Mapping[int, str] = field(default_factory=dict)
    """By article, where its thread has one."""
    issues: Mapping[int, Issue] = field(default_factory=dict)


def _shown(letter: Letter, live: tuple[int, ...]) -> tuple[int, ...]:
    return live[: letter.data.get("shown")]


def _content(letter: Letter, site: SiteFace, live: tuple[int, ...], known: _Known) -> LetterContent:
    shown, data = _shown(letter, live), letter.data
    items = tuple(known.items[one] for one in shown if one in known.items)
    is_thread = letter.kind is LetterKind.REPLY
    article = next((item.article for item in items if item.article), None) if is_thread else None
    return LetterContent(
        letter_id=letter.id,
        kind=letter.kind,
        language=letter.language,
        site=site,
        at=letter.created_at,
        items=items,
        frequency=letter.frequency,
        more=data.get("more", 0) + len(live) - len(shown),
        topics=tuple(known.topics[topic] for topic in data.get("topic_ids", []) if topic in known.topics),
        subject_id=article.guid if article else "",
        subject_title=known.subjects.get(article.id, "") if article else "",
        next_at=datetime.fromisoformat(data["next_at"]) if "next_at" in data else None,
        turns_daily=data.get("turns_daily", False),
        issue=editorial(known.issues[data["issue_id"]], data["subject"]) if "issue_id" in data else None,
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


def _subjects(session: Session, article_ids: set[int]) -> dict[int, str]:
    if not article_ids:
        return {}
    rows = select(Thread.article_id, Thread.subject).where(among(session, Thread.article_id, article_ids))
    return dict(session.execute(rows).all())


def _issues(session: Session, issue_ids: set[int]) -> dict[int, Issue]:
    found = session.scalars(select(Issue).where(among(session, Issue.id, issue_ids))) if issue_ids else ()
    return {issue.id: issue for issue in found}


def _sites(session: Session, site_ids: set[int]) -> list[Site]:
    return list(session.scalars(select(Site).where(among(session, Site.id, site_ids))))
