"""Letters are found or made by their content; deliveries are cut into chunks for tasks."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.quiet import QuietRules
from notifier.domain.text.locales import base_language
from notifier.domain.text.spoken import Spoken
from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Delivery, Item, Letter, LetterItem, Run, Site
from notifier.queue import Nudge, to_deliver

_RULES: Final = QuietRules()
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
    about_id: int = 0
    """What keeps equal contents apart, and counts opens and clicks: the item of an alert, the run of a digest, the
    issue, the correction; 0 for a letter to one person."""

    @property
    def key(self) -> str:
        """SHA-256 over everything above."""
        parts = [self.kind, self.language, self.item_ids, self.frequency, self.data, self.about_id]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Room:
    """How much one letter shows; the rest is said as a number."""

    articles: int
    """Of a digest."""
    comments: int

    def shown(self, articles: int, comments: int) -> dict[str, int]:
        """What a letter's data say of its items where it has more comments than it shows: how many come first."""
        return {"shown": articles + self.comments} if comments > self.comments else {}


@dataclass(frozen=True, slots=True)
class Edition:
    """What the letters of one planning share."""

    site: Site
    languages: frozenset[str]
    """Those we can write in."""
    now: datetime
    keeps: timedelta
    """How long its letters may still leave."""
    room: Room
    quiet: QuietRules = _RULES

    @property
    def expires_at(self) -> datetime:
        """The moment after which its letters are not sent any more."""
        return self.now + self.keeps

    def spoken(self, wanted: str) -> str:
        """The tag a letter is written by: the reader's language if we have it, else the site's, else Arabic."""
        wish = Spoken.read(wanted)
        known = (base_language(one) for one in (wish.language, self.site.language))
        return replace(wish, language=next((one for one in known if one in self.languages), "ar")).tag


@dataclass(frozen=True, slots=True)
class About:
    """What makes a delivery owed once: the item of an alert, the run of a digest."""

    kind: LetterKind
    id: int

    def deliveries(self) -> ColumnElement[bool]:
        """Those that are owed for it."""
        return (Delivery.kind == self.kind) & (Delivery.about_id == self.id)


@dataclass(frozen=True, slots=True)
class Told:
    """How a digest speaks."""

    language: str
    """The reader's."""
    is_next_unsaid: bool = False
    """Nothing is said of the next one's day: its readers get none every day, or are on another day than the site."""
    is_after_quiet: bool = False
    """It brings what waited for quiet hours to end, and does not speak of hours: some readers get alerts by day."""


def digest_draft(
    edition: Edition, run: Run, told: Told, articles: Sequence[int], comments: Sequence[int] = ()
) -> Draft:
    """The digest of these items; what is past the room of one letter is a number in it."""
    most = edition.room.articles
    shown, more = articles[:most], max(0, len(articles) - most)
    unsaid = {"some_days": True} if told.is_next_unsaid else {}
    return Draft(
        edition.site.id,
        LetterKind.DIGEST,
        edition.spoken(told.language),
        (*shown, *comments),
        Frequency.INSTANT if told.is_after_quiet else run.frequency,
        {"more": more, **unsaid, **edition.room.shown(len(shown), len(comments))},
        about_id=run.id,
    )


def owed_columns(edition: Edition, about: About, letter: Any, reader: Any) -> list[Any]:  # noqa: ANN401 - columns or literals
    """What an INSERT … SELECT puts into DELIVERY_COLUMNS, in their order."""
    now = literal(edition.now, Delivery.created_at.type)
    return [
        literal(edition.site.id), letter, reader, literal(about.kind.value), literal(about.id),
        literal(about.kind.lane.value),
        literal(State.QUEUED.value), literal(""), literal(0), now,
        literal(edition.expires_at, Delivery.expires_at.type), now,
    ]  # fmt: skip


def letter_ids(session: Session, drafts: Sequence[Draft], now: datetime) -> dict[str, int]:
    """The letters of one site's contents by key, made where they are new; some hundreds at a time in four statements.

    A statement for each letter made planning slow wherever readers want many different things.
    """
    by_key = {draft.key: draft for draft in drafts}
    new = upsert(session, Letter).on_conflict_do_nothing(index_elements=["site_id", "key"])
    made = session.execute(
        new.returning(Letter.id, Letter.key), [_row(key, draft, now) for key, draft in by_key.items()]
    ).all()
    versions = _versions(session, {item for _, key in made for item in by_key[key].item_ids})
    shown = [
        {"letter_id": letter, "item_id": item, "position": n, "version": versions[item]}
        for letter, key in made
        for n, item in enumerate(by_key[key].item_ids)
    ]
    if shown:
        session.execute(upsert(session, LetterItem), shown)
    ids = {key: letter for letter, key in made}
    if known := by_key.keys() - ids.keys():
        ours = (Letter.site_id == drafts[0].site_id) & Letter.key.in_(known)
        ids |= {key: letter for letter, key in session.execute(select(Letter.id, Letter.key).where(ours))}
    return ids


def _versions(session: Session, items: set[int]) -> dict[int, int]:
    if not items:
        return {}
    return dict(session.execute(select(Item.id, Item.version).where(among(session, Item.id, items))).all())


def _row(key: str, draft: Draft, now: datetime) -> dict[str, Any]:
    return {
        "site_id": draft.site_id, "kind": draft.kind, "language": draft.language, "frequency": draft.frequency,
        "key": key, "about_id": draft.about_id, "data": draft.data, "planned_count": 0, "created_at": now,
    }  # fmt: skip


def newest(session: Session) -> int:
    """The last delivery's id so far: those that this transaction plans from here on have greater ones."""
    return session.scalar(select(func.max(Delivery.id))) or 0


def chunks(session: Session, which: ColumnElement[bool], size: int) -> list[Nudge]:
    """DELIVER nudges for the deliveries that `which` selects, by lane and range of ids, at most `size` in each.

    By the ids' own thousands, so to say: nothing is sorted, and a range may hold fewer.
    """
    ranges = (
        select(Delivery.lane, func.min(Delivery.id), func.max(Delivery.id))
        .where(which)
        .group_by(Delivery.lane, Delivery.id // size)
        .order_by(func.min(Delivery.id))
    )
    return [to_deliver(lane, first, last) for lane, first, last in session.execute(ranges)]
