"""How fast a send goes, and when it will be over."""

import pytest

from notifier.domain.progress import Pace


def test_the_rate_is_that_of_the_last_seconds() -> None:
    pace = Pace()
    assert pace.saw(0, 0, 1000).left_s is None, "one look tells no rate"
    assert pace.saw(1, 100, 1000).rate_per_s == 100
    for second in range(2, 30):
        now = pace.saw(second, 100 + 10 * (second - 1), 1000)
    assert now.rate_per_s == pytest.approx(10)
    assert now.left_s == pytest.approx((1000 - now.done) / 10)


def test_what_stands_still_has_no_end_and_what_is_done_is_over() -> None:
    pace = Pace()
    pace.saw(0, 5, 10)
    assert pace.saw(5, 5, 10).left_s is None
    assert pace.saw(6, 4, 10).rate_per_s == 0, "a retry takes back, and is no speed"
    over = pace.saw(7, 10, 10)
    assert over.is_over
    assert over.left_s is None
