"""What topics are called before readers: by their own name, or by the article that they are about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain import topics
from notifier.models import Item, Topic

Pair = tuple[str, str]
"""A topic's name and label."""


@dataclass(frozen=True, slots=True)
class Named:
    """A topic as pages tell it: `word` names the sentence, `label` what stands beside it; empty where nothing does."""

    word: str
    label: str


@dataclass(frozen=True, slots=True)
class Story:
    """The article that a topic is about."""

    id: int
    title: str


def stories(session: Session, site_id: int, names: Iterable[str]) -> dict[str, Story]:
    """Topic -> its article, of those whose article has come in; one question, however many they are."""
    guids = {name: guid for name in names if (guid := topics.article_of(name))}
    if not guids:
        return {}
    rows = session.execute(
        select(Item.guid, Item.id, Item.title).where(Item.site_id == site_id, Item.guid.in_(set(guids.values())))
    )
    found = {guid: Story(item, title) for guid, item, title in rows}
    return {name: found[guid] for name, guid in guids.items() if guid in found}


def label_of(name: str, label: str, known: Mapping[str, Story]) -> str:
    """What to call a topic; empty for what has no name for readers: a guid or a hash would tell them nothing."""
    word, rest = topics.word_of(name), name.partition(":")[2]
    if word in topics.ANSWERED_EVERYWHERE:
        return ""
    if name.startswith(topics.OF_COMMENTS):
        told = "" if label == rest else label
        return told or (known[name].title if name in known else "")
    return label or ("" if topics.is_commenter(name) else rest)


def named(session: Session, site_id: int, pairs: Iterable[Pair]) -> tuple[Named, ...]:
    """Topics as readers are told of them, each once."""
    pairs = list(pairs)
    known = stories(session, site_id, (name for name, label in pairs if not label or label in name))
    return tuple(dict.fromkeys(Named(topics.word_of(name), label_of(name, label, known)) for name, label in pairs))


def called(session: Session, site_id: int, names: Iterable[str]) -> tuple[Named, ...]:
    """The same for topics that are in the database, by their names."""
    ours = (Topic.site_id == site_id, Topic.name.in_(list(names)))
    rows = session.execute(select(Topic.name, Topic.label).where(*ours).order_by(Topic.label, Topic.id))
    return named(session, site_id, rows.all())
