"""What a digest may hold: the articles of its window, and which of them a set of subscriptions picks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, ItemKind, ItemState
from notifier.models import Item, ItemTopic, Run
from notifier.stages.plan.arranged import postponed_from

OVERLAP = timedelta(minutes=10)
"""An article is announced when its transaction begins and seen when it is committed: at most this much later."""


@dataclass(frozen=True, slots=True)
class Window:
    """The articles announced in (since, until], and those of before that the last run could not see yet."""

    site_id: int
    since: datetime
    until: datetime
    stragglers: tuple[int, ...] = ()

    def articles(self) -> Select[int]:
        """Their ids."""
        within = and_(Item.announced_at > self.since, Item.announced_at <= self.until)
        return _live_articles(self.site_id).where(or_(within, Item.id.in_(self.stragglers)))

    def topics(self) -> Select[int]:
        """The topics they carry."""
        return select(ItemTopic.topic_id).where(ItemTopic.item_id.in_(self.articles()))


@dataclass(frozen=True, slots=True)
class News:
    """The articles of a window, and by topic."""

    announced: dict[int, datetime]
    by_topic: dict[int, set[int]]
    waited: frozenset[int] = frozenset()
    """Those that alerted nobody in their quiet hours, whenever these were."""

    def pick(
        self, wants: Iterable[tuple[int, Frequency]], frequency: Frequency, night: frozenset[int] = frozenset()
    ) -> list[int]:
        """Items for a digest of this frequency, the newest first.

        An item that a more immediate subscription of the same reader matches reaches them by that one, but for those
        of the `night`, which would have been alerts.
        """
        mine: set[int] = set()
        sooner: set[int] = set()
        for topic, theirs in wants:
            found = self.by_topic.get(topic, set())
            if theirs is frequency:
                mine |= found
            elif theirs.rank < frequency.rank:
                sooner |= found - night
                mine |= found & night
        return sorted(mine - sooner, key=lambda item: (self.announced[item], item), reverse=True)


def window(session: Session, run: Run, since: datetime) -> Window:
    """The window of a run whose readers' digests came as far as `since`."""
    seen = session.scalar(
        select(Run.seen).where(
            Run.site_id == run.site_id, Run.frequency == run.frequency, Run.slot == since, Run.planned_at.is_not(None)
        )
    )
    # Without a run at `since` nobody looked there: nothing can have come too late for it.
    late = set() if seen is None else set(_shortly_before(session, run.site_id, since)) - set(seen)
    late |= set() if seen is None else postponed_from(session, run, since)
    return Window(run.site_id, since, run.slot, tuple(sorted(late)))


def seen_by(session: Session, run: Run) -> list[int]:
    """The articles shortly before a run's slot, as far as they are to be seen now."""
    return _shortly_before(session, run.site_id, run.slot)


def news(session: Session, of: Window) -> News:
    """Look the window's articles up."""
    rows = session.execute(
        select(Item.id, Item.announced_at, Item.quiet, ItemTopic.topic_id)
        .join(ItemTopic, ItemTopic.item_id == Item.id)
        .where(Item.id.in_(of.articles()))
    )
    announced: dict[int, datetime] = {}
    by_topic: dict[int, set[int]] = defaultdict(set)
    waited: set[int] = set()
    for item, at, quiet, topic in rows:
        announced[item] = at or of.until
        waited |= {item} if quiet else set()
        by_topic[topic].add(item)
    return News(announced, dict(by_topic), frozenset(waited))


def _shortly_before(session: Session, site_id: int, slot: datetime) -> list[int]:
    within = and_(Item.announced_at > slot - OVERLAP, Item.announced_at <= slot)
    return list(session.scalars(_live_articles(site_id).where(within).order_by(Item.id)))


def _live_articles(site_id: int) -> Select[int]:
    return select(Item.id).where(Item.site_id == site_id, Item.kind == ItemKind.ARTICLE, Item.state == ItemState.LIVE)
