"""Commands about webhooks out: who is told, with which secret, and what became of each call."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from notifier import assembly, clock, endpoints
from notifier.cli.words import FAILED, SiteOption, as_json, console, moment, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.desk.people import DeskError
from notifier.domain.calls import OFFERED
from notifier.endpoints import NewEndpoint, Office
from notifier.models import Endpoint
from notifier.parts import Parts

webhook_app = typer.Typer(no_args_is_help=True, help="Programs that are told what happens here.")
Id = Annotated[int, typer.Argument(help="Its number, as `notifier webhooks list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Given = TypeVar("Given")
_SENTENCES = {
    "endpoint_bad_url": "this is no web address: it begins with https://",
    "endpoint_no_events": f"name events with --event: {', '.join(OFFERED)}",
    "endpoint_too_many": "twenty is the most: remove one first",
}
_SHOWN = (
    "id", "url", "events", "with_address", "created_at", "failing_since", "disabled_at", "disabled_because",
)  # fmt: skip
_CALL = ("id", "event", "data", "state", "attempts", "status", "fault", "created_at", "tried_at", "finished_at")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(webhook_app, name="webhooks")


@webhook_app.command("list")
def list_(json_: AsJson = False, site: SiteOption = "") -> None:
    """Every endpoint, and how it is."""
    parts, office = _office(site)
    with parts.db.reading() as session:
        rows = endpoints.of_site(session, office.site_id)
    if json_:
        as_json([_fields(one, _SHOWN) for one in rows])
        return
    table = Table("id", "url", "state", "events", "reads")
    for one in rows:
        table.add_row(str(one.id), one.url, _state(one), ", ".join(one.events), "addresses" * one.with_address)
    console.print(table)


@webhook_app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where it is told, better https://.")],
    event: Annotated[list[str] | None, typer.Option("--event", "-e", help="Repeatable; without any, all.")] = None,
    with_address: Annotated[
        bool, typer.Option("--with-address", help="Tell it the readers' addresses, not only their hashes.")
    ] = False,
    site: SiteOption = "",
) -> None:
    """Add an endpoint; its secret is shown once."""
    if unknown := set(event or ()) - set(OFFERED):
        refuse(f"there is no event {', '.join(sorted(unknown))}; there are {', '.join(OFFERED)}")
    _, office = _office(site)
    made, secret = _told(lambda: office.add(NewEndpoint(url, tuple(event or OFFERED), with_address)))
    console.print(f"webhook {made}. Its secret, shown only now:\n{secret}", highlight=False, soft_wrap=True)


@webhook_app.command()
def rotate(webhook: Id, site: SiteOption = "") -> None:
    """Change its secret; for a day calls are signed by the old one as well."""
    secret = _told(lambda: _office(site)[1].rotate(webhook))
    console.print(f"The new secret, shown only now:\n{secret}", highlight=False, soft_wrap=True)


@webhook_app.command()
def pause(webhook: Id, site: SiteOption = "") -> None:
    """Tell it no more."""
    _told(lambda: _office(site)[1].switch(webhook, is_on=False))
    console.print("paused")


@webhook_app.command()
def resume(webhook: Id, site: SiteOption = "") -> None:
    """Tell it again, and what still waits for it."""
    _told(lambda: _office(site)[1].switch(webhook, is_on=True))
    console.print("told again")


@webhook_app.command()
def remove(webhook: Id, site: SiteOption = "") -> None:
    """Forget it, and its log with it."""
    _told(lambda: _office(site)[1].remove(webhook))
    console.print("removed")


@webhook_app.command("test")
def ping(webhook: Id, site: SiteOption = "") -> None:
    """Call it with nothing but a greeting; the log tells what it answered."""
    _told(lambda: _office(site)[1].test(webhook))
    console.print(f"on its way: `notifier webhooks log {webhook}` tells what it answers")


@webhook_app.command()
def log(
    webhook: Id,
    before: Annotated[int, typer.Option(help="Go on below this call.")] = 0,
    json_: AsJson = False,
    site: SiteOption = "",
) -> None:
    """Its calls, the newest first, fifty at once."""
    parts, office = _office(site)
    with parts.db.reading() as session:
        _told(lambda: endpoints.one(session, office.site_id, webhook))
        calls = endpoints.log(session, webhook, before)
    if json_:
        as_json([_fields(one, _CALL) for one in calls])
        return
    table = Table("call", "at", "event", "state", "answer", "tries")
    for one in calls:
        answer = str(one.status or one.fault)
        table.add_row(str(one.id), moment(one.created_at), one.event, one.state.value, answer, str(one.attempts))
    console.print(table)


@webhook_app.command()
def redeliver(
    webhook: Id, call: Annotated[int, typer.Argument(help="As the log tells.")], site: SiteOption = ""
) -> None:
    """Make a call once more, under its old id."""
    if not _told(lambda: _office(site)[1].send_again(webhook, call)):
        refuse(f"there is no call {call} that has ended", FAILED)
    console.print("on its way")


def _office(site: str) -> tuple[Parts, Office]:
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    return parts, Office(parts, site_id, Actor(COMMAND_LINE), clock.now())


def _state(one: Endpoint) -> str:
    if one.disabled_at:
        return f"off ({one.disabled_because})"
    return f"takes nothing since {moment(one.failing_since)}" if one.failing_since else "well"


def _fields(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _told(act: Callable[[], Given]) -> Given:
    """Do it, or say in one line why not."""
    try:
        return act()
    except LookupError:
        refuse("there is no such webhook", FAILED)
    except DeskError as refusal:
        refuse(_SENTENCES.get(refusal.key, refusal.key))
