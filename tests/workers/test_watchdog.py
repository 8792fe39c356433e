"""When the watchdog loses its patience."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from workers.watchdog import Patience, has_leaked_slot


@dataclass
class Slots:
    """As much of kombu's QoS as the watchdog looks at."""

    _delivered: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _dirty: set[str] = field(default_factory=set)

    @property
    def task_consumer(self) -> "Slots":
        return self

    @property
    def channel(self) -> "Slots":
        return self

    @property
    def qos(self) -> "Slots":
        return self


def test_patience_ends_only_after_the_limit_without_a_break() -> None:
    patience = Patience(limit_s=60)
    assert not patience.is_over(0, is_wrong=True)
    assert not patience.is_over(60, is_wrong=True)
    assert patience.is_over(61, is_wrong=True)
    assert not patience.is_over(62, is_wrong=False)
    assert not patience.is_over(63, is_wrong=True)


def test_a_message_that_no_request_knows_is_a_leaked_slot() -> None:
    assert has_leaked_slot(Slots(OrderedDict(a=1)))
    assert not has_leaked_slot(Slots(OrderedDict(a=1), {"a"}))


def test_a_consumer_without_a_channel_leaks_nothing() -> None:
    assert not has_leaked_slot(type("Closed", (), {"task_consumer": None}))
