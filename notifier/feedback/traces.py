"""Opens and clicks counted: many at a time, told apart by who did it, and as far as site and reader allow."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import upsert
from notifier.domain.onlookers import SOON, is_burst
from notifier.domain.traces import HUMAN, Onlooker, TraceKind, Tracking
from notifier.feedback import heed
from notifier.models import Delivery, Letter, Site, Subscriber, Trace, TraceCount
from notifier.trail import Seen


@dataclass(frozen=True, slots=True)
class Heed:
    """What became of some letters: how often, by whom, and how many readers of those who may be told apart."""

    times: Mapping[Onlooker, int] = field(default_factory=dict)
    readers: int = 0
    links: Mapping[str, int] = field(default_factory=dict)
    """Of clicks: by people, for each address."""

    @property
    def by_people(self) -> int:
        """Without machines, and without Apple's proxy, which opens everything."""
        return sum(count for who, count in self.times.items() if who in HUMAN)


class _Place(NamedTuple):
    site_id: int
    tracking: Tracking
    send: heed.Send


class _Reader(NamedTuple):
    letter_id: int
    subscriber_id: int
    finished_at: datetime | None


def count(session: Session, seen: Sequence[Seen]) -> int:
    """Add to the sums, and keep what readers who agreed did; gives how many were counted.

    A site that has switched it off since, and a reader who has taken the consent back, leave nothing.
    """
    places = _places(session, {one.letter_id for one in seen})
    allowed = [one for one in seen if one.letter_id in places]
    personal = {one.delivery_id for one in allowed if places[one.letter_id].tracking is Tracking.READERS} - {0}
    readers = _readers(session, personal)
    told = _told_apart([_placed(one, readers) for one in allowed], readers)
    _add(session, told, places)
    heed.add(session, ((places[one.letter_id].send, _day(one.at), one.kind, one.onlooker) for one in told))
    _keep(session, [one for one in told if one.delivery_id and one.onlooker in HUMAN], readers)
    return len(told)


def opens_of(session: Session, letter_ids: Collection[int]) -> dict[int, Heed]:
    """How letters were opened; a letter nobody opened is missing."""
    return _heed(session, letter_ids, TraceKind.OPEN)


def clicks_of(session: Session, letter_ids: Collection[int]) -> dict[int, Heed]:
    """How links of letters were followed; a letter without a click is missing."""
    return _heed(session, letter_ids, TraceKind.CLICK)


def forget_readers(session: Session, site_id: int) -> None:
    """What single readers of a site did; the sums stay."""
    theirs = select(Subscriber.id).where(Subscriber.site_id == site_id)
    session.execute(delete(Trace).where(Trace.subscriber_id.in_(theirs)))


def purge(session: Session, before: datetime) -> None:
    """Forget what single readers did before this moment; the sums stay."""
    session.execute(delete(Trace).where(Trace.at < before))


def _placed(one: Seen, readers: Mapping[int, _Reader]) -> Seen:
    """Without the delivery where it is of another letter, or its reader has not agreed."""
    found = readers.get(one.delivery_id)
    return one if found and found.letter_id == one.letter_id else replace(one, delivery_id=0)


def _told_apart(seen: Iterable[Seen], readers: Mapping[int, _Reader]) -> list[Seen]:
    clicks: dict[tuple[int, object], list[Seen]] = defaultdict(list)
    for one in seen:
        if one.kind is TraceKind.CLICK:
            clicks[one.letter_id, one.delivery_id or one.asker].append(one)
    bursts = {key for key, some in clicks.items() if is_burst((one.at, one.link) for one in some)}

    def is_machine(one: Seen) -> bool:
        is_at_once = one.kind is TraceKind.CLICK and (one.letter_id, one.delivery_id or one.asker) in bursts
        return is_at_once or _is_soon(one, readers.get(one.delivery_id))

    return [replace(one, onlooker=Onlooker.MACHINE) if is_machine(one) else one for one in seen]


