"""The topics that items carry, and those that readers may follow from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sqlalchemy import bindparam, delete, literal, select
from sqlalchemy.orm import Session, aliased

from notifier.bulk import add_named, add_numbers, among, any_of
from notifier.db import queue_up, upsert
from notifier.domain import topics
from notifier.domain.html import clean_line, plain_name
from notifier.domain.items import NewItem
from notifier.domain.tokens import is_hash
from notifier.domain.words import ItemKind
from notifier.models import Item, ItemTopic, Site, Thread, Topic
from notifier.stages.ingest.relatives import Relatives
from notifier.stages.ingest.values import hashed

LABEL_CHARACTERS: Final = 500
_PARENT, _ARTICLE = aliased(Item), aliased(Item)
_MINE: Final = literal(f"{topics.MINE}:") + _PARENT.author_hash
_ANSWERS: Final = (
    select(Item.id, Topic.id)
    .join(_PARENT, _PARENT.id == Item.parent_id)
    .join(_ARTICLE, _ARTICLE.id == Item.article_id)
    .join(Topic, (Topic.site_id == Item.site_id) & Topic.name.in_([_MINE, _MINE + "/" + _ARTICLE.guid]))
    .where(any_of(Item.id, "answers"), _PARENT.author_hash != "", _PARENT.author_hash != Item.author_hash)
)
"""Answers to other people: the comment, and the topics by which those follow what answers them."""
_KNOWN: Final = select(Topic.name, Topic.id).where(Topic.site_id == bindparam("site"), any_of(Topic.name, "names"))
Pair = tuple[str, str]
"""A topic's name and label."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """An item that is stored, and what it came as."""

    item_id: int
    new: NewItem


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics by name -> id, and the names of those that were made just now."""

    ids: Mapping[str, int]
    fresh: AbstractSet[str]


def name_topics(session: Session, site: Site, bearers: Sequence[Bearer], known: Relatives) -> Topics:
    """The topics of these items: made where there are none, but for those of persons, which only readers make."""
    labels: dict[str, str] = {}
    for one in bearers:
        for name, label in chain(_offered(site, one.new, known), topics.carried(one.new)):
            labels.setdefault(name, label)
    persons = {name for one in bearers for name in _of_persons(site, one.new)}
    ids = _known_ids(session, site, labels.keys() | persons)
    fresh = labels.keys() - ids.keys()
    if fresh:
        if len(fresh) > 1:
            # New topics that two items name in different order would make each wait for the other.
            queue_up(session, f"topics of {site.id}")
        rows = [{"site_id": site.id, "name": name, "label": labels[name][:LABEL_CHARACTERS]} for name in sorted(fresh)]
        ids |= add_named(session, Topic, "name", rows)
        if met := fresh - ids.keys():
            # What another transaction made meanwhile.
            ids |= _known_ids(session, site, met)
            fresh -= met
    return Topics(ids, fresh)


def carry(session: Session, site: Site, bearers: Sequence[Bearer], found: Topics, answers: Iterable[int]) -> None:
    """Give items their topics, an article its thread, and `answers` the topics of those whom they answer.

    What an item carried before it carries no more, unless it still does.
    """
    ids, wanted = found.ids, dict[tuple[int, int], int]()
    for one in bearers:
        for n, (name, _) in enumerate(topics.carried(one.new)):
            wanted[one.item_id, ids[name]] = n
    if answers := sorted(answers):
        for item, topic in session.execute(_ANSWERS, {"answers": answers}):
            wanted[item, topic] = len(topics.REASONS)
    for one in bearers:
        for name in _of_persons(site, one.new):
            if name in ids:
                wanted.setdefault((one.item_id, ids[name]), len(topics.REASONS))
    add_numbers(session, ItemTopic, [{"item_id": i, "topic_id": t, "position": n} for (i, t), n in wanted.items()])
    for one in bearers:
        if one.new.kind is ItemKind.ARTICLE:
            thread = {"article_id": one.item_id, "topic_id": ids[topics.thread(one.new.guid)]}
            session.execute(upsert(session, Thread).values(count=0, is_open=False, **thread).on_conflict_do_nothing())


def put_down(session: Session, item_ids: Iterable[int]) -> None:
    """Take their topics from items that were here before: they are given anew."""
    session.execute(delete(ItemTopic).where(among(session, ItemTopic.item_id, item_ids)))


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
        yield topics.commenter(writer), plain_name(new.author_name)


def _known_ids(session: Session, site: Site, names: Iterable[str]) -> dict[str, int]:
    return dict(session.execute(_KNOWN, {"site": site.id, "names": names}).all())
