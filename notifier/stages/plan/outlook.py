"""What will go out next, as the planner would find it now: slots, their readers, and the articles of each so far."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from notifier.domain.quiet import Bedtime, Quiet, QuietRules
from notifier.domain.schedule import Hours, next_slots, previous_slot
from notifier.domain.text.spoken import Spoken
from notifier.domain.words import Frequency, ItemKind, ItemState
from notifier.models import Arrangement, DaySum, Item, ItemTopic, Run, Site, Subscriber, Subscription, Topic
from notifier.stages.plan.arranged import Arranged, find
from notifier.stages.plan.cohorts import cohorts
from notifier.stages.plan.news import window
from notifier.stages.plan.runs import DIGESTS

LOOKS_AHEAD: Final = {
    Frequency.HOURLY: timedelta(hours=1),
    Frequency.DAILY: timedelta(days=2),
    Frequency.WEEKLY: timedelta(days=7),
}
SLOTS_MAX: Final = 60
SLOT: Final = "slot"
"""The measure of the day's sums that counts readers by the hours of their digests."""
BEDTIME: Final = "bedtime"
"""That which counts them by when they are left in peace."""


class Timetable(NamedTuple):
    """How many readers have digests of this frequency at these hours."""

    frequency: Frequency
    hours: Hours
    readers: int

    @property
    def name(self) -> str:
        """As the day's sums keep it."""
        return f"{self.frequency.value}|{self.hours.time_zone}|{self.hours.hour}|{self.hours.weekday}"

    @classmethod
    def of(cls, name: str, readers: int) -> "Timetable":
        """Read it back."""
        frequency, zone, hour, weekday = name.split("|")
        return cls(Frequency(frequency), Hours(zone, int(hour), int(weekday)), readers)


@dataclass(frozen=True, slots=True)
class Slot:
    """A digest that will go out, or would."""

    frequency: Frequency
    at: datetime
    readers: int
    articles: int
    """So far."""
    is_held: bool = False
    is_arranged: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of a slot."""

    id: int
    guid: str
    title: str
    topics: tuple[str, ...]
    announced_at: datetime
    fate: str
    """`in`, `dropped` or `postponed`."""
    position: int
    """Its place among the pinned, from 1; 0 for those that come by their time."""
    version: int
    """That brought its words as they are now."""


def timetables(session: Session, site_id: int) -> list[Timetable]:
    """From the day's sums or, where there are none yet, counted."""
    kept = [Timetable.of(name, count) for name, count in _kept(session, site_id, SLOT).items()]
    return kept or count_timetables(session, site_id)


def count_timetables(session: Session, site_id: int) -> list[Timetable]:
    """Count them, reading every subscription: not while somebody waits, where there are millions."""
    columns = Subscriber.time_zone, Subscriber.digest_hour, Subscriber.digest_weekday
    sums = Counter[tuple[Frequency, Hours]]()
    for frequency in DIGESTS:
        # Readers who have any, and not their subscriptions told apart: that would sort all there are.
        gets = exists().where(
            Subscription.subscriber_id == Subscriber.id, Subscription.frequency == frequency,
            Subscription.ended_at.is_(None),
        )  # fmt: skip
        readers = Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None), gets
        for zone, hour, weekday, count in session.execute(
            select(*columns, func.count()).where(*readers).group_by(*columns)
        ):
            sums[frequency, _as_told(frequency, zone, hour, weekday)] += count
    return [Timetable(frequency, hours, count) for (frequency, hours), count in sums.items()]


def slots(session: Session, site: Site, now: datetime, usual: Quiet) -> list[Slot]:
    """The digests of the next days, the next one first; readers of hourly ones rest in the usual quiet hours."""
    readers, opened = Counter[tuple[datetime, Frequency]](), dict[tuple[datetime, Frequency], datetime]()
    for frequency, hours, count in timetables(session, site.id):
        for at in next_slots(frequency, hours, now, now + LOOKS_AHEAD[frequency]):
            if frequency is Frequency.HOURLY and usual.holds(at, hours.time_zone):
                continue
            readers[at, frequency] += count
            opened[at, frequency] = previous_slot(frequency, hours, at)
    soon = sorted(readers)[:SLOTS_MAX]
    announced = _announced(session, site.id, min((opened[one] for one in soon), default=now))
    decided = _decided(session, site.id, now)
    return [
        Slot(
            frequency, at, readers[at, frequency], sum(opened[at, frequency] < one <= at for one in announced),
            is_held=decided.get((at, frequency), False), is_arranged=(at, frequency) in decided,
        )
        for at, frequency in soon
    ]  # fmt: skip


