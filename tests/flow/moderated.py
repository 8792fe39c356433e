"""A discussion under a moderator: comments held, approved and deleted while letters are planned, tried and sent."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import insert, select

from notifier import flow, upkeep
from notifier.domain.items import NewItem
from notifier.domain.outcome import Refused
from notifier.domain.words import Frequency, ItemKind, ItemState, Lane, Reason
from notifier.models import Item, Notice, Subscriber, Subscription, Topic
from notifier.queue import Task
from notifier.stages import overdue
from tests.flow.test_threads import ME, told
from tests.world import World

FAN = "fan@example.org"
"""Who follows the whole discussion; ME wants answers only."""


@dataclass
class Moderated:
    """An article with a comment of mine, and what a moderator does to the answers."""

    world: World
    article: str = ""
    """What its guids end with."""
    state: dict[str, ItemState] = field(default_factory=dict)

    def write(self, *guids: str) -> None:
        """Answers to my comment."""
        for guid in guids:
            self._put(guid, ItemState.LIVE)

    def hold(self, guid: str) -> None:
        self._put(guid, ItemState.HELD)

    def approve(self, guid: str) -> None:
        self._put(guid, ItemState.LIVE)

    def delete(self, guid: str) -> None:
        world = self.world
        flow.retract_item(world.parts, world.site.id, self._named(guid), world.now, may_return=True)
        self.state[guid] = ItemState.RETRACTED

    def edit(self, guid: str) -> None:
        self._put(guid, self.state[guid], " مصحّح")

    def plan(self) -> None:
        """Time for a letter, which waits to be sent."""
        self.world.later(hours=2)
        flow.bundle_notices(self.world.parts, self.world.now)

    def send(self) -> None:
        """Whatever waits is claimed and sent."""
        self.world.wire.outcomes.clear()
        self._deliver()

    def defer(self) -> None:
        """It is claimed, and the server says "later"."""
        self.world.wire.outcomes |= dict.fromkeys((ME, FAN), Refused("450 4.2.0 greylisted"))
        self._deliver()

    def digest(self) -> None:
        """The next morning, before anything is sent."""
        self.world.now = self.world.now.replace(hour=5, minute=0) + timedelta(days=1)
        flow.open_runs(self.world.parts, self.world.now)
        rung, self.world.rung[:] = list(self.world.rung), []
        for nudge in rung:
            if nudge.task is not Task.DELIVER:
                upkeep.act(self.world.parts, nudge, self.world.clock)

    def end(self) -> None:
        """Hours pass in which nobody moderates."""
        for _ in range(3):
            self.plan()
            self.send()

    def told(self, address: str) -> Counter[str]:
        """How often somebody was shown which comment of this article."""
        names = [guid for letter in told(self.world, address) for guid in letter]
        return Counter(guid for guid in self.state for name in names if name == self._named(guid))

    def reasons(self, address: str) -> dict[str, Reason | None]:
        """Why somebody was not told of a comment that a notice was owed for, by guid."""
        theirs = select(Item.guid, Notice.dropped_reason).join(Item, Item.id == Notice.item_id)
        theirs = theirs.join(Subscriber, Subscriber.id == Notice.subscriber_id).where(Subscriber.address == address)
        with self.world.parts.db.reading() as session:
            return dict(session.execute(theirs.order_by(Item.id)).all())

    def _deliver(self) -> None:
        world = self.world
        world.later(hours=1)
        with world.parts.db.reading() as session:
            world.rung[:] = overdue.due_deliveries(session, list(Lane), world.now, 500)
        world.work()

    def _named(self, guid: str) -> str:
        return f"{guid}{self.article}"

    def _put(self, guid: str, state: ItemState, words: str = "") -> None:
        name = self._named(guid)
        one = NewItem(ItemKind.COMMENT, name, html=f"<p>تعليق {name}{words}</p>", article_guid=self._named("a"))
        one = replace(one, parent_guid=self._named("mine"), author_address="c@example.org", state=state)
        self.world.ingest(one)
        self.state[guid] = state


def discussion(world: World, frequency: Frequency = Frequency.INSTANT) -> Moderated:
    """One discussion, with both readers, at any hour and without an end to their letters."""
    world.with_settings(quiet_from_h=7, comment_letters_per_day=1000, thread_letters_per_day=50, thread_gap_s=60)
    world.article("a")
    world.comment("mine", "a", author_address=ME)
    world.work()
    world.reader(ME, "mine", frequency=frequency)
    world.reader(FAN, "thread:a", frequency=frequency)
    return Moderated(world)


def another(talk: Moderated, n: int, frequency: Frequency = Frequency.INSTANT) -> Moderated:
    """The same under an article of its own, for the same readers."""
    world, article = talk.world, f"a{n}"
    world.article(article)
    world.comment(f"mine{n}", article, author_address=ME)
    with world.parts.db.writing() as session:
        thread = select(Topic.id).where(Topic.name == f"thread:{article}").scalar_subquery()
        fan = select(Subscriber.id).where(Subscriber.address == FAN).scalar_subquery()
        follows = {"subscriber_id": fan, "topic_id": thread, "frequency": frequency, "is_implicit": False}
        session.execute(insert(Subscription).values(**follows, created_at=world.now, ended_reason=""))
    world.later(hours=1)
    world.rung.clear()
    world.wire.sent.clear()
    return Moderated(world, str(n))
