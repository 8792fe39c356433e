"""Commands that look at letters: preview, send-test, status, why, settings."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.table import Column, Table
from sqlalchemy import select

from notifier import assembly, clock, settings
from notifier.account import Account
from notifier.cli.books import status
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.domain.outcome import Sent
from notifier.domain.previews import ABOUT_ITEMS
from notifier.domain.tokens import new_token
from notifier.domain.words import Frequency, ItemKind, ItemState, LetterKind
from notifier.models import Item, Subscriber
from notifier.parts import Parts
from notifier.stages import gather, ledger
from notifier.stages.gather import Preview
from notifier.transports.listed import send_all

NEWEST = 10
KEY = "NOTIFIER_SECRET_KEY"

Kind = Annotated[LetterKind, typer.Option("--kind", "-k", help="Which letter.")]
Language = Annotated[str, typer.Option("--language", "-l", help="Empty takes the site's.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (preview, status, why):
        app.command()(command)
    app.command("send-test")(send_test)
    app.command("settings")(settings_)


def preview(
    kind: Kind = LetterKind.DIGEST,
    language: Language = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the HTML.")] = Path("letter.html"),
    site: SiteOption = "",
) -> None:
    """Render a letter of the site's newest items into a file, as it would be sent now."""
    parts = assembly.parts()
    rendered = parts.renderer.render(_content(parts, site, kind, language))
    try:
        out.write_text(rendered.html, encoding="utf-8")
    except OSError as fault:
        refuse(f"{out} cannot be written: {fault.strerror}", FAILED)
    console.print(f"{rendered.subject}\n{out}: {len(rendered.html.encode()):,} bytes", highlight=False)


def send_test(
    to: Annotated[str, typer.Argument(help="Your own address.")],
    kind: Kind = LetterKind.DIGEST,
    language: Language = "",
    site: SiteOption = "",
) -> None:
    """Send one letter of the site's newest items by the SMTP account of the settings, outside of all books."""
    parts = assembly.parts()
    content = _content(parts, site, kind, language)
    one = Claimed(0, content.letter_id, (), kind, 0, 0, address=to)
    personal = parts.links(content.site.sender_address).personal(one, clock.now(), "test")
    try:
        message = parts.press.stencil(content).message(personal)
    except AddressInvalid as fault:
        refuse(f"{to!r} is not an address ({fault.key})")
    # The first of the settings, unless another may be tried and it may not.
    name = parts.accounts.choose().name or next(iter(parts.transports))
    transport = parts.transports[name]
    ((_, outcome),) = send_all(transport, [message])
    transport.close()
    if not isinstance(outcome, Sent):
        refuse(f"the server did not take it: {outcome.reply}", FAILED)
    console.print(f"sent: {outcome.reply}", highlight=False)


def why(
    address: Annotated[str, typer.Argument(help="Whose letters.")],
    site: SiteOption = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """What this person was sent or spared, and why; the newest first."""
    parts, now = assembly.parts(), clock.now()
    try:
        key = check_address(address).key
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
    with parts.db.reading() as session:
        there = the_site(session, site)
        found = session.scalar(select(Subscriber).where(Subscriber.site_id == there.id, Subscriber.address_key == key))
        if found is None:
            refuse(f"{there.slug} has no subscriber of this address", FAILED)
        fates = ledger.fates(session, found.id, limit)
        spared = ledger.spared(session, found.id)
    console.print(f"subscriber {found.id}: {'confirmed' if found.confirmed_at else 'not confirmed'}")
    if (until := parts.quiet.usual.own(found.quiet_from_h, found.quiet_until_h).ends(now, found.time_zone)) > now:
        console.print(f"what comes in waits for the reader's quiet hours to end: {_iso(until)}", highlight=False)
    table = Table("delivery", "letter", "state", "reason", "tries", "planned", "ended", "the server said")
    for one in fates:
        ended = _iso(one.finished_at) if one.finished_at else ""
        table.add_row(
            str(one.delivery_id), one.kind, one.state, one.reason or "", str(one.attempts), _iso(one.created_at), ended,
            one.detail,
        )  # fmt: skip
    console.print(table)
    for reason, count in spared.items():
        console.print(f"comments no letter told: {count} ({reason})")


def settings_() -> None:
    """Every knob: its value (secrets masked), default and meaning."""
    table = Table(Column("variable", no_wrap=True), "value", "default", "what it is for")
    environment = settings.environment()
    is_keyed = bool(environment.get(KEY))
    # Without a key the others can still be told.
    current = settings.of(environment if is_keyed else {**environment, KEY: new_token()})
    for name, field in settings.Settings.model_fields.items():
        knob = f"NOTIFIER_{name.upper()}"
        value = _shown(getattr(current, name)) if knob != KEY or is_keyed else "not set"
        default = "required" if field.is_required() else _shown(field.default)
        table.add_row(knob, value, default, field.description)
    console.print(table)


def _content(parts: Parts, site: str, kind: LetterKind, language: str) -> LetterContent:
    wanted = ItemKind.COMMENT if kind is LetterKind.REPLY else ItemKind.ARTICLE
    with parts.db.reading() as session:
        there = the_site(session, site)
        newest = session.scalars(
            select(Item.id)
            .where(Item.site_id == there.id, Item.kind == wanted, Item.state == ItemState.LIVE)
            .order_by(Item.id.desc())
            .limit(1 if kind is LetterKind.ALERT else NEWEST)
        ).all()
        if not newest and kind in ABOUT_ITEMS:
            refuse("this site has no items yet", FAILED)
        frequency = Frequency.DAILY if kind is LetterKind.DIGEST else Frequency.INSTANT
        shown = tuple(newest) if kind in ABOUT_ITEMS else ()
        now = Preview(kind, language or there.language, shown, frequency, clock.now())
        return gather.preview(session, there, now)


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a knob holds
    if isinstance(value, SecretStr):
        return str(value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return _shown_by_name(value)
    return "" if value is None else str(value)


def _shown_by_name(values: dict[str, Any]) -> str:
    if not any(isinstance(one, Account) for one in values.values()):
        return ",".join(f"{name}={one:g}" for name, one in values.items())
    # As JSON a password is a row of asterisks.
    return json.dumps({name: one.model_dump(mode="json", exclude_unset=True) for name, one in values.items()})


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
