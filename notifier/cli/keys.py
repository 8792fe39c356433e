"""Commands about API keys: list, make with scopes, replace, revoke."""

from typing import Annotated

import typer
from rich.table import Table

from notifier import api_keys, assembly, clock
from notifier.cli.words import SiteOption, as_json, console, console_err, moment, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.desk.people import DeskError
from notifier.domain.desk_words import USUAL, Permission

key_app = typer.Typer(no_args_is_help=True, help="API keys.")
_SENTENCES = {
    "key_bad_name": "say what the key is for, in 1 to 100 characters",
    "key_is_over": "this key is revoked or was replaced already",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(key_app, name="keys")
    app.add_typer(key_app, name="key", hidden=True)  # As it was called first.


@key_app.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[Permission] | None,
        typer.Option("--scope", help="What it may; repeatable. Without any: items and issues, not readers or set-up."),
    ] = None,
    site: SiteOption = "",
) -> None:
    """Make another API key; it is shown once."""
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        made = api_keys.make(parts, site_id, name, scope or USUAL, Actor(COMMAND_LINE), clock.now())
    except DeskError as refusal:
        refuse(_SENTENCES.get(refusal.key, refusal.key))
    console.print(made.key, highlight=False)


@key_app.command("list")
def key_list(
    json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    site: SiteOption = "",
) -> None:
    """Every API key, and when it was last used; not the keys themselves, for only their hashes are kept."""
    with assembly.parts().db.reading() as session:
        keys = api_keys.of_site(session, the_site(session, site).id)
    if json_:
        names = ("id", "name", "scopes", "created_at", "last_used_at", "revoked_at", "ends_at")
        as_json([{name: getattr(one, name) for name in names} for one in keys])
        return
    table = Table("id", "name", "may", "made", "last used", "revoked", "ends")
    for one in keys:
        moments = (moment(at) for at in (one.created_at, one.last_used_at, one.revoked_at, one.ends_at))
        table.add_row(str(one.id), one.name, ", ".join(one.scopes), *moments)
    console.print(table)


@key_app.command("replace")
def key_replace(
    key_id: Annotated[int, typer.Argument(help="As `notifier keys list` tells.")], site: SiteOption = ""
) -> None:
    """Make a key of the same name that may the same; it is shown once, and the old one works for 24 hours more."""
    parts, now = assembly.parts(), clock.now()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        made = api_keys.replace(parts, site_id, key_id, Actor(COMMAND_LINE), now)
    except LookupError:
        refuse(f"there is no key {key_id}")
    except DeskError as refusal:
        refuse(_SENTENCES.get(refusal.key, refusal.key))
    console.print(made.key, highlight=False)
    console_err.print(f"key {made.id}; key {key_id} works until {moment(now + api_keys.OVERLAP)}", highlight=False)


@key_app.command("revoke")
def key_revoke(
    key_id: Annotated[int, typer.Argument(help="As `notifier keys list` tells.")], site: SiteOption = ""
) -> None:
    """Refuse a key from now on, for ever; doing it twice changes nothing more."""
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        api_keys.revoke(parts, site_id, key_id, Actor(COMMAND_LINE), clock.now())
    except LookupError:
        refuse(f"there is no key {key_id}")
    console.print(f"key {key_id} is revoked")
