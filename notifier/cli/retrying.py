"""The command that gives failed letters another chance: `notifier retry`, of all, of one send, or of some alone."""

from typing import Annotated

import typer

from notifier import assembly, clock, deliveries
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.deliveries import Chosen
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.words import Reason
from notifier.parts import Parts
from notifier.stages import sends
from notifier.stages.sends import Send, SendKey


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(retry)


def retry(
    letters: Annotated[
        list[int] | None, typer.Argument(help="Only these, by the numbers that `notifier why` shows.")
    ] = None,
    send: Annotated[str, typer.Option(help="Only those of one send: digest:12, alert:7, issue:3, correction:2.")] = "",
    reason: Annotated[Reason | None, typer.Option(help="Only those that failed for this reason.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --send: only say how many would leave.")] = False,
    site: SiteOption = "",
) -> None:
    """Queue failed letters again, as long as they are still news. The sweep sends them within seconds."""
    if dry_run and not send:
        refuse("--dry-run counts the letters of one send: name it with --send")
    parts, by, now = assembly.parts(), Actor(COMMAND_LINE), clock.now()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    ids = tuple(sorted(set(letters))) if letters else None
    if not send:
        count = deliveries.retry_failed(parts, site_id, ids, reason, by, now)
    else:
        chosen = Chosen(_send(parts, site_id, send), ids, reason)
        if dry_run:
            with parts.db.reading() as session:
                console.print(f"{deliveries.retriable(session, site_id, chosen, now):,} would be queued again")
            return
        count = deliveries.retry(parts, site_id, chosen, by, now)
    console.print(f"{count} queued again")


def _send(parts: Parts, site_id: int, name: str) -> Send:
    key = SendKey.of(name.replace(":", "-"))
    if key is None:
        refuse(f"{name!r} names no send: write it as digest:12, or reply:2026-11-23")
    with parts.db.reading() as session:
        found = sends.find(session, site_id, key)
    if found is None:
        refuse(f"there is no send {name}", FAILED)
    return found
