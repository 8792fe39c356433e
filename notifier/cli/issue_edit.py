"""Commands that change an issue or look it over: its words, items and audience, its letter, its winner, a copy."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import clock, settings
from notifier.cli.issues import Id, issue_app, opened, told
from notifier.cli.words import FAILED, SiteOption, console, refuse
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import WinnerRule
from notifier.domain.issues import Audience, Composed
from notifier.domain.outcome import Outcome, Sent
from notifier.domain.text.strings import Strings
from notifier.domain.words import ItemKind
from notifier.issues import checks, compose, reading, sending, trials
from notifier.issues.checks import Level
from notifier.issues.letters import Look, made
from notifier.models import Issue, IssueItem, Item
from notifier.parts import Parts
from notifier.stages.render import RenderFailed

Guids = Annotated[list[str], typer.Argument(help="Articles, by the guid that their source gave them.")]
_COLOURS = {Level.GOOD: "green", Level.WARN: "yellow", Level.BAD: "red"}


def add_to(_app: typer.Typer) -> None:
    """Register the commands, among those about issues."""
    for command in (edit, items, pin, unpin, checks_, preview, winner, duplicate, unschedule):
        issue_app.command(command.__name__.rstrip("_"))(command)
    issue_app.command("test")(try_out)


def edit(
    issue: Id,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    intro: Annotated[Path | None, typer.Option(help="A Markdown file with your words.")] = None,
    cover: Annotated[str | None, typer.Option(help="The address of its picture; empty for none.")] = None,
    cover_alt: Annotated[str | None, typer.Option(help="What the picture shows.")] = None,
    subject: Annotated[list[str] | None, typer.Option(help="Its subjects; they take the place of all before.")] = None,
    sample: Annotated[int | None, typer.Option(help="On how many percent several subjects are tried.")] = None,
    wait: Annotated[int | None, typer.Option(help="After how many hours all others get the winner.")] = None,
    rule: Annotated[WinnerRule | None, typer.Option(help="Who chooses it.")] = None,
    language: Annotated[str | None, typer.Option("--language", "-l", help="Of the letter.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Only who follow it, such as category:سياسة.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only who bear it, such as the tag of a list.")] = None,
    reads: Annotated[list[str] | None, typer.Option(help="Only who read this language.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only who came by it, such as form.")] = None,
    joined: Annotated[int | None, typer.Option(help="Only who came within so many days; 0 for whenever.")] = None,
    alive: Annotated[int | None, typer.Option(help="Only with a sign of life within so many days.")] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Forget whom it was for; other options follow.")
    ] = False,
    site: SiteOption = "",
) -> None:
    """Change what is named, and nothing else. `--topic ''` and the like name nobody in particular any more."""
    parts, row, of = opened(issue, site)
    whom = {
        "topics": topic, "tags": tag, "languages": reads, "sources": source, "joined_days": joined, "alive_days": alive,
    }  # fmt: skip
    audience = told(lambda: _audience({} if everybody else row.audience, whom))
    given: dict[str, Any] = {
        "title": title, "intro": _read(intro), "cover_url": cover, "cover_alt": cover_alt, "language": language,
        "subjects": None if subject is None else tuple(filter(None, subject)), "sample_percent": sample,
        "sample_hours": wait, "winner_rule": rule,
    }  # fmt: skip
    words = replace(_composed(row), audience=audience, **{name: one for name, one in given.items() if one is not None})
    told(lambda: compose.change(parts, of, words))
    with parts.db.reading() as session:
        reached = reading.count(session, row.site_id, audience, of.now)
    console.print(f"changed; {reached:,} readers now", highlight=False)


def items(
    issue: Id, articles: Annotated[list[str] | None, typer.Argument(help="Guids.")] = None, site: SiteOption = ""
) -> None:
    """Show exactly these articles, in this order; what was pinned stays so."""
    parts, row, of = opened(issue, site)
    ids = _ids(parts, row.site_id, articles or [])
    with parts.db.reading() as session:
        pinned = [one.id for one in reading.items(session, issue) if one.is_pinned]
    told(lambda: compose.set_items(parts, of, ids, pinned))
    console.print(f"{len(ids):,} articles", highlight=False)


def pin(issue: Id, articles: Guids, site: SiteOption = "") -> None:
    """Keep these at the top."""
    _pin(issue, articles, site, is_pinned=True)


def unpin(issue: Id, articles: Guids, site: SiteOption = "") -> None:
    """Let these go from the top."""
    _pin(issue, articles, site, is_pinned=False)


def checks_(
    issue: Id,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Follow its links and ask SpamAssassin: seconds.")
    ] = False,
    site: SiteOption = "",
) -> None:
    """What should be known of its letter before it is sent. Exit code 1 where something is bad."""
    parts, row, of = opened(issue, site)
    try:
        letter = made(parts, row, Look(), of.now)
    except (RenderFailed, ValueError) as fault:
        refuse(f"the letter cannot be made: {fault}", FAILED)
    with parts.db.reading() as session:
        found = checks.quick(row, reading.items(session, issue), letter)
    if thorough:
        with console.status("following links, asking SpamAssassin"):
            found += checks.thorough(parts, letter)
    voice, table = _strings().voice("en"), Table("", "", "about")
    for one in sorted(found, key=lambda one: -list(Level).index(one.level)):
        level = f"[{_COLOURS[one.level]}]{one.level.value}[/]"
        table.add_row(level, voice.say(f"issues.check_{one.key}", **one.values), one.detail)
    console.print(table)
    if any(one.level is Level.BAD for one in found):
        raise typer.Exit(FAILED)


def preview(
    issue: Id,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the HTML.")] = Path("letter.html"),
    site: SiteOption = "",
) -> None:
    """Write its letter into a file, as it would be sent now."""
    parts, row, _ = opened(issue, site)
    try:
        letter = made(parts, row, Look(), clock.now())
    except (RenderFailed, ValueError) as fault:
        refuse(f"the letter cannot be made: {fault}", FAILED)
    out.write_text(letter.html, encoding="utf-8")
    console.print(f"{letter.subject}\n{out}: {len(letter.html.encode()):,} bytes", highlight=False)


def try_out(
    issue: Id,
    to: Annotated[str, typer.Argument(help="Your own address.")],
    subject: Annotated[int, typer.Option(min=1, help="Its number among the issue's subjects, from 1.")] = 1,
    site: SiteOption = "",
) -> None:
    """Send its letter to one address, marked as a test and outside of all books; twenty an hour at most."""
    parts, row, of = opened(issue, site)
    if subject > max(1, len(row.subjects)):
        refuse(f"issue {issue} has no subject {subject}", FAILED)
    try:
        outcome: Outcome = told(lambda: trials.send_to(parts, of, to, subject - 1))
    except AddressInvalid as fault:
        refuse(f"{to!r} is not an address ({fault.key})")
    except (RenderFailed, ValueError) as fault:
        refuse(f"the letter cannot be made: {fault}", FAILED)
    if not isinstance(outcome, Sent):
        refuse(f"the server did not take it: {outcome.reply}", FAILED)
    console.print(f"sent: {outcome.reply}", highlight=False)


def winner(
    issue: Id,
    subject: Annotated[int, typer.Argument(min=1, help="Its number among the issue's subjects, from 1.")],
    site: SiteOption = "",
) -> None:
    """Say which subject all others get."""
    parts, row, of = opened(issue, site)
    if subject > len(row.subjects):
        refuse(f"issue {issue} has {len(row.subjects)} subjects to choose from", FAILED)
    told(lambda: sending.choose_winner(parts, of, subject - 1))
    console.print(f"all others get: {row.subjects[subject - 1]}", highlight=False, markup=False)


def duplicate(issue: Id, site: SiteOption = "") -> None:
    """Begin a new draft with the same words, items and audience."""
    parts, _, of = opened(issue, site)
    console.print(f"issue {told(lambda: compose.duplicate(parts, of))}")


def unschedule(issue: Id, site: SiteOption = "") -> None:
    """Take it off the calendar: it is a draft again."""
    parts, _, of = opened(issue, site)
    told(lambda: sending.unschedule(parts, of))
    console.print("a draft again")


def _pin(issue: int, guids: list[str], site: str, *, is_pinned: bool) -> None:
    parts, row, of = opened(issue, site)
    ids = _ids(parts, row.site_id, guids)
    with parts.db.reading() as session:
        shown = set(session.scalars(select(IssueItem.item_id).where(IssueItem.issue_id == issue)))
    if missing := [guid for guid, one in zip(guids, ids, strict=True) if one not in shown]:
        refuse(f"issue {issue} does not show {missing[0]!r}", FAILED)
    for one in ids:
        told(partial(compose.pin_item, parts, of, one, is_pinned=is_pinned))
    console.print(f"{'pinned' if is_pinned else 'let go'}: {', '.join(guids)}", highlight=False, markup=False)


def _ids(parts: Parts, site_id: int, guids: list[str]) -> list[int]:
    ours = (Item.site_id == site_id) & (Item.kind == ItemKind.ARTICLE) & Item.guid.in_(guids)
    with parts.db.reading() as session:
        known = dict(session.execute(select(Item.guid, Item.id).where(ours)).all())
    if unknown := [one for one in guids if one not in known]:
        refuse(f"there is no article {unknown[0]!r}", FAILED)
    return [known[one] for one in guids]


def _audience(kept: Mapping[str, Any], given: Mapping[str, Any]) -> Audience:
    """What is kept, but for what is given; an empty word in a list empties it."""
    new = {
        name: list(filter(None, one)) if isinstance(one, list) else one
        for name, one in given.items()
        if one is not None
    }
    return Audience.of({**kept, **new})


def _composed(row: Issue) -> Composed:
    return Composed(
        row.title, row.language, row.intro, row.cover_url, row.cover_alt, tuple(row.subjects), row.sample_percent,
        row.sample_hours, row.winner_rule,
    )  # fmt: skip


def _read(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        refuse(f"{file} cannot be read: {fault}")


def _strings() -> Strings:
    return Strings.load(settings.templates_dir() / "desk" / "strings" / "issues")
