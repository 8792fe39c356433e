"""What a digest may hold: the articles of its window, and which of them a set of subscriptions picks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, ItemKind, ItemState
from notifier.models import Item, ItemTopic


@dataclass(frozen=True, slots=True)
class News:
    """The articles announced in (since, until], the newest first, and by topic."""

    announced: dict[int, datetime]
    by_topic: dict[int, set[int]]

    def pick(self, wants: Iterable[tuple[int, Frequency]], frequency: Frequency) -> list[int]:
        """Items for a digest of this frequency, the newest first.

        An item that a more immediate subscription of the same reader matches reaches them by that one.
        """
        mine: set[int] = set()
        sooner: set[int] = set()
        for topic, theirs in wants:
            if theirs is frequency:
                mine |= self.by_topic.get(topic, set())
            elif theirs.rank < frequency.rank:
                sooner |= self.by_topic.get(topic, set())
        return sorted(mine - sooner, key=lambda item: (self.announced[item], item), reverse=True)


def news(session: Session, site_id: int, since: datetime, until: datetime) -> News:
    """Look the window's articles up."""
    rows = session.execute(
        select(Item.id, Item.announced_at, ItemTopic.topic_id)
        .join(ItemTopic, ItemTopic.item_id == Item.id)
        .where(Item.id.in_(_window(site_id, since, until)))
    )
    announced: dict[int, datetime] = {}
    by_topic: dict[int, set[int]] = defaultdict(set)
    for item, at, topic in rows:
        announced[item] = at or until
        by_topic[topic].add(item)
    return News(announced, dict(by_topic))


def topics_in_the_news(site_id: int, since: datetime, until: datetime) -> Select[int]:
    """The topics that the window's articles carry."""
    return select(ItemTopic.topic_id).where(ItemTopic.item_id.in_(_window(site_id, since, until)))


def _window(site_id: int, since: datetime, until: datetime) -> Select[int]:
    return select(Item.id).where(
        Item.site_id == site_id,
        Item.kind == ItemKind.ARTICLE,
        Item.state == ItemState.LIVE,
        Item.announced_at > since,
        Item.announced_at <= until,
    )
