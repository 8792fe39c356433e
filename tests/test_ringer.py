"""The bell of the web processes."""

import threading
import time
from collections.abc import Callable, Sequence

from notifier.domain.words import Lane
from notifier.queue import Nudge, Task, to_plan, to_sign_up
from notifier.ringer import TOGETHER, Ringer, together


def wait_for(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_true() and time.monotonic() < end:
        time.sleep(0.002)
    assert is_true()


def test_it_rings_what_it_is_given_without_keeping_anybody_waiting() -> None:
    heard: list[Nudge] = []
    may_ring = threading.Event()

    def slow(nudges: Sequence[Nudge]) -> None:
        may_ring.wait(5)
        heard.extend(nudges)

    ringer = Ringer(slow)
    began = time.monotonic()
    for n in range(200):
        ringer([to_sign_up(n), to_plan(n)] if n % 50 == 0 else [to_sign_up(n)])
    assert time.monotonic() - began < 1
    may_ring.set()
    ringer.close()
    assert {arg for one in heard if one.task is Task.SIGN_UP for arg in one.args} == set(range(200))
    assert [one.args for one in heard if one.task is Task.PLAN_RUN] == [(0,), (50,), (100,), (150,)]


def test_a_single_nudge_rings_at_once() -> None:
    heard: list[Nudge] = []
    ringer = Ringer(heard.extend)
    ringer([to_sign_up(7)])
    wait_for(lambda: heard == [to_sign_up(7)])
    ringer.close()


def test_it_rings_on_after_it_was_closed_for_whoever_comes_late() -> None:
    heard: list[Nudge] = []
    ringer = Ringer(heard.extend)
    ringer([to_sign_up(1)])
    ringer.close()
    ringer([to_sign_up(2)])
    wait_for(lambda: [one.args for one in heard] == [(1,), (2,)])
    ringer.close()


def test_a_crowd_of_sign_ups_is_few_nudges_and_no_other_kind_is_joined() -> None:
    crowd = [to_sign_up(n) for n in range(TOGETHER + 1)]
    joined = list(together([to_plan(1), to_plan(2), *crowd, to_plan(3)]))
    assert [len(one.args) for one in joined] == [1, 1, TOGETHER, 1, 1]
    assert {one.lane for one in joined if one.task is Task.SIGN_UP} == {Lane.URGENT}
