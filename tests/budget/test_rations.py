"""Buckets, windows and fairness: the same in memory and in Valkey, by a clock of the test's own."""

import random
from collections.abc import Callable, Iterator

import pytest

from notifier.budget import Budget, Grant, Heard, Limit, LocalBudget, RedisBudget, portion
from notifier.budget.fair import fair
from notifier.shared import Shared

FOREVER = 100_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "valkey"])
def make(request: pytest.FixtureRequest, clock: Clock, empty_redis_url: str) -> Iterator[Callable[[Limit], Budget]]:
    """A budget of one account, `relay`."""
    shared = Shared(empty_redis_url)
    if request.param == "memory":
        yield lambda limit: LocalBudget({"relay": limit}, clock)
    else:
        yield lambda limit: RedisBudget(shared, {"relay": limit}, clock)
    shared.close()


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same dice at each run, no secret


Make = Callable[[Limit], Budget]


def count(budget: Budget, group: str = "a.example", wanted: int = 1000) -> int:
    return budget.take("relay", {group: wanted})[group].count


def run(budget: Budget, clock: Clock, seconds: float, group: str = "a.example") -> int:
    """Letters that one eager sender gets in this time."""
    got, end = 0, clock.now + seconds
    while clock.now < end:
        grant = budget.take("relay", {group: 5})[group]
        got += grant.count
        clock.later(grant.wait_s)
    return got


def test_fewer_come_with_the_time_until_the_next(make: Make, clock: Clock) -> None:
    budget = make(Limit(2, 3))
    assert budget.take("relay", {"a.example": 2}) == {"a.example": Grant(2)}
    grant = budget.take("relay", {"a.example": 2})["a.example"]
    assert grant == Grant(1, 0.5)
    clock.later(grant.wait_s)
    assert budget.take("relay", {"a.example": 1}) == {"a.example": Grant(1)}
    assert budget.take("relay", {"a.example": 0, "b.example": -3}) == {"a.example": Grant(0), "b.example": Grant(0)}
    assert budget.take("relay", {}) == {}
    assert budget.take("another", {"a.example": 1}) == {"a.example": Grant(1)}


def test_letters_without_a_domain_are_limited_by_the_account_alone(make: Make) -> None:
    budget = make(Limit(20, 20))
    assert budget.take("relay", {"": 5}) == {"": Grant(5)}
    budget.give_back("relay", {"": 2})
    budget.hear("relay", {"": Heard(slowed=1)})
    assert budget.take("relay", {"": 20})[""].count == 5, "a quarter of the burst"


@pytest.mark.parametrize("rate", [1, 7, 30, 200, 900, 5000])
def test_no_second_is_more_than_a_twentieth_too_fast_and_the_mean_is_exact(make: Make, clock: Clock, rate: int) -> None:
    budget, dice = make(Limit(rate)), seeded(rate)
    moments: list[float] = []
    end = clock.now + 12
    while clock.now < end:
        grant = budget.take("relay", {"a.example": budget.portion("relay")})["a.example"]
        moments += [clock.now] * grant.count
        # From time to time all workers are late.
        clock.later(grant.wait_s + (0.05 * dice.random() if dice.random() < grant.wait_s else 0))
    behind, worst = 0, 0
    for ahead, moment in enumerate(moments):
        while moments[behind] <= moment - 1:
            behind += 1
        worst = max(worst, ahead - behind + 1)
    assert worst <= rate * 1.05 + (1 if rate < 20 else 0)
    assert len(moments) == pytest.approx(rate * 12, rel=0.02, abs=2)


def test_a_burst_that_was_asked_for_leaves_at_once(make: Make, clock: Clock) -> None:
    budget = make(Limit(10, 40))
    assert count(budget) == 40
    clock.later(1)
    assert count(budget) == 10


def test_a_group_has_its_own_limit_and_leaves_the_rest_to_the_others(make: Make, clock: Clock) -> None:
    budget = make(Limit(100, 100, {"slow.example": 1}))
    grants = budget.take("relay", {"slow.example": 500, "a.example": 60})
    assert (grants["slow.example"].count, grants["a.example"]) == (1, Grant(60))
    assert grants["slow.example"].wait_s == pytest.approx(0.95)
    clock.later(1)
    assert run(budget, clock, 20, "slow.example") == pytest.approx(20, abs=1)


