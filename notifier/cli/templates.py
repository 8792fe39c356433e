"""Commands about a site's own templates: show, check and put, look at, go back."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from notifier import assembly, clock, own_templates
from notifier.cli.words import FAILED, SiteOption, as_json, console, moment, refuse, say_error, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.words import LetterKind
from notifier.own_templates import Draft
from notifier.parts import Parts
from notifier.stages.render import RenderFailed
from notifier.stages.render.compile.check import SOURCE_MAX, TemplateRefused

template_app = typer.Typer(no_args_is_help=True, help="A site's own templates.")
BY = Actor(COMMAND_LINE)
Kind = Annotated[LetterKind, typer.Argument(help="The kind of letter.")]
Version = Annotated[int, typer.Option("--version", "-v", help="A version's number; 0 for what is in force.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(template_app, name="templates")


@template_app.command("list")
def list_(json_: AsJson = False, site: SiteOption = "") -> None:
    """Every kind of letter, and the version that it is made of."""
    parts, site_id = _at(site)
    with parts.db.reading() as session:
        active = own_templates.in_force(session, site_id)
    if json_:
        as_json([{"kind": one, "version": active.get(one)} for one in LetterKind])
        return
    table = Table("kind", "version")
    for one in LetterKind:
        table.add_row(one.value, str(active.get(one, "ours")))
    console.print(table)


@template_app.command()
def show(kind: Kind, version: Version = 0, site: SiteOption = "") -> None:
    """The text that letters of a kind are made of, or one version."""
    parts, site_id = _at(site)
    sys.stdout.write(_text(parts, site_id, kind, version))


@template_app.command()
def put(
    kind: Kind,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The new body.html.")],
    note: Annotated[str, typer.Option(help="What it changes; stands in the history.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Only keep it, broken or not.")] = False,
    site: SiteOption = "",
) -> None:
    """Judge a text and, where it breaks no rule, make letters of it from now on."""
    parts, site_id = _at(site)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} is not UTF-8")
    if not text or len(text) > SOURCE_MAX:
        refuse(f"a template has 1 to {SOURCE_MAX:,} characters")
    faults = own_templates.faults(kind, text)
    for one in faults:
        say_error(str(one))
    if faults and not draft:
        raise typer.Exit(FAILED)
    made = own_templates.save(parts, site_id, Draft(kind, text, note), BY, clock.now())
    if not draft:
        own_templates.put_in_force(parts, site_id, made, BY, clock.now())
    console.print(f"version {made} is {'kept' if draft else 'in force'}")


@template_app.command()
def versions(kind: Kind, json_: AsJson = False, site: SiteOption = "") -> None:
    """The last versions of a kind, the newest first."""
    parts, site_id = _at(site)
    with parts.db.reading() as session:
        rows = own_templates.history(session, site_id, kind)
    if json_:
        names = ("id", "note", "actor", "is_active", "created_at", "activated_at")
        as_json([{name: getattr(one, name) for name in names} for one in rows])
        return
    table = Table("version", "kept", "by", "in force", "note")
    for one in rows:
        table.add_row(str(one.id), moment(one.created_at), one.actor, "now" if one.is_active else "", one.note)
    console.print(table)


@template_app.command()
def restore(
    kind: Kind, version: Annotated[int, typer.Argument(help="0 for the program's own.")], site: SiteOption = ""
) -> None:
    """Make letters of an earlier version again, or of the program's own template."""
    parts, site_id = _at(site)
    if not version:
        own_templates.take_back(parts, site_id, kind, BY, clock.now())
        console.print("letters are made of our template again")
        return
    _text(parts, site_id, kind, version)
    try:
        own_templates.put_in_force(parts, site_id, version, BY, clock.now())
    except TemplateRefused as refusal:
        for one in refusal.faults:
            say_error(str(one))
        raise typer.Exit(FAILED) from None
    console.print(f"version {version} is in force")


@template_app.command()
def preview(
    kind: Kind,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the HTML.")] = Path("letter.html"),
    version: Version = 0,
    language: Annotated[str, typer.Option("--language", "-l")] = "ar",
    real: Annotated[bool, typer.Option("--real", help="The newest letter of the kind, not a sample.")] = False,
    site: SiteOption = "",
) -> None:
    """Write a letter into a file as a version makes it."""
    parts, site_id = _at(site)
    if language not in parts.renderer.languages:
        refuse(f"languages are {', '.join(parts.renderer.languages)}")
    draft = Draft(kind, _text(parts, site_id, kind, version))
    try:
        html = own_templates.preview(parts, site_id, draft, language, is_real=real)
    except LookupError:
        refuse("there was no such letter yet", FAILED)
    except RenderFailed as fault:
        refuse(f"the letter cannot be made: {fault}", FAILED)
    out.write_text(html, encoding="utf-8")
    console.print(f"{out}: {len(html.encode()):,} bytes", highlight=False)


def _at(site: str) -> tuple[Parts, int]:
    parts = assembly.parts()
    with parts.db.reading() as session:
        return parts, the_site(session, site).id


def _text(parts: Parts, site_id: int, kind: LetterKind, version: int) -> str:
    with parts.db.reading() as session:
        number = version or own_templates.in_force(session, site_id).get(kind, 0)
        if not number:
            return own_templates.ours(kind)
        try:
            row = own_templates.version(session, site_id, number)
        except LookupError:
            row = None
        if row is None or row.kind is not kind:
            refuse(f"there is no version {number} of {kind.value}", FAILED)
        return row.text
