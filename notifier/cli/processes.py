"""Commands that run processes: demo, run, serve, worker, beat; and migrate, which readies their database."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer
from rich.live import Live

from notifier import assembly, clock, dkim_keys, migrate, settings, upkeep
from notifier.cli import database
from notifier.cli.words import FAILED, console, console_err, refuse
from notifier.embedded.demo import show
from notifier.embedded.demo.stage import Demo
from notifier.embedded.station import Plan, Station, StationError
from notifier.embedded.valkey import ValkeyMissingError
from notifier.processes import beat_argv, worker_argv

SMOKE_S: Final = 60.0
_FRAME_S: Final = 0.25

Port = Annotated[int, typer.Option(min=1, max=65535, help="If it is taken, the next free one is used, and said.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Data = Annotated[Path, typer.Option("--data", help="Folder for the database, Valkey's data and the secret.")]
Concurrency = Annotated[int, typer.Option("--concurrency", "-c", min=1, help="Worker processes.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (demo, run, serve, worker, beat):
        app.command()(command)
    app.command("migrate")(migrate_)
    app.command()(sweep)


def demo(
    smoke: Annotated[bool, typer.Option("--smoke", help="Run the story once, print what arrived, and end.")] = False,
    port: Port = 8000,
) -> None:
    """Try the whole product: a sample newspaper, its readers, and an inbox to look into.

    Everything runs on this machine in a folder that is deleted at the end. No letter leaves it.
    """
    _end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="notifier-demo-") as folder:
        try:
            with Demo(Path(folder), port, console.print) as running:
                is_fine = _smoke(running) if smoke else _show(running)
        except (StationError, ValkeyMissingError) as fault:
            _print_logs(Path(folder))
            refuse(str(fault), FAILED)
        except KeyboardInterrupt:
            is_fine = not smoke
    raise typer.Exit(0 if is_fine else FAILED)


def run(data: Data, host: Host = "127.0.0.1", port: Port = 8000, concurrency: Concurrency = 2) -> None:
    """Run a small site for real on this machine: embedded Valkey, SQLite, web, worker and beat.

    Everything that must last is in the data folder. Letters leave by the SMTP account of the settings.
    """
    _end_on_sigterm()
    try:
        with Station(Plan(data, host, port, concurrency), console.print) as station:
            station.prepare()
            dkim_keys.load(settings.of(station.env).dkim_folder)
            station.start()
            console.print(f"notifier runs at {station.url}; its data is in {data}. Ctrl-C ends it.")
            while True:
                station.tree.watch()
                time.sleep(_FRAME_S)
    except (StationError, ValkeyMissingError) as fault:
        refuse(str(fault), FAILED)
    except KeyboardInterrupt:
        console.print("ended")


def serve(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    listener: Annotated[int | None, typer.Option(help="A file descriptor that listens already.", hidden=True)] = None,
) -> None:
    """Run the web process: the API, the readers' pages, health and metrics."""
    _check_settings()
    from notifier.web import serving  # noqa: PLC0415 - half a second that no other command needs

    serving.serve(host, port, listener)


def worker(concurrency: Concurrency = 2, name: str = "worker") -> None:
    """Run a worker: it plans, renders and sends. Several are welcome, on several machines."""
    _check_settings()
    os.execv(sys.executable, worker_argv(concurrency, name))  # noqa: S606 - our own command, no shell


def beat() -> None:
    """Run the scheduler. Two are harmless: one at a time holds the lease."""
    dkim_keys.load(settings.current().dkim_folder)
    os.execv(sys.executable, beat_argv())  # noqa: S606 - our own command, no shell


def migrate_() -> None:
    """Bring the database to this version. Safe to repeat; run it before the new version's processes."""
    url = settings.current().database_url
    migrate.upgrade(url)
    console.print(f"the database is at {migrate.current(url)}")


def sweep(
    drain: Annotated[
        bool, typer.Option("--drain", help="Do all that is due here and now, even without Redis.")
    ] = False,
) -> None:
    """Find what is unfinished for too long and nudge it again; beat does this by itself."""
    parts = assembly.parts()
    report = upkeep.drain(parts, clock.now) if drain else upkeep.sweep(parts, clock.now())
    done = "done here" if drain else "nudged"
    console.print(f"{report.nudged} {done}, {report.taken_back} taken back, {report.expired} expired")


def _check_settings() -> None:
    """Whatever would stop the processes behind this command, said before they start."""
    knobs = settings.current()
    database.check(knobs.database_url)
    dkim_keys.load(knobs.dkim_folder)


def _smoke(running: Demo) -> bool:
    console.print(f"ready after {running.ready_after_s:.1f} s; the story takes about half a minute")
    end = time.monotonic() + SMOKE_S
    while not running.is_settled and time.monotonic() < end:
        running.watch()
        time.sleep(_FRAME_S)
    show.summary(running, console)
    if not running.is_settled:
        console_err.print("[red]not every letter arrived[/]")
        _print_logs(running.folder)
    return running.is_settled


def _show(running: Demo) -> bool:
    if not console.is_terminal:
        _tell(running)
    with Live(console=console, refresh_per_second=4) as live:
        while True:
            running.watch()
            live.update(show.screen(running))
            time.sleep(_FRAME_S)


def _tell(running: Demo) -> NoReturn:
    """Where no picture can be redrawn: where to click, and a line for each thing that happens."""
    console.print(show.places(running))
    told = ""
    while True:
        running.watch()
        if (line := show.line(running)) != told:
            told = line
            console.print(line, highlight=False)
        time.sleep(_FRAME_S)


def _print_logs(folder: Path) -> None:
    for path in sorted(folder.glob("*.log")):
        if path.stat().st_size:
            console_err.rule(path.name)
            console_err.print(path.read_text(errors="replace")[-4000:], markup=False)


def _end_on_sigterm() -> None:
    """SIGTERM ends a tree as Ctrl-C does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
