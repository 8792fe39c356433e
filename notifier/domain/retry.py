"""When a delivery that was refused for now is tried again."""

from datetime import timedelta

JITTER = 0.2


def retry_in(attempts: int, base_s: float, cap_s: float, roll: float) -> timedelta:
    """5, 10, 20, 40, 60, 60 … minutes with the default base and cap, ± 20 % by `roll` in [0, 1).

    `attempts`: tries made so far, at least 1.
    """
    plain = min(cap_s, base_s * 2 ** min(attempts - 1, 30))
    return timedelta(seconds=plain * (1 - JITTER + 2 * JITTER * roll))
