"""Find readers: by address, name, hash, topic, language, state, tag and day; conditions that an index answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Select, exists, false, func, literal, select
from sqlalchemy.orm import Session

from notifier.bulk import looked_up
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.tokens import is_hash
from notifier.models import DomainOf, Subscriber, SubscriberTag, Subscription, Suppression

PAGE: Final = 50
COUNTED_MAX: Final = 5000
LOOKED_THROUGH: Final = 50_000
"""What no index answers is looked for among so many readers at a time; the page's link goes on below them."""
LOOKED_UP: Final = 10_000
"""The same, where something is looked up in another table for each of them."""
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

    @property
    def is_slow(self) -> bool:
        """Whether no index answers it."""
        return bool(self.by_name or self.language or self.since)

    def where(self, site_id: int, now: datetime, *, by_domain: bool = True) -> list[ColumnElement[bool]]:
        """The conditions on Subscriber; who is on a pause is active all the same.

        Without `by_domain`: for a site that suppresses none, which an index answers then.
        """
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
        return found + self._state(site_id, now, by_domain=by_domain)

    def _words(self) -> ColumnElement[bool]:
        if is_hash(self.words):
            return Subscriber.address_hash == self.words
        if self.by_name:
            return func.lower(Subscriber.name).contains(self.words.lower(), autoescape=True)
        first = _beginning(self.words)
        return (Subscriber.address_key >= first) & (Subscriber.address_key < first + _LAST)

    def _state(self, site_id: int, now: datetime, *, by_domain: bool) -> list[ColumnElement[bool]]:
        itself = exists().where(*_ITSELF)
        # One by one: PostgreSQL makes no join of a NOT over an OR.
        free = [~itself, ~_with_its_domain(site_id)] if by_domain else [~itself]
        match self.state:
            case "active":
                return [Subscriber.confirmed_at.is_not(None), *free]
            case "paused":
                return [Subscriber.paused_until > now, Subscriber.confirmed_at.is_not(None), *free]
            case "pending":
                return [Subscriber.confirmed_at.is_(None), *free]
            case "suppressed":
                return [is_suppressed(site_id) if by_domain else itself]
        return [] if not self.state else [false()]


@dataclass(frozen=True, slots=True)
class Cut:
    """Which page of what is found."""

    before: int = 0
    """Where the page before it ended; 0 for the first one."""
    size: int = PAGE
    stretch: int = LOOKED_THROUGH
    """Among how many readers a slow search looks."""


FIRST: Final = Cut()


def is_suppressed(site_id: int) -> ColumnElement[bool]:
    """Whether a reader of this site must not be written to, themselves or with their whole domain."""
    return _with_its_domain(site_id) | looked_up(select(Suppression.id).where(*_ITSELF))


_ITSELF: Final = (
    Suppression.site_id == Subscriber.site_id,
    Suppression.address_hash == Subscriber.address_hash,
    Suppression.lifted_at.is_(None),
)


def _with_its_domain(site_id: int) -> ColumnElement[bool]:
    """Asked for once a statement, and not for each reader."""
    return DomainOf(Subscriber.address_key).in_(_domains(site_id))


def _domains(site_id: int) -> Select[str]:
    # Spelt out: with a parameter no plan that is kept could use the index of just these.
    in_force = Suppression.domain != literal("", literal_execute=True), Suppression.lifted_at.is_(None)
    return select(Suppression.domain).where(Suppression.site_id == site_id, *in_force)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of readers, the newest first."""

    search: Search
    """As it was understood: by name, where no address begins like this."""
    readers: Sequence[Subscriber]
    suppressed: frozenset[int]
    count: int
    """5,001 stands for more than 5,000, which nobody waits for."""
    looked: int
    """Among how many readers they were looked for; 0 for all."""
    onward: int
    """Below which id there may be more; else 0."""


def page(session: Session, site_id: int, search: Search, now: datetime, cut: Cut = FIRST) -> Found:
    """A page of what is found."""
    search = understood(session, site_id, search, now)
    by_domain = session.scalar(_domains(site_id).limit(1)) is not None
    where = search.where(site_id, now, by_domain=by_domain)
    is_slow = search.is_slow
    if by_domain and search.state == "suppressed":
        cut, is_slow = replace(cut, stretch=min(cut.stretch, LOOKED_UP)), True
    least, looked = _stretch(session, site_id, cut) if is_slow else (0, 0)
    if least:
        where.append(Subscriber.id >= least)
    below = [*where, Subscriber.id < cut.before] if cut.before else where
    wanted = select(Subscriber).where(*below).order_by(Subscriber.id.desc())
    readers = session.scalars(wanted.limit(cut.size + 1)).all()
    more, readers = len(readers) > cut.size, readers[: cut.size]
    shut = select(Subscriber.id).where(Subscriber.id.in_([one.id for one in readers]), is_suppressed(site_id))
    suppressed = frozenset(session.scalars(shut))
    # The last of many stretches counts what is in it, as those before it do.
    is_one_of_many = least or (is_slow and cut.before and _stretch(session, site_id, replace(cut, before=0))[0])
    count = _counted(session, below if is_one_of_many else where)
    return Found(search, readers, suppressed, count, looked, readers[-1].id if more else least)


def understood(session: Session, site_id: int, search: Search, now: datetime) -> Search:
    """A search as its page takes it: by name, where no address begins with its words."""
    if not search.words or search.by_name or "@" in search.words or is_hash(search.words):
        return search
    begins = select(Subscriber.id).where(*Search(search.words).where(site_id, now)).limit(1)
    return replace(search, by_name=True) if session.scalar(begins) is None else search


def _stretch(session: Session, site_id: int, cut: Cut) -> tuple[int, int]:
    """(the least id of the next readers to look through, how many they are); zeros where they are all that is left."""
    theirs = [Subscriber.site_id == site_id, *([Subscriber.id < cut.before] if cut.before else [])]
    some = select(Subscriber.id).where(*theirs).order_by(Subscriber.id.desc()).limit(cut.stretch + 1).subquery()
    least, many = session.execute(select(func.min(some.c.id), func.count()).select_from(some)).one()
    return (least + 1, cut.stretch) if many > cut.stretch else (0, 0)


def _counted(session: Session, where: Sequence[ColumnElement[bool]]) -> int:
    some = select(Subscriber.id).where(*where).limit(COUNTED_MAX + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


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