def _is_soon(one: Seen, reader: _Reader | None) -> bool:
    if reader is None or one.onlooker is Onlooker.APPLE:
        return False
    # What is not written down as sent yet has left within these seconds.
    return reader.finished_at is None or datetime.fromtimestamp(one.at, UTC) - reader.finished_at < SOON


def _places(session: Session, letter_ids: set[int]) -> dict[int, _Place]:
    rows = session.execute(
        select(Letter.id, Site.id, Site.tracking, Letter.kind, Letter.about_id)
        .join(Site, Site.id == Letter.site_id)
        .where(among(session, Letter.id, letter_ids), Site.tracking != Tracking.OFF)
    )
    return {
        letter: _Place(site, tracking, heed.Send(site, kind, about)) for letter, site, tracking, kind, about in rows
    }


def _readers(session: Session, delivery_ids: set[int]) -> dict[int, _Reader]:
    rows = session.execute(
        select(Delivery.id, Delivery.letter_id, Delivery.subscriber_id, Delivery.finished_at)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(among(session, Delivery.id, delivery_ids), Subscriber.may_track)
    )
    return {delivery: _Reader(letter, subscriber or 0, at) for delivery, letter, subscriber, at in rows}


def _add(session: Session, told: Iterable[Seen], places: Mapping[int, _Place]) -> None:
    sums = Counter((one.letter_id, _day(one.at), one.kind, one.onlooker, one.link) for one in told)
    rows: list[dict[str, Any]] = [
        {
            "site_id": places[letter].site_id, "letter_id": letter, "day": day, "kind": kind, "onlooker": onlooker,
            "link_hash": _hash(link), "link": link, "count": number,
        }
        # Always in the same order: two of these at once must not wait for each other.
        for (letter, day, kind, onlooker, link), number in sorted(sums.items())
    ]  # fmt: skip
    if rows:
        fresh = upsert(session, TraceCount)
        place = ["letter_id", "day", "kind", "onlooker", "link_hash"]
        more = {"count": TraceCount.count + fresh.excluded.count}
        session.execute(fresh.on_conflict_do_update(index_elements=place, set_=more), rows)


def _keep(session: Session, told: Iterable[Seen], readers: Mapping[int, _Reader]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "subscriber_id": readers[one.delivery_id].subscriber_id, "delivery_id": one.delivery_id,
            "letter_id": one.letter_id, "kind": one.kind, "onlooker": one.onlooker, "link_hash": _hash(one.link),
            "link": one.link, "at": datetime.fromtimestamp(one.at, UTC),
        }
        for one in sorted(told, key=lambda one: (one.delivery_id, one.kind, one.link))
    ]  # fmt: skip
    if rows:
        session.execute(upsert(session, Trace).on_conflict_do_nothing(), rows)


def _heed(session: Session, letter_ids: Collection[int], kind: TraceKind) -> dict[int, Heed]:
    ours = (among(session, TraceCount.letter_id, set(letter_ids)), TraceCount.kind == kind)
    columns = (TraceCount.letter_id, TraceCount.onlooker, TraceCount.link)
    times: dict[int, Counter[Onlooker]] = defaultdict(Counter)
    links: dict[int, Counter[str]] = defaultdict(Counter)
    for letter, onlooker, link, number in session.execute(
        select(*columns, func.sum(TraceCount.count)).where(*ours).group_by(*columns)
    ):
        times[letter][onlooker] += int(number)
        if link and onlooker in HUMAN:
            links[letter][link] += int(number)
    persons = dict(
        session.execute(
            select(Trace.letter_id, func.count(Trace.subscriber_id.distinct()))
            .where(among(session, Trace.letter_id, set(letter_ids)), Trace.kind == kind)
            .group_by(Trace.letter_id)
        ).all()
    )
    return {letter: Heed(found, persons.get(letter, 0), links[letter]) for letter, found in times.items()}


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _hash(link: str) -> str:
    return sha256(link.encode()).hexdigest() if link else ""
