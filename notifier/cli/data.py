"""Commands that add and list what the product is about: sites and items."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import IntegrityError

from notifier import assembly, clock, flow
from notifier.cli.site_set import site_set
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.address import AddressInvalid
from notifier.domain.items import NewItem
from notifier.domain.letter import Logo
from notifier.domain.weburl import origin_of
from notifier.domain.words import Calendar, Digits
from notifier.sites import NewSite, SiteChange, amend_site, open_site

PIXEL_DIGITS = 6
"""Of a logo's side, at most."""

site_app = typer.Typer(no_args_is_help=True, help="Publications.")
item_app = typer.Typer(no_args_is_help=True, help="Articles and comments.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    site_app.command("set")(site_set)
    app.add_typer(site_app, name="site")
    app.add_typer(item_app, name="item")


@site_app.command("add")
def site_add(
    slug: Annotated[str, typer.Argument(help="A short name for addresses, such as `rafidain`.")],
    name: Annotated[str, typer.Option(help="What readers know it by.")],
    sender: Annotated[str, typer.Option(help="The address its letters come from.")],
    language: Annotated[str, typer.Option(help="ar, ckb, en, fa, he or ur, with a country if need be: ar-EG.")] = "ar",
    time_zone: Annotated[str, typer.Option(help="An IANA name.")] = "Asia/Baghdad",
    url: Annotated[str, typer.Option(help="Its home page.")] = "",
    postal_address: Annotated[str, typer.Option(help="For the footer; many laws ask for one.")] = "",
    colour: Annotated[str, typer.Option(help="The colour of its head, such as #0f5c7a.")] = "#0f5c7a",
    logo: Annotated[str, typer.Option(help="The address of its logo, for the head of letters.")] = "",
    logo_size: Annotated[str, typer.Option(help="The logo's width and height in pixels, such as 480x120.")] = "",
    digits: Annotated[Digits, typer.Option(help="What its numbers are written with.")] = Digits.LOCALE,
    calendar: Annotated[Calendar, typer.Option(help="What its dates are told by.")] = Calendar.LOCALE,
    welcome: Annotated[bool, typer.Option(help="Write to who has confirmed: what they will get.")] = True,
    goodbye: Annotated[bool, typer.Option(help="Write to who ended everything: how to undo it.")] = False,
    archive: Annotated[bool, typer.Option(help="Let everybody read what was sent, at /<slug>/archive.")] = True,
    origin: Annotated[
        list[str] | None, typer.Option(help="Where else its subscribe box may stand; repeatable.")
    ] = None,
) -> None:
    """Make a site, and a first API key, which is shown once."""
    width, _, height = logo_size.partition("x")
    new = NewSite(
        slug=slug, name=name, sender_address=sender, language=language, time_zone=time_zone, url=url,
        postal_address=postal_address, colour=colour, digits=digits, calendar=calendar,
        sends_welcome=welcome, sends_goodbye=goodbye, has_archive=archive, origins=tuple(origin or ()),
        logo=Logo(logo, _pixels(width), _pixels(height)) if logo else None,
    )  # fmt: skip
    try:
        with assembly.parts().db.writing() as session:
            _, key = open_site(session, new, Actor(COMMAND_LINE), clock.now())
    except AddressInvalid as fault:
        refuse(f"sender {sender!r} is not an address ({fault.key})")
    except ValueError as fault:
        refuse(str(fault))
    except IntegrityError:
        refuse(f"there is a site {slug!r} already", FAILED)
    console.print(f"site {slug} is made. Its API key, shown only now:\n{key}", highlight=False)


@site_app.command("origins")
def site_origins(
    origins: Annotated[list[str] | None, typer.Argument(help="Such as https://m.rafidain.example.")] = None,
    site: SiteOption = "",
    clear: Annotated[bool, typer.Option("--clear", help="None but the site's own.")] = False,
) -> None:
    """Say where else than at its own address a site's subscribe box may stand; without any, show it."""
    with assembly.parts().db.writing() as session:
        row = the_site(session, site)
        wanted = SiteChange(origins=() if clear else tuple(origins) if origins else None)
        try:
            amend_site(session, row, wanted, Actor(COMMAND_LINE), clock.now())
        except ValueError as fault:
            refuse(str(fault))
        for one in dict.fromkeys(filter(None, (origin_of(row.url), *row.origins))):
            console.print(one, highlight=False)


@site_app.command("archive")
def site_archive(
    site: SiteOption = "",
    shown: Annotated[bool | None, typer.Option("--on/--off", help="Whether everybody can read what was sent.")] = None,
    indexed: Annotated[
        bool | None, typer.Option("--indexed/--not-indexed", help="Whether search engines may show it.")
    ] = None,
) -> None:
    """Switch a site's public archive on or off, and let search engines in or not; without any, show how it is."""
    parts = assembly.parts()
    with parts.db.writing() as session:
        row = the_site(session, site)
        wanted = SiteChange(has_archive=shown, is_archive_indexed=indexed)
        amend_site(session, row, wanted, Actor(COMMAND_LINE), clock.now())
        where = f"{parts.settings.base_url}/{row.slug}/archive" if row.has_archive else "nowhere"
        engines = "may" if row.is_archive_indexed else "may not"
    console.print(f"archive: {where}; search engines {engines} show it", highlight=False, soft_wrap=True)


def _pixels(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < PIXEL_DIGITS else 0


@item_app.command("add")
def item_add(
    file: Annotated[Path, typer.Argument(help="JSON as the API takes it; `-` reads standard input.")],
    site: SiteOption = "",
) -> None:
    """Publish an article or a comment from a file."""
    from notifier.web.bodies import ItemBody  # noqa: PLC0415 - only this command needs the API's shapes

    parts = assembly.parts()
    try:
        raw: Any = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8"))
        item: NewItem = ItemBody.model_validate(raw).item()
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        refuse(f"{file}: {fault}")
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    (receipt,) = flow.ingest_items(parts, site_id, [item], clock.now())
    if receipt.error:
        refuse(f"{receipt.guid}: {receipt.error}", FAILED)
    console.print(f"{receipt.guid}: {receipt.outcome}, version {receipt.version}")
