"""The words that editors put on readers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier.db import affected, upsert
from notifier.models import SubscriberTag, Tag

TAGS_MAX: Final = 500


class TagsFullError(ValueError):
    """A site has as many tags as it may have."""


def tag_ids(session: Session, site_id: int, names: Iterable[str], now: object) -> dict[str, int]:
    """Name -> id of a site's tags; the new ones are made, up to 500 a site."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    mine = Tag.site_id == site_id
    known = dict(session.execute(select(Tag.name, Tag.id).where(mine)).all())
    new = [name for name in wanted if name not in known][: max(0, TAGS_MAX - len(known))]
    if new:
        rows = [{"site_id": site_id, "name": name, "created_at": now} for name in new]
        session.execute(upsert(session, Tag).on_conflict_do_nothing(), rows)
    found = session.execute(select(Tag.name, Tag.id).where(mine, Tag.name.in_(wanted)))
    return dict(found.all())


def retag(session: Session, site_id: int, reader_id: int, names: Sequence[str], now: datetime) -> None:
    """Have a reader bear exactly these tags. Raises TagsFullError."""
    ids = tag_ids(session, site_id, names, now)
    if any(name not in ids for name in names):
        raise TagsFullError
    theirs = SubscriberTag.subscriber_id == reader_id
    session.execute(delete(SubscriberTag).where(theirs, SubscriberTag.tag_id.not_in(ids.values())))
    rows = [{"tag_id": number, "subscriber_id": reader_id} for number in ids.values()]
    if rows:
        session.execute(upsert(session, SubscriberTag).on_conflict_do_nothing(), rows)


def put_on(session: Session, site_id: int, reader_id: int, name: str, now: datetime) -> int:
    """Have a reader bear one more tag; gives its id, or 0 where they bear it already. Raises TagsFullError."""
    number = tag_ids(session, site_id, [name], now).get(name)
    if number is None:
        raise TagsFullError
    row = {"tag_id": number, "subscriber_id": reader_id}
    is_new = affected(session, upsert(session, SubscriberTag).values(row).on_conflict_do_nothing())
    return number if is_new else 0


def take_off(session: Session, site_id: int, reader_id: int, name: str) -> int:
    """Have a reader bear a tag no more; gives its id, or 0 where they did not bear it."""
    number = session.scalar(select(Tag.id).where(Tag.site_id == site_id, Tag.name == name))
    ours = SubscriberTag.subscriber_id == reader_id, SubscriberTag.tag_id == number
    return number if number and affected(session, delete(SubscriberTag).where(*ours)) else 0
