"""What is tidied up from time to time: acts of which none may keep the others, or the letters, waiting."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from notifier import announcing, archive, calling, imports, observe, tally, traces
from notifier.consent import addresses, mutes, pending, signing_in, vetoes
from notifier.feedback import hooks
from notifier.parts import Parts
from notifier.stages import record

_log = observe.log(__name__)


class Chores:
    """Acts that each fail by themselves: one that raises is logged, and the next one is done all the same."""

    def __init__(self) -> None:
        self._faults: list[Exception] = []

    def do(self, act: Callable[..., object], *given: object, name: str = "") -> bool:
        """Do this; whether it was done."""
        try:
            act(*given)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the others have nothing to do with it
            # By its kind alone: its words may hold what no log may.
            _log.error("chore_failed", chore=name or getattr(act, "__name__", ""), fault=type(fault).__name__)
            self._faults.append(fault)
            return False
        return True

    def end(self) -> None:
        """Raise the first fault, now that everything was tried."""
        if self._faults:
            raise self._faults[0]


_TIDYING: Final[Mapping[str, Callable[[Session, Parts, datetime], object]]] = {
    "pending": lambda session, parts, now: pending.purge(session, now - timedelta(days=parts.settings.pending_days)),
    "sign_ins": lambda session, _parts, now: signing_in.purge(session, now),
    "vetoes": lambda session, _parts, now: vetoes.purge(session, now),
    "mutes": lambda session, _parts, now: mutes.end_passing(session, now),
    "early_bounces": lambda session, _parts, now: record.bounce_early(session, now),
    "hooks": lambda session, _parts, now: hooks.purge(session, now),
    "calls": lambda session, _parts, now: calling.purge(session, now),
    "announcements": lambda session, _parts, now: announcing.purge(session, now),
    "imports": lambda session, _parts, now: imports.forget_idle(session, now),
    "tallies": lambda session, _parts, _now: tally.squeeze(session),
    "archive": lambda session, parts, now: archive.file_sent(session, now, parts.settings.digest_items_max),
    "addresses": lambda session, _parts, now: addresses.shorten(session, now),
    "traces": lambda session, parts, now: traces.forget_old(session, parts.settings.traces_days, now),
}


def tidy(parts: Parts, now: datetime, chores: Chores) -> None:
    """Forget, shorten and file what has had its time, each in a transaction of its own."""
    for name, act in _TIDYING.items():
        chores.do(_alone, parts, act, now, name=name)


def _alone(parts: Parts, act: Callable[[Session, Parts, datetime], object], now: datetime) -> None:
    with parts.db.writing() as session:
        act(session, parts, now)
