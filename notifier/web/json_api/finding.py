"""What the API names and the acts take by id: topics and tags by name, articles by guid."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk.searching import Search
from notifier.domain.tokens import is_hash
from notifier.domain.topics import normalise
from notifier.domain.words import ItemKind
from notifier.models import Item, Tag, Topic
from notifier.web.json_api.answering import wrong
from notifier.web.json_api.reader_bodies import Filter


def search_of(session: Session, site_id: int, given: Filter, words: str = "", *, by_name: bool = False) -> Search:
    """The search. Raises Problem for a topic or a tag that there is not: left out, it would find more than was meant.

    Words find names alone where `by_name` says so, but for a hash: an address must not be found out letter by letter.
    """
    sought = " ".join(words.split())
    return Search(
        words=sought,
        topic=topic_id(session, site_id, given.topic) if given.topic else 0,
        language=given.language,
        state=given.state,
        tag=tag_id(session, site_id, given.tag) if given.tag else 0,
        since=given.since.isoformat() if given.since else "",
        by_name=by_name and bool(sought) and not is_hash(sought),
    )


def topic_id(session: Session, site_id: int, name: str) -> int:
    """The id of a topic. Raises Problem."""
    ours = Topic.site_id == site_id, Topic.name == (normalise(name) or name)
    found = session.scalar(select(Topic.id).where(*ours))
    if found is None:
        raise wrong("unknown_topics", "topic")
    return found


def tag_id(session: Session, site_id: int, name: str) -> int:
    """The id of a tag. Raises Problem."""
    found = session.scalar(select(Tag.id).where(Tag.site_id == site_id, Tag.name == name))
    if found is None:
        raise wrong("unknown_tag", "tag")
    return found


def topic_names(session: Session, site_id: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """These topics as the site has them. Raises Problem for one that it has not."""
    wanted = tuple(dict.fromkeys(normalise(one) or one for one in names))
    known = set(session.scalars(select(Topic.name).where(Topic.site_id == site_id, Topic.name.in_(wanted))))
    if not known.issuperset(wanted):
        raise wrong("unknown_topics", "topics")
    return wanted


def article_ids(session: Session, site_id: int, guids: Sequence[str], field: str) -> tuple[int, ...]:
    """The ids of articles, each once, in their order. Raises Problem for a guid that is no article of the site."""
    ours = (Item.site_id == site_id) & (Item.kind == ItemKind.ARTICLE) & Item.guid.in_(guids)
    known = dict(session.execute(select(Item.guid, Item.id).where(ours)).all())
    if unknown := [one for one in guids if one not in known]:
        raise wrong("unknown_item", f"{field}.{guids.index(unknown[0])}")
    return tuple(dict.fromkeys(known[one] for one in guids))
