"""Which account gets a slice."""

import random
from collections import Counter

from notifier.accounts import Accounts, Choice, LocalBreaker


def accounts(weights: dict[str, float], breaker: LocalBreaker) -> Accounts:
    dice = random.Random(3)  # noqa: S311 - the same dice at each run, no secret
    return Accounts(weights, breaker, dice.random)


def test_each_is_chosen_as_often_as_its_weight_says() -> None:
    several = accounts({"big": 3, "small": 1}, LocalBreaker(30))
    counts = Counter(several.choose().name for _ in range(4000))
    assert 2900 < counts["big"] < 3100
    assert counts["big"] + counts["small"] == 4000


def test_a_dead_account_is_left_out_and_the_other_takes_all() -> None:
    breaker = LocalBreaker(30, clock=lambda: 5.0)
    several = accounts({"big": 3, "small": 1}, breaker)
    breaker.heard("big", is_up=False, is_refused=True)
    assert {several.choose() for _ in range(50)} == {Choice("small")}
    assert several.states()["big"].is_refused


def test_none_is_chosen_while_all_are_dead_and_the_first_to_come_back_says_when() -> None:
    now = [0.0]
    breaker = LocalBreaker(30, clock=lambda: now[0])
    several = accounts({"a": 1, "b": 1}, breaker)
    for _ in range(3):
        breaker.heard("a", is_up=False)
    now[0] = 10.0
    for _ in range(3):
        breaker.heard("b", is_up=False)
    assert several.choose() == Choice(None, 20)
    now[0] = 30.0
    assert several.choose() == Choice("a"), "the probe"
    assert several.choose() == Choice(None, 10)


def test_looking_at_an_account_does_not_take_the_probe() -> None:
    now = [0.0]
    breaker = LocalBreaker(30, clock=lambda: now[0])
    several = accounts({"a": 1}, breaker)
    for _ in range(3):
        breaker.heard("a", is_up=False)
    now[0] = 31.0
    several.states()
    assert several.choose() == Choice("a")
