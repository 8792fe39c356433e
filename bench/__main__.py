"""Run every measurement, print a table, and write bench/results.json: `python -m bench [--quick]`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.machine import facts
from bench.promises import PROMISES, Verdict

SCRIPTS: Final = (
    "plan", "send", "rtt", "latency", "pace", "cost", "signing", "threads", "signup", "events", "imports", "desk",
)  # fmt: skip
RESULTS: Final = Path(__file__).parent / "results.json"
QUICK_S, FULL_S = 180, 1800
GOODBYE_S: Final = 30
SERVERS: Final = ("postgresql", "valkey")


def main(arguments: list[str]) -> int:
    """Run the scripts one after the other, each in time; gives 1 when one of them failed or missed a promise."""
    console, machine = Console(), facts()
    results: dict[str, dict[str, Any] | None] = {}
    for script in SCRIPTS:
        console.print(f"{script} …", style="dim")
        figures = run(script, arguments)
        results[script] = figures
        for server in SERVERS:
            if figures and server in figures:
                machine[server] = figures.pop(server)
    is_quick = bool(arguments)
    # A small run keeps no promise and breaks none.
    kept = {} if is_quick else {one.words: one.judge(results).value for one in PROMISES}
    told = {"machine": machine, "is_quick": is_quick, **results, "promises": kept}
    RESULTS.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    console.print(table("machine", machine))
    for script, figures in results.items():
        console.print(table(script, figures or {"failed": "see above"}))
    console.print(table("promises", kept))
    return int(None in results.values() or Verdict.MISSED in kept.values())


def run(script: str, arguments: list[str]) -> dict[str, Any] | None:
    """The JSON object on the last line of a script; None where it failed or took too long."""
    seconds = QUICK_S if "--quick" in arguments else FULL_S
    argv = [sys.executable, "-m", f"bench.{script}", *arguments]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603 - our own
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException as fault:
        end(process)
        if isinstance(fault, subprocess.TimeoutExpired):
            return None
        raise
    lines = output.strip().splitlines()
    return json.loads(lines[-1]) if process.returncode == 0 and lines else None


def end(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C would, so that it ends what it started; by force when it does not listen."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GOODBYE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def table(title: str, figures: dict[str, Any]) -> Table:
    """One figure a line."""
    made = Table("figure", "value", title=title, title_justify="left", show_header=False, min_width=60)
    for name, value in figures.items():
        rows = value.items() if isinstance(value, dict) else [(name, value)]
        for label, one in rows:
            made.add_row(label, "–" if one is None else f"{one:,}" if type(one) in {int, float} else str(one))
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
