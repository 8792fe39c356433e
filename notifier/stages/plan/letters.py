"""Letters are found or made by their content; deliveries are cut into chunks for tasks."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.domain.words import Frequency, Lane, LetterKind
from notifier.models import Delivery, Letter, LetterItem, Site
from notifier.queue import Nudge, Task

DELIVERY_COLUMNS = [
    "site_id", "letter_id", "subscriber_id", "kind", "about_id", "lane", "state", "detail", "attempts",
    "next_attempt_at", "expires_at", "created_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What makes a letter the letter it is."""

    site_id: int
    kind: LetterKind
    language: str
    item_ids: tuple[int, ...] = ()
    frequency: Frequency | None = None
    data: dict[str, Any] = field(default_factory=dict)
    about: str = ""
    """What keeps equal contents apart, such as the run of a digest."""

    @property
    def key(self) -> str:
        """SHA-256 over everything above."""
        parts = [self.kind, self.language, self.item_ids, self.frequency, self.data, self.about]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Edition:
    """What the letters of one planning share."""

    site: Site
    languages: frozenset[str]
    """Those we can write in."""
    now: datetime
    keeps: timedelta
    """How long its letters may still leave."""
    items_max: int = 20
    """Articles in one digest; the rest is said as a number."""

    @property
    def expires_at(self) -> datetime:
        """The moment after which its letters are not sent any more."""
        return self.now + self.keeps

    def spoken(self, wanted: str) -> str:
        """The language a letter is written in: the reader's if we have it, else the site's, else Arabic."""
        return next((one for one in (wanted, self.site.language) if one in self.languages), "ar")


def letter_id(session: Session, draft: Draft, now: datetime) -> int:
    """The letter of this content, made if it is new."""
    key = draft.key
    made: int | None = session.scalar(
        upsert(session, Letter)
        .values(
            site_id=draft.site_id, kind=draft.kind, language=draft.language, frequency=draft.frequency, key=key,
            data=draft.data, planned_count=0, created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["site_id", "key"])
        .returning(Letter.id)
    )  # fmt: skip
    if made is None:
        return session.scalars(select(Letter.id).where(Letter.site_id == draft.site_id, Letter.key == key)).one()
    if draft.item_ids:
        session.execute(
            upsert(session, LetterItem),
            [{"letter_id": made, "item_id": item, "position": n} for n, item in enumerate(draft.item_ids)],
        )
    return made


def chunks(session: Session, which: ColumnElement[bool], size: int, most: int | None = None) -> list[Nudge]:
    """A DELIVER nudge for every `size` deliveries that `which` selects, by lane and range of ids."""
    number = (func.row_number().over(partition_by=Delivery.lane, order_by=Delivery.id) - 1) // size
    numbered = select(Delivery.lane, Delivery.id, number.label("chunk")).where(which).subquery()
    ranges = (
        select(numbered.c.lane, func.min(numbered.c.id), func.max(numbered.c.id))
        .group_by(numbered.c.lane, numbered.c.chunk)
        .order_by(func.min(numbered.c.id))
        .limit(most)
    )
    return [deliver(lane, first, last) for lane, first, last in session.execute(ranges)]


def deliver(lane: Lane, first: int, last: int) -> Nudge:
    """The nudge for one range."""
    return Nudge(Task.DELIVER, (lane.value, first, last), lane)
