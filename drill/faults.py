"""Each way in which things go wrong, one small function a way, and what it may cost."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import psutil

from bench.sink import Fault as Misdeed
from bench.sink.faults import Place, What
from drill.ground import AWAY_S, REPLY_S, Ground, is_own_postgresql, is_own_redis

Strike = Callable[[Ground, int], None]
"""Break something; the number says which time this is, and seeds dice."""
DRAIN_S: Final = 40.0
TENTH: Final = 0.1


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong in mid-send."""

    name: str
    strike: Strike
    is_kill: bool = False
    doubles: bool = False
    """Whether each connection that is open at that moment may double its letter; else nothing may be doubled."""
    ease: Callable[[Ground], None] | None = None
    """Ends what lasts; None for what is over at once."""
    is_possible: Callable[[], bool] = lambda: True


def _kill_child(ground: Ground, time_no: int) -> None:
    children = psutil.Process(ground.tree.pid("worker")).children()
    children[time_no % len(children)].kill()


def _kill_worker(ground: Ground, _time_no: int) -> None:
    """As a power cut or an OOM killer that takes the whole group does: nobody gets to say a word."""
    parent = psutil.Process(ground.tree.pid("worker"))
    family = [parent, *parent.children(recursive=True)]
    # Stopped first, for a child that sees its parent die would say goodbye.
    for one in family:
        one.suspend()
    for one in family:
        one.kill()


def _kill_parent(ground: Ground, _time_no: int) -> None:
    os.kill(ground.tree.pid("worker"), signal.SIGKILL)


def _kill_beat(ground: Ground, _time_no: int) -> None:
    os.kill(ground.tree.pid("beat"), signal.SIGKILL)


def _replace_redis(ground: Ground, _time_no: int) -> None:
    ground.replace_redis()


def _empty_redis(ground: Ground, _time_no: int) -> None:
    ground.empty_redis()


def _empty_redis_and_kill_worker(ground: Ground, time_no: int) -> None:
    ground.empty_redis()
    _kill_worker(ground, time_no)


def _restart_postgresql(ground: Ground, _time_no: int) -> None:
    ground.restart_postgresql()


def _terminate_worker(ground: Ground, _time_no: int) -> None:
    """As a deployment does: what is on the wire is finished, the rest is given back."""
    pid = ground.tree.pid("worker")
    os.kill(pid, signal.SIGTERM)
    ground.wait(lambda: ground.tree.pid("worker") != pid, "the worker ends and is started again", DRAIN_S)


def _misbehave(ground: Ground, time_no: int, misdeeds: tuple[Misdeed, ...]) -> None:
    ground.sink.misbehave(misdeeds, seed=time_no, hang_s=REPLY_S + AWAY_S)


def _behave(ground: Ground) -> None:
    ground.sink.misbehave([])


def _sink(name: str, *misdeeds: Misdeed) -> Fault:
    return Fault(name, partial(_misbehave, misdeeds=misdeeds), ease=_behave)


_REFUSALS: Final = tuple(
    Misdeed(place, what, TENTH / 12)
    for place in (Place.RCPT, Place.DATA, Place.DOT)
    for what in (What.R421, What.R450, What.R452, What.R550)
)
"""A tenth of all letters meets one of them."""

FAULTS: Final = (
    Fault("kill -9: worker and its children", _kill_worker, is_kill=True, doubles=True),
    Fault("kill -9: worker, Redis emptied", _empty_redis_and_kill_worker, is_kill=True, doubles=True),
    Fault("kill -9: one worker child", _kill_child, is_kill=True, doubles=True),
    Fault("kill -9: worker parent alone", _kill_parent, is_kill=True, doubles=True),
    _sink(
        "sink: hangs before the 354 (1 %)",
        Misdeed(Place.RCPT, What.HANG, TENTH / 20),
        Misdeed(Place.DATA, What.HANG, TENTH / 20),
    ),
    _sink("sink: hangs before the 250 (1 %)", Misdeed(Place.DOT, What.HANG, TENTH / 10)),
    _sink("sink: 421, 450, 452, 550 (10 %)", *_REFUSALS),
    _sink("sink: drops before the 354 (10 %)", Misdeed(Place.DATA, What.DROP, TENTH)),
    _sink("sink: drops in the midst of a letter (10 %)", Misdeed(Place.CONTENT, What.DROP, TENTH)),
    _sink("sink: drops before the 250 (10 %)", Misdeed(Place.DOT, What.DROP, TENTH)),
    Fault("PostgreSQL restarted", _restart_postgresql, is_kill=True, is_possible=is_own_postgresql),
    Fault("Redis killed, back empty", _replace_redis, is_kill=True, is_possible=is_own_redis),
    Fault("Redis: FLUSHALL", _empty_redis),
    Fault("kill -9: beat", _kill_beat, is_kill=True),
    Fault("SIGTERM: worker", _terminate_worker),
)
"""Those that take longest come first, for several may be tried side by side."""

SPELL_S: Final = 5.0
"""How long a sink misbehaves at a time, at the most."""
