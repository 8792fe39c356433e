"""The topics that items carry, and those that readers may follow from them."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from notifier.bulk import add_numbers, among
from notifier.db import queue_up, upsert
from notifier.domain import topics
from notifier.domain.html import clean_line
from notifier.domain.items import NewItem
from notifier.domain.tokens import is_hash
from notifier.domain.words import ItemKind
from notifier.models import Item, ItemTopic, Site, Thread, Topic
from notifier.stages.ingest.relatives import Relatives
from notifier.stages.ingest.values import hashed

LABEL_CHARACTERS: Final = 500
NAME_CHARACTERS: Final = 40
_PARENT, _ARTICLE = aliased(Item), aliased(Item)
_ANSWERS: Final = (
    select(Item.id, _PARENT.author_hash, _ARTICLE.guid)
    .join(_PARENT, _PARENT.id == Item.parent_id)
    .join(_ARTICLE, _ARTICLE.id == Item.article_id)
    .where(_PARENT.author_hash != "", _PARENT.author_hash != Item.author_hash)
)
"""Answers to other people: the comment, whom it answers, under which article."""
Pair = tuple[str, str]
"""A topic's name and label."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """An item that is stored, and what it came as."""

    item_id: int
    new: NewItem


def carry(session: Session, site: Site, bearers: Sequence[Bearer], known: Relatives, made: Collection[int]) -> None:
    """Give items their topics, make the topics that readers may follow from them, and an article its thread.

    `made` are those of them that are new.
    """
    carried = {one.item_id: list(topics.carried(one.new)) for one in bearers}
    offered = [pair for one in bearers for pair in _offered(site, one.new, known)]
    ids = _topic_ids(session, site, [*offered, *(pair for pairs in carried.values() for pair in pairs)])
    if known_before := [item for item in carried if item not in made]:
        session.execute(delete(ItemTopic).where(ItemTopic.item_id.in_(known_before)))
    rows = [
        {"item_id": item, "topic_id": ids[name], "position": n}
        for item, pairs in carried.items()
        for n, (name, _) in enumerate(pairs)
    ]
    add_numbers(session, ItemTopic, rows)
    articles = [one for one in bearers if one.new.kind is ItemKind.ARTICLE]
    threads = [{"article_id": one.item_id, "topic_id": ids[topics.thread(one.new.guid)]} for one in articles]
    if threads:
        new = upsert(session, Thread).values(count=0, is_open=False)
        for one in threads:
            session.execute(new.values(**one).on_conflict_do_nothing())


def carry_for_persons(session: Session, site: Site, item_ids: Iterable[int], bearers: Sequence[Bearer]) -> None:
    """Give comments the topics that mean one person: whom they answer, whom they mention, who wrote them.

    Only those that somebody follows are there to be carried.
    """
    wanted = {(one.item_id, name) for one in bearers for name in _of_persons(site, one.new)}
    answers = session.execute(_ANSWERS.where(among(session, Item.id, item_ids)))
    for item, person, guid in answers:
        wanted |= {(item, topics.mine(person)), (item, topics.mine(person, guid))}
    names = {name for _, name in wanted}
    found = dict(
        session.execute(select(Topic.name, Topic.id).where(Topic.site_id == site.id, Topic.name.in_(names))).all()
    )
    rows = [
        {"item_id": item, "topic_id": found[name], "position": len(topics.REASONS)}
        for item, name in sorted(wanted)
        if name in found
    ]
    add_numbers(session, ItemTopic, rows)


def _of_persons(site: Site, new: NewItem) -> Iterator[str]:
    if new.kind is ItemKind.COMMENT:
        if writer := hashed(site, new.author_address):
            yield topics.commenter(writer)
        yield from (
            topics.mentions(person) for one in new.mentions if (person := one if is_hash(one) else hashed(site, one))
        )


def _offered(site: Site, new: NewItem, known: Relatives) -> Iterator[Pair]:
    """The topics that readers may follow from this item.

    Answers to a comment bear the article's title: a label stands in confirmation letters, which must not carry
    what a stranger wrote in a comment.
    """
    if new.kind is ItemKind.ARTICLE:
        yield topics.thread(new.guid), clean_line(new.title)
        return
    title = known[new.article_guid].title
    yield topics.replies(new.guid), title
    yield from ((name, title) for name, _ in topics.carried(new) if name.startswith("passage:"))
    if writer := hashed(site, new.author_address):
        yield topics.commenter(writer), _plain_name(new.author_name)


def _plain_name(name: str) -> str:
    """A stranger's name with nothing in it but letters: no address, no number, no offer."""
    letters = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in clean_line(name))
    return " ".join(letters.split())[:NAME_CHARACTERS]


def _topic_ids(session: Session, site: Site, pairs: Iterable[Pair]) -> dict[str, int]:
    labels: dict[str, str] = {}
    for name, label in pairs:
        labels.setdefault(name, label)
    ids = _known_ids(session, site, labels)
    if fresh := sorted(labels.keys() - ids.keys()):
        # New topics that two items name in different order would make each wait for the other.
        queue_up(session, f"topics of {site.id}")
        made = upsert(session, Topic).on_conflict_do_nothing(index_elements=["site_id", "name"])
        rows = [{"site_id": site.id, "name": name, "label": labels[name][:LABEL_CHARACTERS]} for name in fresh]
        ids |= {name: topic for topic, name in session.execute(made.returning(Topic.id, Topic.name), rows)}
        # What another transaction made meanwhile.
        ids |= _known_ids(session, site, dict.fromkeys(labels.keys() - ids.keys(), ""))
    return ids


def _known_ids(session: Session, site: Site, names: Mapping[str, str]) -> dict[str, int]:
    if not names:
        return {}
    found = select(Topic.name, Topic.id).where(Topic.site_id == site.id, Topic.name.in_(list(names)))
    return dict(session.execute(found).all())
