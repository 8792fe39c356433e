"""Whether the work goes on: the scheduler ticks, a worker sweeps, no lane piles up, an account keeps to its ramp."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from notifier.budget import Today
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.models import Lease
from notifier.stages.ledger import TICK

LATE: Final = timedelta(minutes=2)
DEAD: Final = timedelta(minutes=10)
PILED_UP: Final = 1000


def check(ward: Ward) -> Iterator[Finding]:
    """The sweep, then the lanes."""
    yield _sweep(ward)
    yield _lanes(ward)
    for account, day in ward.parts.daily.all(ward.now()).items():
        yield _ramp(Pen("warmup", account), day)


def _sweep(ward: Ward) -> Finding:
    pen, knobs = Pen("heartbeat", "worker, beat"), ward.parts.settings
    advice = "Start `notifier worker` and `notifier beat`: between them they sweep every few seconds."
    with ward.parts.db.reading() as session:
        last = session.scalar(select(Lease.last_sweep_at).where(Lease.name == TICK))
    if last is None:
        return pen.red("nothing was ever swept", advice)
    # The sweep is dated by the clock of the demo too.
    age = ward.now() + timedelta(seconds=knobs.clock_offset_s) - last
    told, every = f"last sweep {max(0, age.total_seconds()):.0f} s ago", timedelta(seconds=3 * knobs.sweep_s)
    if age > max(DEAD, 2 * every):
        return pen.red(told, advice)
    return pen.amber(told, f"Something is slow or at rest. {advice}") if age > max(LATE, every) else pen.green(told)


def _lanes(ward: Ward) -> Finding:
    pen, depths = Pen("lanes", "broker"), ward.parts.depths()
    if depths is None:
        return pen.red("the broker does not answer", "Start it, or put NOTIFIER_BROKER_URL right.")
    told = ", ".join(f"{lane} {count}" for lane, count in depths.items() if count) or "nothing waits"
    if max(depths.values(), default=0) > PILED_UP:
        return pen.amber(told, "Run more workers, or find out what keeps them.")
    return pen.green(told)


def _ramp(pen: Pen, day: Today) -> Finding:
    if day.day < 0:
        return pen.amber(f"begins in {-day.day} days", "Until then this account sends nothing.")
    told = f"day {day.day + 1} of {day.days + 1}: {day.sent:,} of {day.cap:,} letters"
    if day.sent >= day.cap:
        return pen.amber(told, "The rest waits for tomorrow, or for another account.")
    return pen.green(told)
