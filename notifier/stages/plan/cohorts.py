"""Whom a digest run serves: readers whose digests came equally far, and none in their quiet hours by the hour."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from notifier.domain.quiet import Bedtime, Quiet, QuietRules
from notifier.domain.schedule import Hours, last_slot, previous_slot, zone_of
from notifier.domain.words import Frequency
from notifier.models import Item, Run, Subscriber, is_awake
from notifier.stages.plan.arranged import held_slots
from notifier.stages.plan.news import Window, window
from notifier.stages.plan.runs import groups

STEPS_BACK: Final = {Frequency.HOURLY: 48, Frequency.DAILY: 8, Frequency.WEEKLY: 5}
"""How many missed slots one digest makes up for."""
LOOKS_BACK: Final = timedelta(days=50)
"""Farther than that many slots of any frequency reach."""
EVERY_HOUR: Final = Hours("UTC", 0, 0)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Readers of one run whose digests came equally far."""

    run: Run
    since: datetime
    hours: tuple[Hours, ...] = ()
    """Of a daily or a weekly digest."""
    bedtimes: tuple[Bedtime, ...] = ()
    """Of an hourly digest, which all readers get at the same moment who are not in their quiet hours; empty for all."""
    night: frozenset[int] = frozenset()
    """The articles that came in these readers' quiet hours and alerted none of them: they are told now."""

    def readers(self) -> ColumnElement[bool]:
        """Confirmed readers of the site with these hours who were there, and not on a pause, at the slot."""
        theirs = [
            and_(
                Subscriber.time_zone == one.time_zone,
                Subscriber.digest_hour == one.hour,
                Subscriber.digest_weekday == one.weekday,
                Subscriber.digest_days == one.days,
            )
            for one in self.hours
        ]
        return and_(
            Subscriber.site_id == self.run.site_id,
            Subscriber.confirmed_at <= self.run.slot,
            is_awake(self.run.slot),
            or_(*theirs, *_with(self.bedtimes)) if theirs or self.bedtimes else true(),
        )

    def elsewhere(self, now: datetime, site_zone: str) -> frozenset[str]:
        """The zones of its readers whose day at the slot is not the one that `now` is where the site is."""
        today = now.astimezone(zone_of(site_zone)).date()
        zones = {one.time_zone for one in self.hours}
        return frozenset(zone for zone in zones if self.run.slot.astimezone(zone_of(zone)).date() != today)

    @property
    def frequencies(self) -> tuple[Frequency, ...]:
        """The subscriptions that it brings something of."""
        return (self.run.frequency, Frequency.INSTANT) if self.night else (self.run.frequency,)


class _Past(NamedTuple):
    """The slots before a run's."""

    planned: Mapping[datetime, Quiet | None]
    """Each with the usual quiet hours it was planned by, where they are known."""
    held: frozenset[datetime]
    """Those that somebody held back, to the end if they are not among the planned ones."""


def cohorts(session: Session, run: Run, rules: QuietRules, known: Sequence[Bedtime] = ()) -> list[Cohort]:
    """The readers a run serves, grouped by the slot that their last digest covered.

    A daily or a weekly digest comes at the hour that its readers chose, whatever that hour is. `known` are the bedtimes
    of an hourly one's readers where they need not be as of now: to look for them reads every reader.
    """
    rows = session.execute(
        select(Run.slot, Run.quiet).where(
            Run.site_id == run.site_id, Run.frequency == run.frequency, Run.planned_at.is_not(None),
            Run.slot < run.slot, Run.slot >= run.slot - LOOKS_BACK,
        )
    )  # fmt: skip
    planned = {slot: Quiet(*quiet) if quiet else None for slot, quiet in rows}
    past = _Past(planned, held_slots(session, run, run.slot - LOOKS_BACK))
    if run.frequency is Frequency.HOURLY:
        return _hourly(session, run, rules, past, known or list(bedtimes(session, run.site_id)))
    found: dict[datetime, list[Hours]] = {}
    for hours, _ in groups(session, run.site_id):
        if last_slot(run.frequency, hours, run.slot) == run.slot:
            found.setdefault(_since(run, hours, past, lambda _slot: False), []).append(hours)
    return [Cohort(run, since, tuple(hours)) for since, hours in sorted(found.items())]


