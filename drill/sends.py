"""One send with one fault in it, as often as wanted, and what came of it."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drill.books import Verdict, is_settled, judge
from drill.faults import SPELL_S, Fault
from drill.ground import Ground, TooSlow
from drill.readers import addresses, publish

LOG_CHARACTERS: Final = 3000


class Stage(StrEnum):
    """How far a send is."""

    WAITING = "waiting"
    SENDING = "sending"
    BROKEN = "broken"
    SETTLING = "settling"
    DONE = "done"
    IMPOSSIBLE = "not ours to break"


@dataclass(slots=True)
class Row:
    """What the table shows of one fault."""

    fault: Fault
    stage: Stage = Stage.WAITING
    arrived: int = 0
    strikes: int = 0
    connections: int = 0
    """Open at the moments it struck, all together."""
    struck: dict[str, int] = field(default_factory=dict)
    """What the sink did wrong, how often."""
    verdict: Verdict | None = None
    seconds: float = 0.0
    trouble: str = ""
    """Why it did not end as it should."""

    @property
    def may_double(self) -> int:
        """How many letters may have gone out twice."""
        return self.connections if self.fault.doubles else 0

    @property
    def is_kept(self) -> bool:
        """Whether the promise held; what could not be tried breaks none."""
        if self.stage is Stage.IMPOSSIBLE:
            return True
        found = self.verdict
        if found is None or self.trouble:
            return False
        return found.balanced and not found.lost and found.doubled <= self.may_double


def send_through(ground: Ground, row: Row, number: int) -> None:
    """Publish a story, let the fault strike in mid-send, wait until nothing is open, and judge."""
    begun = time.monotonic()
    ground.sink.forget()
    item_id = publish(ground.parts, ground.site_id, f"story-{number}")
    row.stage = Stage.SENDING
    try:
        for time_no in range(ground.size.times):
            _strike(ground, row, time_no)
        row.stage = Stage.SETTLING
        ground.wait(lambda: _is_over(ground, row, item_id), "nothing is open", ground.size.patience_s)
    except TooSlow as slow:
        row.trouble = f"{slow}\n{_logs(ground)}"
    row.seconds = time.monotonic() - begun
    row.struck = ground.sink.report()["struck"]
    row.verdict = judge(ground.parts, item_id, addresses(ground.parts), ground.sink.recipients())
    if row.fault.ease and not row.struck:
        row.trouble = row.trouble or "the sink never had the occasion"
    row.stage = Stage.DONE


def _strike(ground: Ground, row: Row, time_no: int) -> None:
    """Wait for this time's share of the letters and for a connection to break; then break, and let it last."""
    step = ground.size.letters // (2 * ground.size.times + 2)
    _until_come(ground, row, (2 * time_no + 1) * step)
    row.connections += ground.sink.connections()
    row.stage = Stage.BROKEN
    row.fault.strike(ground, time_no)
    row.strikes += 1
    if row.fault.ease:
        _spell(ground, row, (2 * time_no + 2) * step)
        row.fault.ease(ground)
    row.stage = Stage.SENDING


def _until_come(ground: Ground, row: Row, letters: int) -> None:
    def has_come() -> bool:
        row.arrived = ground.sink.letters()
        return row.arrived >= letters and ground.sink.connections() > 0

    ground.wait(has_come, f"{letters} letters", ground.size.patience_s)
    if row.arrived >= ground.size.letters:
        raise TooSlow("too late to break anything: all letters had come")


def _spell(ground: Ground, row: Row, letters: int) -> None:
    """Let it last until so many letters came in spite of it, or its time is over."""
    end = time.monotonic() + SPELL_S

    def is_over() -> bool:
        row.arrived = ground.sink.letters()
        return row.arrived >= letters or time.monotonic() > end

    ground.wait(is_over, "the spell is over", 2 * SPELL_S)


def _is_over(ground: Ground, row: Row, item_id: int) -> bool:
    row.arrived = ground.sink.letters()
    return is_settled(ground.parts, item_id, ground.size.letters)


def _logs(ground: Ground) -> str:
    paths = sorted(ground.folder.glob("*.log"))
    return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-LOG_CHARACTERS:]}" for path in paths)