def test_a_hungry_group_takes_no_more_than_its_part(make: Make) -> None:
    grants = make(Limit(100, 100, {"limited.example": 50})).take(
        "relay", {"google": 5000, "limited.example": 3, "a.example": 40, "b.example": 2}
    )
    assert grants["b.example"] == Grant(2)
    assert sum(grant.count for grant in grants.values()) == 100
    assert 30 <= grants["google"].count <= 62
    assert grants["a.example"].count >= 30


def test_single_letters_go_round(make: Make, clock: Clock) -> None:
    budget, got = (
        make(Limit(1, 1, {"limited.example": 1})),
        dict.fromkeys(["google", "limited.example", "b.example"], 0),
    )
    for _ in range(60):
        for group, grant in budget.take("relay", dict.fromkeys(got, 9)).items():
            got[group] += grant.count
        clock.later(1.01)
    assert sum(got.values()) == 60
    assert min(got.values()) >= 8


def test_what_is_given_back_may_leave_with_another(make: Make, clock: Clock) -> None:
    budget = make(Limit(100, 50, {"slow.example": 1}))
    assert count(budget, wanted=50) == 50
    budget.give_back("relay", {"a.example": 30})
    clock.later(0.3)
    assert count(budget, "b.example") == 50, "never more than the bucket holds"
    clock.later(60)
    assert count(budget, "slow.example") == 1
    budget.give_back("relay", {"slow.example": 1})
    assert count(budget, "slow.example") == 1


def test_giving_back_late_makes_no_second_too_fast(make: Make, clock: Clock) -> None:
    budget = make(Limit(200))
    run(budget, clock, 5)
    before = clock.now
    for _ in range(5):
        budget.give_back("relay", {"a.example": 10})
    assert run(budget, clock, before + 1 - clock.now) <= 210


def test_a_group_that_was_slowed_has_a_quarter_and_the_others_all(make: Make, clock: Clock) -> None:
    budget = make(Limit(200))
    budget.hear("relay", {"google": Heard(accepted=10, slowed=1)})
    assert run(budget, clock, 10, "google") == pytest.approx(500, rel=0.12)
    assert run(budget, clock, 5) == pytest.approx(1000, rel=0.03)


def test_an_account_that_was_slowed_slows_all_groups(make: Make, clock: Clock) -> None:
    budget = make(Limit(200))
    budget.hear("relay", {"": Heard(slowed=1)})
    assert run(budget, clock, 10) == pytest.approx(500, rel=0.12)
    for _ in range(16):
        clock.later(1)
        budget.hear("relay", {"a.example": Heard(accepted=50)})
    assert run(budget, clock, 5) == pytest.approx(1000, rel=0.03), "what any group accepts brings the account back"


def test_it_falls_by_half_a_second_down_to_a_trickle_that_probes(make: Make, clock: Clock) -> None:
    budget = make(Limit(200))
    for _ in range(100):
        budget.hear("relay", {"google": Heard(slowed=40)})
    assert run(budget, clock, 5, "google") == pytest.approx(5 * 50, rel=0.1), "one moment's replies are one answer"
    budget.hear("relay", {"google": Heard(slowed=1)})
    assert run(budget, clock, 5, "google") == pytest.approx(5 * 25, rel=0.1)
    for _ in range(30):
        clock.later(1)
        budget.hear("relay", {"google": Heard(slowed=40)})
    probes, end = 0, clock.now + 120
    while clock.now < end:
        grant = budget.take("relay", {"google": 5})["google"]
        probes += grant.count
        budget.hear("relay", {"google": Heard(slowed=grant.count)})
        clock.later(grant.wait_s)
    assert 12 <= probes <= 120, "of 24,000"


def test_accepted_letters_bring_a_group_back_in_their_time(make: Make, clock: Clock) -> None:
    budget = make(Limit(1000))
    budget.hear("relay", {"google": Heard(slowed=1)})
    assert run(budget, clock, 2, "google") == pytest.approx(500, rel=0.1)
    for _ in range(70):
        clock.later(0.1)
        budget.hear("relay", {"google": Heard(accepted=100)})
    assert run(budget, clock, 2, "google") == pytest.approx(2000 * 12 / 20, rel=0.1), "a second adds one to five"
    for _ in range(80):
        clock.later(0.1)
        budget.hear("relay", {"google": Heard(accepted=100)})
    assert run(budget, clock, 2, "google") == pytest.approx(2000, rel=0.05)


