"""Whether the work goes on: the scheduler ticks, a worker sweeps, no lane piles up, an account keeps to its ramp."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from notifier.budget import Today
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.doctor.words import said
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
    advice = said("do_sweep")
    with ward.parts.db.reading() as session:
        last = session.scalar(select(Lease.last_sweep_at).where(Lease.name == TICK))
    if last is None:
        return pen.red(said("sweep_never"), advice)
    # The sweep is dated by the clock of the demo too.
    age = ward.now() + timedelta(seconds=knobs.clock_offset_s) - last
    told, every = said("sweep_ago", seconds=f"{max(0, age.total_seconds()):.0f}"), timedelta(seconds=3 * knobs.sweep_s)
    if age > max(DEAD, 2 * every):
        return pen.red(told, advice)
    return pen.amber(told, said("do_sweep_late", advice=advice)) if age > max(LATE, every) else pen.green(told)


def _lanes(ward: Ward) -> Finding:
    pen, depths = Pen("lanes", "broker"), ward.parts.depths()
    if depths is None:
        return pen.red(said("broker_silent"), said("do_broker"))
    told = ", ".join(f"{lane} {count}" for lane, count in depths.items() if count) or said("lanes_empty")
    if max(depths.values(), default=0) > PILED_UP:
        return pen.amber(told, said("do_lanes"))
    return pen.green(told)


def _ramp(pen: Pen, day: Today) -> Finding:
    if day.day < 0:
        return pen.amber(said("ramp_begins", days=-day.day), said("do_ramp_begins"))
    told = said("ramp_day", day=day.day + 1, days=day.days + 1, sent=f"{day.sent:,}", cap=f"{day.cap:,}")
    if day.sent >= day.cap:
        return pen.amber(told, said("do_ramp_full"))
    return pen.green(told)