def bedtimes(session: Session, site_id: int) -> dict[Bedtime, int]:
    """How many confirmed readers of a site have each."""
    columns = Subscriber.time_zone, Subscriber.quiet_from_h, Subscriber.quiet_until_h
    ours = Subscriber.site_id == site_id, Subscriber.confirmed_at.is_not(None)
    rows = session.execute(select(*columns, func.count()).where(*ours).group_by(*columns))
    return {Bedtime(zone, from_h, until_h): count for zone, from_h, until_h, count in rows}


def _hourly(session: Session, run: Run, rules: QuietRules, past: _Past, everybody: Sequence[Bedtime]) -> list[Cohort]:
    awake = [one for one in everybody if not one.holds(rules.usual, run.slot)]
    came: dict[datetime, list[Bedtime]] = defaultdict(list)
    for one in awake:
        came[_since(run, EVERY_HOUR, past, _asleep(one, past, rules.usual))].append(one)
    found: dict[tuple[datetime, frozenset[int]], list[Bedtime]] = defaultdict(list)
    for since, some in came.items():
        waited = list(_waited(session, window(session, run, since), rules))
        for one in some:
            found[since, frozenset(item for item, at, usual in waited if one.holds(usual, at))].append(one)
    if len(found) == 1 and len(awake) == len(everybody):
        ((since, night),) = found
        return [Cohort(run, since, night=night)]
    return [Cohort(run, since, bedtimes=tuple(some), night=night) for (since, night), some in found.items()]


def _asleep(one: Bedtime, past: _Past, usual: Quiet) -> Callable[[datetime], bool]:
    """Whether a slot passed them over, by the usual hours of then."""
    return lambda slot: one.holds(past.planned.get(slot) or usual, slot)


def _waited(session: Session, articles: Window, rules: QuietRules) -> Iterator[tuple[int, datetime, Quiet]]:
    """(article, when it became news, the usual quiet hours) of those that did not ring in quiet hours."""
    columns = Item.id, Item.announced_at, Item.matched_at, Item.quiet
    for item, at, matched_at, kept in session.execute(select(*columns).where(Item.id.in_(articles.articles()))):
        usual = kept if matched_at else rules.of_alerts()
        if at and usual:
            yield item, at, Quiet(*usual)


def _since(run: Run, hours: Hours, past: _Past, is_passed: Callable[[datetime], bool]) -> datetime:
    """The last slot that was planned for these hours; the slot before this one where there was none for long.

    What was held back until it was too late has sent nothing, nor has a slot that passed these readers over: both are
    gone back behind.
    """
    slot = before = previous_slot(run.frequency, hours, run.slot)
    for _ in range(STEPS_BACK[run.frequency]):
        if slot in past.planned and not is_passed(slot):
            return slot
        slot = previous_slot(run.frequency, hours, slot)
        before = slot if before in past.held or is_passed(before) else before
    return before


def _with(bedtimes: tuple[Bedtime, ...]) -> list[ColumnElement[bool]]:
    """That a subscriber has one of them."""
    by_hours: dict[tuple[int | None, int | None], list[str]] = defaultdict(list)
    for one in bedtimes:
        by_hours[one.from_h, one.until_h].append(one.time_zone)
    return [
        and_(
            # As a comparison it is `= 22` or `IS NULL`; `IS NOT DISTINCT FROM` cannot be written into a table aside.
            Subscriber.quiet_from_h == begins,
            Subscriber.quiet_until_h == ends,
            Subscriber.time_zone.in_(some),
        )
        for (begins, ends), some in by_hours.items()
    ]