def test_time_alone_brings_a_group_back(make: Make, clock: Clock) -> None:
    budget = make(Limit(100))
    budget.hear("relay", {"google": Heard(slowed=1)})
    clock.later(5 * 60)
    assert run(budget, clock, 10, "google") == pytest.approx(500, rel=0.1)
    clock.later(11 * 60)
    assert run(budget, clock, 10, "google") == pytest.approx(1000, rel=0.03)


@pytest.mark.long
def test_it_settles_near_what_a_server_takes(make: Make, clock: Clock) -> None:
    """A server that takes 20 a second and tells each further letter to come later."""
    budget, taken, refused, second, in_second = make(Limit(200)), 0, 0, 0, 0
    end = clock.now + 300
    while clock.now < end:
        grant = budget.take("relay", {"google": 3})["google"]
        for _ in range(grant.count):
            if int(clock.now) != second:
                second, in_second = int(clock.now), 0
            in_second += 1
            is_taken = in_second <= 20
            taken, refused = taken + is_taken, refused + (not is_taken)
            budget.hear("relay", {"google": Heard(accepted=int(is_taken), slowed=int(not is_taken))})
        clock.later(grant.wait_s)
    assert taken >= 300 * 20 * 0.7
    assert refused <= taken * 0.2


@pytest.mark.wide
def test_a_tenth_refused_by_chance_does_not_starve_a_group(make: Make, clock: Clock) -> None:
    budget, dice, sent = make(Limit(100)), seeded(7), 0
    end = clock.now + 200
    while clock.now < end:
        grant = budget.take("relay", {"google": 3})["google"]
        sent += grant.count
        for _ in range(grant.count):
            is_slow = dice.random() < 0.05
            budget.hear("relay", {"google": Heard(accepted=int(not is_slow), slowed=int(is_slow))})
        clock.later(grant.wait_s)
    assert sent >= 200 * 100 * 0.4


def test_memory_and_valkey_say_the_same(empty_redis_url: str, clock: Clock) -> None:
    limits = {"relay": Limit(60, 0, {"g0": 5.0, "g1": 20.0})}
    shared = Shared(empty_redis_url)
    both: tuple[Budget, Budget] = (LocalBudget(limits, clock), RedisBudget(shared, limits, clock))
    dice = seeded(164)
    for _ in range(1500):
        clock.later(dice.choice([0, 0.001, 0.02, 0.3, 2, 90]) * dice.random())
        group, letters = f"g{dice.randrange(4)}", dice.randrange(1, 9)
        match dice.randrange(4):
            case 0:
                heard = {dice.choice([group, group, ""]): Heard(dice.randrange(9), dice.choice([0, 0, 0, 1, 3]))}
                for budget in both:
                    budget.hear("relay", heard)
                    budget.take("relay", {"g9": 1})  # Whoever asks hears of new windows.
            case 1:
                for budget in both:
                    budget.give_back("relay", {group: 1})
            case _:
                one, other = (budget.take("relay", {group: letters})[group] for budget in both)
                assert other.count == one.count
                assert other.wait_s == pytest.approx(one.wait_s, abs=1e-6)
    shared.close()


@pytest.mark.parametrize(
    ("rate", "asked"), [(0.5, 1), (10, 1), (99, 1), (200, 3), (999, 10), (1000, 20), (5000, 100), (8000, 160)]
)
def test_little_is_asked_for_ahead(rate: float, asked: int) -> None:
    assert portion(rate) == asked
    assert LocalBudget({"relay": Limit(rate)}).portion("relay") == asked


def test_sharing_leaves_nothing_over_and_nobody_beyond_their_wish() -> None:
    dice = seeded(5)
    for turn in range(2000):
        wanted = [dice.randrange(30) for _ in range(dice.randrange(1, 9))]
        left = dice.randrange(60)
        got = fair(left, wanted, [1] * len(wanted), turn)
        assert sum(got) == min(left, sum(wanted))
        assert all(0 <= one <= most for one, most in zip(got, wanted, strict=True))
        short = [one for one, most in zip(got, wanted, strict=True) if one < most]
        assert not short or max(got) - min(short) <= 1
