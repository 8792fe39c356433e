"""What all commands share: consoles, exit codes, and looking a site up."""

import json
import sys
from datetime import datetime
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.models import Site

FAILED: Final = 1
MISUSED: Final = 2
PIPED_COLUMNS: Final = 240
# Into a pipe or a file, a row stays on its line.
console = Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS)
console_err = Console(stderr=True)

SiteOption = Annotated[
    str, typer.Option("--site", "-s", help="The site's slug; may be left out where there is only one.")
]


def refuse(sentence: str, code: int = MISUSED) -> NoReturn:
    """Say what is wrong and end."""
    say_error(sentence)
    raise typer.Exit(code)


def say_error(sentence: str) -> None:
    """Say what is wrong, in one line however long, with every bracket in it."""
    console_err.print(f"[red]error[/]: {escape(sentence)}", highlight=False, soft_wrap=True)


def the_site(session: Session, slug: str) -> Site:
    """The site of this slug; the only one where no slug is given."""
    sites = session.scalars(select(Site).order_by(Site.slug)).all()
    if not sites:
        refuse("there is no site yet: make one with `notifier site add`")
    if not slug and len(sites) == 1:
        return sites[0]
    found = next((site for site in sites if site.slug == slug), None)
    if found is None:
        refuse(f"name one of the sites with --site: {', '.join(site.slug for site in sites)}")
    return found


def as_json(value: object) -> None:
    """Write a value to standard output, for programs; moments as ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")


def moment(at: datetime | None) -> str:
    """A moment in a table."""
    return at.strftime("%Y-%m-%d %H:%M") if at else "never"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
