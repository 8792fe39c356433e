"""The command that takes mail in, and the one that says where readers' replies go."""

import threading
from contextlib import ExitStack
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from notifier import assembly, clock, observe
from notifier.cli import database
from notifier.cli.data import site_app
from notifier.cli.words import SiteOption, console, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.webhook import secret_text
from notifier.domain.weburl import web_url
from notifier.mailroom import handing, hook
from notifier.mailroom.imap import MailboxError, empty
from notifier.mailroom.lmtp import LmtpServer
from notifier.parts import Parts
from notifier.sites import SiteChange, amend_site

_log = observe.log(__name__)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(inbound)
    site_app.command("replies")(site_replies)


def inbound(
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the key that signs POST /api/v1/inbound/raw, and end.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Look into the IMAP mailbox once, and end.")] = False,
) -> None:
    """Take in the mail that comes back: by LMTP, from an IMAP mailbox, or both, as the settings say."""
    parts = assembly.parts()
    knobs = parts.settings
    if show_key:
        typer.echo(secret_text(hook.key_of(parts)))
        return
    if not knobs.inbound_domain and not knobs.bounce_domain:
        refuse("name the domain that answers come to (NOTIFIER_INBOUND_DOMAIN), or bounces (NOTIFIER_BOUNCE_DOMAIN)")
    has_box = bool(knobs.inbound_imap_url.get_secret_value())
    if not knobs.inbound_listen and not has_box:
        refuse("nothing to listen to: set NOTIFIER_INBOUND_LISTEN or NOTIFIER_INBOUND_IMAP_URL")
    database.check(knobs.database_url)
    if once:
        _look_once(parts)
        return
    with ExitStack() as stack:
        if knobs.inbound_listen:
            stack.enter_context(_listening(parts))
        while True:
            if has_box:
                _look(parts)
            threading.Event().wait(knobs.inbound_imap_every_s)


def site_replies(
    url: Annotated[str, typer.Argument(help="Where they are posted; `none` for nowhere.")], site: SiteOption = ""
) -> None:
    """Say where readers' replies by mail are posted, for a site without a WordPress; prints the key that signs them."""
    address = "" if url == "none" else web_url(url)
    if url != "none" and not address:
        refuse(f"{url!r} is no web address: write it with https://")
    parts = assembly.parts()
    with parts.db.writing() as session:
        row = the_site(session, site)
        amend_site(session, row, SiteChange(replies_url=address), Actor(COMMAND_LINE), clock.now())
        number, slug = row.id, row.slug
    if address:
        console.print(f"replies to {slug} go to {address}, signed with", highlight=False)
        typer.echo(secret_text(handing.key_of(parts, number)))
    else:
        console.print(f"replies to {slug} are posted nowhere")


def _listening(parts: Parts) -> LmtpServer:
    where = parts.settings.inbound_listen
    try:
        server = LmtpServer(parts, where, clock.now)
    except ValueError as fault:
        refuse(f"NOTIFIER_INBOUND_LISTEN: {fault}")
    except OSError as fault:
        refuse(f"cannot listen at {where}: {fault.strerror}")
    _log.info("listening", where=where)
    return server


def _look_once(parts: Parts) -> None:
    try:
        found = empty(parts, clock.now())
    except MailboxError as fault:
        refuse(str(fault), 1)
    console.print(f"{found.taken} taken, {found.passed_over} passed over")


def _look(parts: Parts) -> None:
    try:
        empty(parts, clock.now())
    except MailboxError as fault:
        _log.warning("mailbox_not_read", fault=str(fault))
    except SQLAlchemyError as fault:
        _log.warning("mail_not_kept", fault=type(fault).__name__)
