"""Find readers: by address, name, hash, topic, language, state, tag and day; conditions that an index answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, exists, false, func, select
from sqlalchemy.orm import Session

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.tokens import is_hash
from notifier.models import Subscriber, SubscriberTag, Subscription, Suppression

PAGE: Final = 50
COUNTED_MAX: Final = 10_000
STATES: Final = ("active", "paused", "pending", "suppressed")
WORDS_MAX: Final = 320
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty for all of a site's readers."""

    words: str = field(default="", repr=False)
    """The beginning of an address, a whole address, a hash, or a part of a name."""
    topic: int = 0
    language: str = ""
    state: str = ""
    tag: int = 0
    since: str = ""
    """A day such as `2026-11-23`: who came then or later."""
    by_name: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """As a page's address or the database has it; what makes no sense is left out."""
        since = str(given.get("since", ""))
        return cls(
            words=" ".join(str(given.get("words", "")).split())[:WORDS_MAX], topic=_number(given.get("topic")),
            language=str(given.get("language", ""))[:16],
            state=state if (state := str(given.get("state", ""))) in STATES else "", tag=_number(given.get("tag")),
            since=since if _day(since) else "", by_name=bool(given.get("by_name")),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for at all."""
        return self != Search()

    def where(self, site_id: int, now: datetime) -> list[ColumnElement[bool]]:
        """The conditions on Subscriber; who is on a pause is active all the same."""
        found: list[ColumnElement[bool]] = [Subscriber.site_id == site_id]
        if self.words:
            found.append(self._words())
        if self.language:
            found.append(Subscriber.language == self.language)
        if self.topic:
            active = exists().where(
                Subscription.subscriber_id == Subscriber.id,
                Subscription.topic_id == self.topic,
                Subscription.ended_at.is_(None),
            )
            found.append(active)
        if self.tag:
            bears = exists().where(SubscriberTag.subscriber_id == Subscriber.id, SubscriberTag.tag_id == self.tag)
            found.append(bears)
        if day := _day(self.since):
            found.append(Subscriber.created_at >= day)
        return found + self._state(now)

    def _words(self) -> ColumnElement[bool]:
        if is_hash(self.words):
            return Subscriber.address_hash == self.words
        if self.by_name:
            return func.lower(Subscriber.name).contains(self.words.lower(), autoescape=True)
        first = _beginning(self.words)
        return (Subscriber.address_key >= first) & (Subscriber.address_key < first + _LAST)

    def _state(self, now: datetime) -> list[ColumnElement[bool]]:
        suppressed = is_suppressed()
        match self.state:
            case "active":
                return [Subscriber.confirmed_at.is_not(None), ~suppressed]
            case "paused":
                return [Subscriber.paused_until > now, Subscriber.confirmed_at.is_not(None), ~suppressed]
            case "pending":
                return [Subscriber.confirmed_at.is_(None), ~suppressed]
            case "suppressed":
                return [suppressed]
        return [] if not self.state else [false()]


def is_suppressed() -> ColumnElement[bool]:
    """Whether a reader must not be written to."""
    return exists().where(
        Suppression.site_id == Subscriber.site_id,
        Suppression.address_hash == Subscriber.address_hash,
        Suppression.lifted_at.is_(None),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of readers, the newest first."""

    search: Search
    """As it was understood: by name, where no address begins like this."""
    readers: Sequence[Subscriber]
    suppressed: frozenset[int]
    onward: int
    """The last id, where there are more; else 0."""


def page(session: Session, site_id: int, search: Search, now: datetime, before: int = 0, size: int = PAGE) -> Found:
    """A page of what is found; `before` is the last id of the page before."""
    readers = _page(session, search.where(site_id, now), before, size)
    if not readers and not before and search.words and "@" not in search.words and not is_hash(search.words):
        search = replace(search, by_name=True)
        readers = _page(session, search.where(site_id, now), before, size)
    more, readers = len(readers) > size, readers[:size]
    shut = select(Subscriber.id).where(Subscriber.id.in_([one.id for one in readers]), is_suppressed())
    return Found(search, readers, frozenset(session.scalars(shut)), readers[-1].id if more else 0)


def counted(session: Session, site_id: int, search: Search, now: datetime) -> int:
    """How many are found; 10,001 stands for more than 10,000, which nobody waits for."""
    some = select(Subscriber.id).where(*search.where(site_id, now)).limit(COUNTED_MAX + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _page(session: Session, which: Sequence[ColumnElement[bool]], before: int, size: int) -> Sequence[Subscriber]:
    wanted = select(Subscriber).where(*which)
    if before:
        wanted = wanted.where(Subscriber.id < before)
    return session.scalars(wanted.order_by(Subscriber.id.desc()).limit(size + 1)).all()


def _beginning(words: str) -> str:
    """As keys begin: a whole address by its own key, a part of one in lower case."""
    try:
        return check_address(words).key
    except AddressInvalid:
        return words.casefold()


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _number(given: object) -> int:
    text = str(given or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0  # noqa: PLR2004 - what a column holds
