"""Run the drill: `python -m drill [--quick]`; it ends with 1 when a promise is broken."""

import argparse
import contextlib
import json
import queue
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from bench.machine import facts
from drill.faults import FAULTS
from drill.ground import Ground, Size, Stopped, prepared
from drill.sends import Row, Stage, send_through
from drill.table import figures, markdown, shown, write
from notifier import observe

QUICK: Final = Size(400, 1, {"send_rate_per_s": "250", "send_burst": "25", "chunk_size": "50"}, patience_s=60)
"""So slow that there is time to break something."""
FULL: Final = Size(50_000, 5)
QUICK_TRACKS: Final = 3
POLL_S: Final = 0.25
CALLED_OFF: Final = 130
"""As a shell says of what Ctrl-C ended."""
PIPED_COLUMNS: Final = 160


def main(arguments: list[str]) -> int:
    """Try every fault, show how it goes, and say what came of it in one JSON object."""
    given = _options(arguments)
    observe.set_up_logs("console", "error")
    rows = [Row(fault) for fault in FAULTS if given.only.casefold() in fault.name.casefold()]
    console = Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS)
    machine = facts()
    try:
        _run(rows, _size(given), given.tracks or (QUICK_TRACKS if given.quick else 1), console)
    except KeyboardInterrupt:
        return CALLED_OFF
    console.print()  # Live ends within its last line where there is no terminal.
    for row in rows:
        if row.trouble:
            console.print(f"{row.fault.name}: {row.trouble}", style="red", markup=False)
    found = figures(rows)
    if given.table:
        write(given.table, markdown(rows, _where(machine, _size(given))))
    print(json.dumps({**found, "machine": machine}, ensure_ascii=False), flush=True)
    return int(not found["kept"])


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="notifier drill", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.letters} letters a fault, each once, in a minute")
    parser.add_argument("--letters", type=int, help=f"so many a fault; otherwise {FULL.letters:,}")
    parser.add_argument("--times", type=int, help=f"how often each strikes; otherwise {FULL.times}")
    parser.add_argument("--only", default="", help="the faults whose names hold these words")
    parser.add_argument("--tracks", type=int, help="so many sends side by side, each with servers of its own")
    parser.add_argument("--table", type=Path, help="a Markdown file with the marks for the table")
    return parser.parse_args(arguments)


def _size(given: argparse.Namespace) -> Size:
    usual = QUICK if given.quick else FULL
    return Size(given.letters or usual.letters, given.times or usual.times, usual.knobs, usual.patience_s)


def _run(rows: Sequence[Row], size: Size, tracks: int, console: Console) -> None:
    """Share the faults out to the tracks and look on; Ctrl-C calls all of it off."""
    todo: queue.SimpleQueue[tuple[int, Row]] = queue.SimpleQueue()
    for number, row in enumerate(rows):
        if row.fault.is_possible():
            todo.put((number, row))
        else:
            row.stage = Stage.IMPOSSIBLE
    is_off = threading.Event()
    with ThreadPoolExecutor(tracks) as pool, Live(console=console, get_renderable=lambda: shown(rows)) as live:
        at_work = [pool.submit(_track, number, todo, size, is_off) for number in range(min(tracks, len(rows)))]
        try:
            _look_on(at_work, live, rows)
        finally:
            is_off.set()


def _look_on(at_work: Sequence[Future[None]], live: Live, rows: Sequence[Row]) -> None:
    told: list[Row] = []
    while not all(one.done() for one in at_work):
        time.sleep(POLL_S)
        live.refresh()
        if not live.console.is_terminal:
            # A log has no table that changes: a line for each fault, as it is through.
            for row in [row for row in rows if row.stage is Stage.DONE and row not in told]:
                told.append(row)
                live.console.print(f"{row.fault.name}: {'kept' if row.is_kept else 'BROKEN'}, {row.seconds:.0f} s")
    for one in at_work:
        one.result()


def _track(number: int, todo: "queue.SimpleQueue[tuple[int, Row]]", size: Size, is_off: threading.Event) -> None:
    """One set of servers, one send after the other. Its thread lives as long as what it started."""
    with contextlib.suppress(queue.Empty, Stopped):
        while not todo.empty():
            with prepared(size, number, is_off.is_set) as ground:
                row = _next(ground, todo)
                # What a send left open would be counted with the next one's.
                while not row.trouble:
                    row = _next(ground, todo)


def _next(ground: Ground, todo: "queue.SimpleQueue[tuple[int, Row]]") -> Row:
    number, row = todo.get_nowait()
    send_through(ground, row, number)
    return row


def _where(machine: dict[str, object], size: Size) -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['cpu']}, "
        f"Python {machine['python']}, load {machine['load_before']} before it began; "
        f"{size.letters:,} letters and {size.times} strikes a fault."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
