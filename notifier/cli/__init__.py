"""The command line: `notifier --help` teaches it."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from notifier import __version__, settings
from notifier.cli import (
    alarms,
    charts,
    corrections,
    data,
    database,
    digests,
    dkim,
    doctor,
    drill,
    gallery,
    issue_edit,
    issues,
    keys,
    letters,
    mail_in,
    processes,
    retrying,
    sources,
    subscribers,
    suppressions,
    takeover,
    templates,
    tracking,
    users,
    webhooks,
)
from notifier.cli.words import FAILED, MISUSED, console_err, refuse, say_error
from notifier.db import DatabaseUrlError
from notifier.dkim_keys import DkimFolderError

app = typer.Typer(
    name="notifier",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Self-hosted, right-to-left newsletters and comment notifications.\n\n"
    "Try it with `notifier demo`; run a small site with `notifier run --data DIR`; "
    "the README tells how to run the parts one by one.",
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"notifier {__version__}")
        raise typer.Exit


@app.callback()
def choose_folder(
    folder: Annotated[
        Path | None,
        typer.Option("--data", envvar="NOTIFIER_DATA", help="Speak to the site that `notifier run --data` runs there."),
    ] = None,
    is_version_asked: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version, and nothing else."),
    ] = False,
) -> None:
    """Take over the settings of a data folder before any command looks at them."""
    del is_version_asked  # told already
    if folder is None:
        return
    try:
        settings.adopt(folder)
    except OSError:
        refuse(f"no site has run in {folder} yet: start it with `notifier run --data {folder}`")


processes.add_to(app)
data.add_to(app)
keys.add_to(app)
webhooks.add_to(app)
templates.add_to(app)
sources.add_to(app)
subscribers.add_to(app)
suppressions.add_to(subscribers.subscribers_app)
takeover.add_to(app)
users.add_to(app)
letters.add_to(app)
retrying.add_to(app)
corrections.add_to(app)
mail_in.add_to(app)
issues.add_to(app)
issue_edit.add_to(app)
digests.add_to(app)
alarms.add_to(app)
charts.add_to(app)
gallery.add_to(app)
dkim.add_to(app)
doctor.add_to(app)
drill.add_to(app)
tracking.add_to(app)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 failed, 2 misused (a wrong option, setting or value)."""
    try:
        app()
    except ValidationError as wrong:
        for fault in wrong.errors():
            knob = (
                " ".join([f"NOTIFIER_{fault['loc'][0]}".upper(), *map(str, fault["loc"][1:])]) if fault["loc"] else ""
            )
            console_err.print(f"[red]{knob or 'settings'}[/]: {fault['msg']}", highlight=False)
        console_err.print("`notifier settings` tells every knob.")
        sys.exit(MISUSED)
    except DkimFolderError as fault:
        say_error(str(fault))
        sys.exit(MISUSED)
    except (SQLAlchemyError, DatabaseUrlError) as fault:
        sentence = database.explained(fault)
        if sentence is None:
            raise
        say_error(sentence)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(FAILED)
