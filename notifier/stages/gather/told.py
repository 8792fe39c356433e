"""What letters tell beside their items: the topics they name, and what an editor wrote."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.letter import Choice, Correction, Editorial, ItemView
from notifier.domain.words import Frequency
from notifier.models import Correction as CorrectionRow
from notifier.models import Issue, Item, Letter, Thread, Topic
from notifier.stages.gather.items import views


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction, and the article as it is now; None where it was withdrawn."""

    correction: Correction
    story: ItemView | None


@dataclass(frozen=True, slots=True)
class Told:
    """By id."""

    labels: Mapping[int, str] = field(default_factory=dict)
    corrections: Mapping[int, Corrected] = field(default_factory=dict)
    subjects: Mapping[int, str] = field(default_factory=dict)
    """By article, where its thread has one."""
    issues: Mapping[int, Issue] = field(default_factory=dict)

    def choices(self, data: Mapping[str, Any]) -> tuple[Choice, ...]:
        """What a letter says that its reader has chosen: pairs of a topic and a frequency."""
        chosen = data.get("choices", [])
        return tuple(Choice(self.labels[topic], Frequency(often)) for topic, often in chosen if topic in self.labels)


def gather_told(session: Session, letters: Iterable[Letter], items: Iterable[ItemView]) -> Told:
    """Look up what these letters name, and what the threads are called that these items stand in."""
    topics, corrections, issues = set[int](), set[int](), set[int]()
    for letter in letters:
        topics |= {*letter.data.get("topic_ids", []), *(topic for topic, _ in letter.data.get("choices", []))}
        corrections |= {letter.data[name] for name in ("correction_id",) if name in letter.data}
        issues |= {letter.data[name] for name in ("issue_id",) if name in letter.data}
    articles = {one.article.id for one in items if one.article}
    return Told(
        _labels(session, topics),
        _corrections(session, corrections),
        _subjects(session, articles),
        _issues(session, issues),
    )


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


def _corrections(session: Session, ids: set[int]) -> dict[int, Corrected]:
    if not ids:
        return {}
    rows = session.execute(
        select(CorrectionRow, Item.published_at)
        .join(Item, Item.id == CorrectionRow.item_id)
        .where(among(session, CorrectionRow.id, ids))
    ).all()
    stories = views(session, {row.item_id for row, _ in rows})
    return {row.id: _corrected(row, published_at, stories.get(row.item_id)) for row, published_at in rows}


def _corrected(row: CorrectionRow, published_at: datetime, story: ItemView | None) -> Corrected:
    # The headline is the letter's own: not everybody was sent the same.
    return Corrected(Correction("", published_at, paragraphs(row.note), row.said, is_withdrawn=story is None), story)


def proposed(session: Session, row: CorrectionRow) -> Corrected:
    """A correction that nobody has made yet."""
    item = session.get_one(Item, row.item_id)
    return _corrected(row, item.published_at, views(session, {item.id}).get(item.id))


def editorial(issue: Issue, subject: int) -> Editorial:
    """What an editor wrote, under one of the issue's subjects."""
    said = issue.subjects[subject] if subject < len(issue.subjects) else ""
    return Editorial(issue.title, issue.html, said, issue.cover_url, issue.cover_alt)


def _issues(session: Session, issue_ids: set[int]) -> dict[int, Issue]:
    found = session.scalars(select(Issue).where(among(session, Issue.id, issue_ids))) if issue_ids else ()
    return {issue.id: issue for issue in found}


def paragraphs(note: str) -> str:
    """An editor's plain text as HTML: an empty line parts paragraphs."""
    parts = (part.strip() for part in note.replace("\r\n", "\n").split("\n\n"))
    return "".join(f"<p>{escape(part)}</p>" for part in parts if part)