def held(session: Session, site_id: int) -> list[Slot]:
    """Digests whose hour has come and that somebody holds back."""
    rows = session.execute(
        select(Run.frequency, Run.slot)
        .join(
            Arrangement,
            (Arrangement.site_id == Run.site_id)
            & (Arrangement.frequency == Run.frequency)
            & (Arrangement.slot == Run.slot),
        )
        .where(Run.site_id == site_id, Run.planned_at.is_(None), Arrangement.is_held)
        .order_by(Run.slot)
    )
    return [Slot(frequency, slot, 0, 0, is_held=True, is_arranged=True) for frequency, slot in rows]


def entries(session: Session, run: Run, rules: QuietRules) -> list[Entry]:
    """The articles that a slot has so far, in the order in which its letters show them, then those left out.

    The run need not be in the database.
    """
    ids: set[int] = set()
    known = [Bedtime.of(name) for name in _kept(session, run.site_id, BEDTIME)]
    for cohort in cohorts(session, run, rules, known):
        ids |= set(session.scalars(window(session, run, cohort.since).articles()))
    arranged, decided = Arranged.of(session, run), find(session, run)
    rows = {row.id: row for row in session.execute(_shown(ids))}
    newest = sorted(rows, key=lambda one: (rows[one].announced_at, one), reverse=True)
    order = arranged.order(newest)
    topics = _topics(session, ids)
    postponed = set(decided.postponed) if decided else set()
    places = {item: n for n, item in enumerate((item for item in arranged.pinned if item in rows), 1)}
    return [
        Entry(
            one, rows[one].guid, rows[one].title, topics.get(one, ()), rows[one].announced_at,
            "in" if one in order else "postponed" if one in postponed else "dropped", places.get(one, 0),
            rows[one].worded_version,
        )
        for one in [*order, *(one for one in newest if one not in order)]
    ]  # fmt: skip


def editions(session: Session, run: Run, rules: QuietRules) -> Counter[str]:
    """How many readers a slot has by the language of their letters, counted."""
    sums = Counter[str]()
    for cohort in cohorts(session, run, rules):
        gets = exists().where(
            Subscription.subscriber_id == Subscriber.id, Subscription.frequency.in_(cohort.frequencies),
            Subscription.ended_at.is_(None),
        )  # fmt: skip
        rows = select(Subscriber.language, func.count()).where(cohort.readers(), gets)
        for tag, count in session.execute(rows.group_by(Subscriber.language)):
            sums[Spoken.read(tag).language] += count
    return sums


def _kept(session: Session, site_id: int, measure: str) -> dict[str, int]:
    """The sums of the last day on which a measure was counted."""
    newest = select(func.max(DaySum.day)).where(DaySum.site_id == site_id, DaySum.measure == measure)
    ours = DaySum.site_id == site_id, DaySum.measure == measure, DaySum.day == newest.scalar_subquery()
    return dict(session.execute(select(DaySum.name, DaySum.count).where(*ours)).all())


def _shown(ids: set[int]) -> Select[int, str, str, datetime, int]:
    columns = Item.id, Item.guid, Item.title, Item.announced_at, Item.worded_version
    return select(*columns).where(Item.id.in_(ids))  # type: ignore[return-value]  # news always has its moment


def _topics(session: Session, ids: set[int]) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        select(ItemTopic.item_id, Topic.label)
        .join(Topic, Topic.id == ItemTopic.topic_id)
        .where(ItemTopic.item_id.in_(ids), Topic.name.startswith("category:", autoescape=True))
        .order_by(ItemTopic.item_id, ItemTopic.position)
    )
    found: dict[int, tuple[str, ...]] = {}
    for item, label in rows:
        found[item] = (*found.get(item, ()), label)
    return found


def _announced(session: Session, site_id: int, since: datetime) -> list[datetime]:
    articles = Item.site_id == site_id, Item.kind == ItemKind.ARTICLE, Item.state == ItemState.LIVE
    return [at for at in session.scalars(select(Item.announced_at).where(*articles, Item.announced_at > since)) if at]


def _decided(session: Session, site_id: int, now: datetime) -> dict[tuple[datetime, Frequency], bool]:
    rows = session.execute(
        select(Arrangement.slot, Arrangement.frequency, Arrangement.is_held).where(
            Arrangement.site_id == site_id, Arrangement.slot > now
        )
    )
    return {(slot, frequency): is_held for slot, frequency, is_held in rows}


def _as_told(frequency: Frequency, zone: str, hour: int, weekday: int) -> Hours:
    """The hours that matter: the zone alone for an hourly digest, no weekday for a daily one."""
    if frequency is Frequency.HOURLY:
        return Hours(zone, 0, 0)
    return Hours(zone, hour, weekday if frequency is Frequency.WEEKLY else 0)
