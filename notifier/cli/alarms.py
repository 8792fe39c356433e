"""Commands about alarms, and the keys that providers sign with."""

from typing import Annotated

import typer

from notifier import assembly, clock
from notifier.alarms import let_go_on
from notifier.cli.words import FAILED, console, moment, refuse
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.webhook import secret_text
from notifier.feedback import alarms
from notifier.mailroom import providers
from notifier.models import Alarm
from notifier.parts import Parts

alarms_app = typer.Typer(no_args_is_help=True, help="What came back says that something is wrong with us.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(alarms_app, name="alarms")


@alarms_app.command("list")
def alarms_list() -> None:
    """The open ones, and until when what they are about is halted."""
    say_alarms(assembly.parts())


@alarms_app.command("end")
def alarms_end(
    number: Annotated[int, typer.Argument(help="As `notifier alarms list` shows it.")],
    reason: Annotated[str, typer.Option(help="What was put right; it is kept.")],
) -> None:
    """End an alarm, and let what it had halted go on."""
    try:
        let_go_on(assembly.parts(), None, number, reason, Actor(COMMAND_LINE), clock.now())
    except LookupError:
        refuse("there is no open alarm of this number", FAILED)
    except ValueError:
        refuse("say what was put right", FAILED)
    console.print("ended")


@alarms_app.command("key")
def alarms_key() -> None:
    """The key that signs POST /api/v1/feedback/generic (docs/feedback.md)."""
    typer.echo(secret_text(providers.key_of(assembly.parts())))


def say_alarms(parts: Parts) -> None:
    """Each open alarm on a line."""
    with parts.db.reading() as session:
        found = alarms.open_alarms(session)
    for one in found:
        console.print(f"alarm {one.id}: {_said(one)}", highlight=False)


def told(parts: Parts) -> list[dict[str, object]]:
    """The same for scripts."""
    names = ("id", "about", "count", "detail", "raised_at", "last_at", "halted_until")
    with parts.db.reading() as session:
        return [{name: getattr(one, name) for name in names} for one in alarms.open_alarms(session)]


def _said(one: Alarm) -> str:
    kind, _, which = one.about.partition(":")
    what = "refused by policy through account" if kind == "account" else "complaints about stream"
    halted = f"; halted until {moment(one.halted_until)}" if one.halted_until else ""
    return f"{one.count} {what} {which} since {moment(one.raised_at)}, the last {one.detail}{halted}"
