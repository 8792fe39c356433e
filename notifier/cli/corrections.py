"""The command that corrects what was sent: `notifier correct`, which first says whom it would reach."""

from typing import Annotated, Final

import typer
from rich.table import Table

from notifier import assembly, clock, corrections
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.corrections import NOTE_CHARACTERS, SAID_CHARACTERS, CannotCorrect, Corrected, Erratum

_WHY_NOT: Final = {
    "unknown_item": "there is no item with this guid",
    "not_an_article": "only articles are corrected: a comment that is changed or removed is so in every later letter",
    "not_changed": "every letter shows it as it is: publish the corrected article, or retract it, and then correct it",
    "unknown_version": "there is no such version yet",
    "no_note": "say in --note what was wrong and what is right",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(correct)


def correct(
    guid: Annotated[str, typer.Argument(help="The article's guid.")],
    note: Annotated[str, typer.Option(help="What is right; for a withdrawn article, why it was withdrawn.")],
    said: Annotated[str, typer.Option(help="The words that were wrong.")] = "",
    version: Annotated[int | None, typer.Option(min=1, help="The first version that is right.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whom it would reach.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    site: SiteOption = "",
) -> None:
    """Send a correction to exactly those who got an article as it was.

    Publish the corrected article, or retract it, first: letters that have not left yet show it corrected, or leave it
    out, and their readers get no correction.
    """
    if len(note) > NOTE_CHARACTERS or len(said) > SAID_CHARACTERS:
        refuse(f"--note may have {NOTE_CHARACTERS:,} characters, --said {SAID_CHARACTERS}")
    parts, erratum = assembly.parts(), Erratum(guid, note, said, version, by="command line")
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        found = corrections.look(parts, site_id, erratum, clock.now())
        _show(found)
        if dry_run or found.correction_id:
            return
        if not yes and not typer.confirm(f"Send it to {found.count:,}?"):
            raise typer.Exit(FAILED)
        made = corrections.correct(parts, site_id, erratum, clock.now())
    except CannotCorrect as refused:
        refuse(f"{guid}: {_WHY_NOT[refused.key]}", FAILED)
    number = made.correction_id
    console.print(f"correction {number} is on its way: `notifier status --run correction:{number}`", highlight=False)


def _show(found: Corrected) -> None:
    what = "was withdrawn" if found.is_withdrawn else f"is right since version {found.version}"
    console.print(f"{found.guid} {what}", highlight=False)
    if found.correction_id:
        console.print(f"these words are correction {found.correction_id} already; it is not sent again")
    table = Table("language", "readers who get it")
    for language, count in found.readers.items():
        table.add_row(language, f"{count:,}")
    table.add_row("all", f"{found.count:,}")
    console.print(table)
