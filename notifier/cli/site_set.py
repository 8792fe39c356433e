"""Change a site from the command line: what is not named stays as it is."""

from typing import Annotated

import typer

from notifier import assembly, clock
from notifier.cli.words import SiteOption, console, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.words import Calendar, Digits
from notifier.models import Site
from notifier.site_rules import NO_LOGO, SiteInvalid, fetched_logo
from notifier.sites import SiteChange, amend_site


def site_set(
    site: SiteOption = "",
    name: Annotated[str | None, typer.Option(help="What readers know it by.")] = None,
    language: Annotated[str | None, typer.Option(help="ar, ckb, en, fa, he or ur, or with a country: ar-EG.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="An IANA name.")] = None,
    url: Annotated[str | None, typer.Option(help="Its home page.")] = None,
    sender: Annotated[str | None, typer.Option(help="The address its letters come from.")] = None,
    sender_name: Annotated[str | None, typer.Option(help="The name beside it.")] = None,
    postal_address: Annotated[str | None, typer.Option(help="For the footer.")] = None,
    colour: Annotated[str | None, typer.Option(help="Such as #0f5c7a.")] = None,
    logo: Annotated[str | None, typer.Option(help="The address of its logo, whose size is looked up; `none`.")] = None,
    digest_hour: Annotated[int | None, typer.Option(help="Of new readers, from 0 to 23.")] = None,
    digest_weekday: Annotated[int | None, typer.Option(help="Of new readers, from 0, Monday, to 6.")] = None,
    digits: Annotated[Digits | None, typer.Option(help="What its numbers are written with.")] = None,
    calendar: Annotated[Calendar | None, typer.Option(help="What its dates are told by.")] = None,
    welcome: Annotated[bool | None, typer.Option(help="Write to who has confirmed.")] = None,
    goodbye: Annotated[bool | None, typer.Option(help="Write to who ended everything.")] = None,
) -> None:
    """Change a site; what is not named stays as it is."""
    parts = assembly.parts()
    try:
        found = None if logo is None else NO_LOGO if logo == "none" else fetched_logo(parts.fetch, logo)
        wanted = SiteChange(
            name=name, language=language, time_zone=time_zone, url=url, sender_address=sender, sender_name=sender_name,
            postal_address=postal_address, colour=colour, logo=found, digest_hour=digest_hour,
            digest_weekday=digest_weekday, digits=digits, calendar=calendar, sends_welcome=welcome,
            sends_goodbye=goodbye,
        )  # fmt: skip
        with parts.db.writing() as session:
            row = session.get_one(Site, the_site(session, site).id, with_for_update=True)
            changed = amend_site(session, row, wanted, Actor(COMMAND_LINE), clock.now())
    except SiteInvalid as fault:
        refuse(str(fault))
    console.print(f"changed: {', '.join(changed)}" if changed else "nothing is otherwise", highlight=False)
