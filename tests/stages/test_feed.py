"""What a transport is handed, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from notifier.budget import Grant, Heard
from notifier.domain.claimed import Claimed
from notifier.domain.message import Message
from notifier.domain.words import LetterKind
from notifier.stages.send import Feed, Pace, portioned
from tests.world import NOON


@dataclass
class Ration:
    """A budget that grants what a test says, by group; as much as is wanted where it says nothing."""

    grants: dict[str, Grant] = field(default_factory=dict)
    most: int = 100
    returned: dict[str, int] = field(default_factory=dict)

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        assert account == "smtp"
        return {group: self.grants.get(group, Grant(count)) for group, count in wanted.items()}

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        assert account == "smtp"
        self.returned |= unused

    def hear(self, account: str, heard: Mapping[str, Heard]) -> None:
        raise AssertionError((account, heard))

    def portion(self, account: str) -> int:
        assert account == "smtp"
        return self.most


@dataclass
class Hour:
    """A clock, and whether anybody waits."""

    seconds: float = 0
    is_awaited: bool = False

    def feed(self, *addresses: str, ration: Ration | None = None) -> Feed:
        ready = [
            Claimed(number, 1, (), LetterKind.ALERT, 1, number, address=address)
            for number, address in enumerate(addresses, start=1)
        ]
        pace = Pace(
            budget=ration or Ration(),
            account="smtp",
            group_of=lambda domain: domain,
            clock=lambda: NOON + timedelta(seconds=self.seconds),
            until=NOON + timedelta(seconds=1),
            longest=NOON + timedelta(seconds=3),
            is_awaited=lambda: self.is_awaited,
        )
        return Feed(ready, messages, pace)


def messages(some: list[Claimed]) -> list[Message]:
    return [Message(one.delivery_id, "b@x", one.address, b"") for one in some if "broken" not in one.address]


def taken(feed: Feed, most: int = 1) -> list[int]:
    found: list[int] = []
    while some := feed.take(most):
        found += [one.delivery_id for one in some]
    return found


def test_letters_come_in_order_and_one_that_cannot_be_made_is_passed_over() -> None:
    for most in (1, 2, 9):
        feed = Hour().feed("a@x", "broken@x", "b@x")
        assert taken(feed, most) == [1, 3]
        assert feed.wait_s() is None


def test_no_more_letters_are_taken_than_were_asked_for() -> None:
    ration = Ration()
    feed = Hour().feed("a@x", "broken@x", "b@x", "c@y", "d@y", ration=ration)
    assert [one.delivery_id for one in feed.take(3)] == [1, 3, 4]
    assert feed.groups == {1: "x", 3: "x", 4: "y"}
    feed.close()
    assert ration.returned == {"x": 1, "y": 1}, "the letter that could not be made, and the one that was not taken"


def test_a_slice_goes_on_while_nobody_waits_and_not_beyond_the_longest() -> None:
    hour = Hour()
    feed = hour.feed("a@x", "b@x", "c@x", "d@x")
    for at in (0, 1.5, 2.9):
        hour.seconds = at
        assert feed.take()
    hour.seconds = 3
    assert not feed.take()
    assert feed.wait_s() is None


def test_a_slice_ends_in_time_for_a_more_urgent_letter_and_stays_at_its_end() -> None:
    hour = Hour(is_awaited=True)
    feed = hour.feed("a@x", "b@x")
    assert feed.take()
    hour.seconds = 1
    assert not feed.take()
    hour.is_awaited = False
    assert not feed.take()
    assert feed.may_begin(), "an envelope that is out gets its content"
    hour.seconds = 4
    assert not feed.may_begin()


def test_a_group_without_a_grant_does_not_hold_up_the_others() -> None:
    ration = Ration({"slow": Grant(0, 7.0)})
    feed = Hour().feed("a@slow", "b@quick", "c@slow", ration=ration)
    assert taken(feed) == [2]
    assert 0 < (feed.wait_s() or 0) <= 7
    assert list(feed.later()) == [(1, NOON + timedelta(seconds=7)), (3, NOON + timedelta(seconds=14))]


def test_what_was_granted_and_not_used_goes_back() -> None:
    ration = Ration()
    feed = Hour().feed("a@x", "b@x", "c@y", ration=ration)
    assert feed.take()
    feed.close()
    assert ration.returned == {"x": 1, "y": 1}


def test_a_feed_that_was_stopped_gives_no_more_and_says_why() -> None:
    feed = Hour().feed("a@x", "b@x")
    feed.stop("connect failed", is_for_good=True)
    assert not feed.take()
    assert feed.wait_s() is None
    assert (feed.fault, feed.is_refused) == ("connect failed", True)


def test_a_portion_is_shared_out_over_all_that_want_some() -> None:
    assert sum(portioned({"a": 5, "b": 500, "c": 500}, 100).values()) == 100
    assert min(portioned({"a": 5, "b": 500, "c": 500}, 100).values()) == 5
    assert sum(portioned({str(n): 9 for n in range(50)}, 20).values()) == 20
    assert portioned({"a": 3}, 100) == {"a": 3}
