"""Commands about a site's own templates: show, check and put, look at, go back."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from notifier import assembly, clock, own_templates
from notifier.cli.words import FAILED, SiteOption, as_json, console, moment, refuse, say_error, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.template_part import PARTS, TemplatePart
from notifier.domain.words import LetterKind
from notifier.own_templates import Draft, Look
from notifier.parts import Parts
from notifier.stages.render import RenderFailed
from notifier.stages.render.compile.check import SOURCE_MAX, TemplateRefused

template_app = typer.Typer(no_args_is_help=True, help="A site's own templates.")
BY = Actor(COMMAND_LINE)


def _part(name: str) -> TemplatePart:
    try:
        return TemplatePart.read(name)
    except ValueError:
        raise typer.BadParameter(f"one of {', '.join(one.name for one in PARTS)}") from None


Part = Annotated[
    TemplatePart,
    typer.Argument(parser=_part, metavar="PART", help="digest, digest-subject, header, footer, ..."),
]
Version = Annotated[int, typer.Option("--version", "-v", help="A version's number; 0 for what is in force.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(template_app, name="templates")


@template_app.command("list")
def list_(json_: AsJson = False, site: SiteOption = "") -> None:
    """Every part of the letters, and the version that it is made of."""
    parts, site_id = _at(site)
    with parts.db.reading() as session:
        active = own_templates.in_force(session, site_id)
    if json_:
        as_json([{"part": one.name, "version": active.get(one.name)} for one in PARTS])
        return
    table = Table("part", "version")
    for one in PARTS:
        table.add_row(one.name, str(active.get(one.name, "ours")))
    console.print(table)


@template_app.command()
def show(part: Part, version: Version = 0, site: SiteOption = "") -> None:
    """The text that letters are made of, or one version."""
    parts, site_id = _at(site)
    sys.stdout.write(_text(parts, site_id, part, version))


@template_app.command()
def put(
    part: Part,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The new text.")],
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
    faults = own_templates.faults(part, text)
    for one in faults:
        say_error(str(one))
    if faults and not draft:
        raise typer.Exit(FAILED)
    made = own_templates.save(parts, site_id, Draft(part, text, note), BY, clock.now())
    if not draft:
        own_templates.put_in_force(parts, site_id, made, BY, clock.now())
    console.print(f"version {made} is {'kept' if draft else 'in force'}")


@template_app.command()
def versions(part: Part, json_: AsJson = False, site: SiteOption = "") -> None:
    """The last versions of a part, the newest first."""
    parts, site_id = _at(site)
    with parts.db.reading() as session:
        rows = own_templates.history(session, site_id, part)
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
    part: Part, version: Annotated[int, typer.Argument(help="0 for the program's own.")], site: SiteOption = ""
) -> None:
    """Make letters of an earlier version again, or of the program's own template."""
    parts, site_id = _at(site)
    if not version:
        own_templates.take_back(parts, site_id, part, BY, clock.now())
        console.print("letters are made of our template again")
        return
    _text(parts, site_id, part, version)
    try:
        own_templates.put_in_force(parts, site_id, version, BY, clock.now())
    except TemplateRefused as refusal:
        for one in refusal.faults:
            say_error(str(one))
        raise typer.Exit(FAILED) from None
    console.print(f"version {version} is in force")


@template_app.command()
def preview(
    part: Part,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the HTML.")] = Path("letter.html"),
    version: Version = 0,
    language: Annotated[str, typer.Option("--language", "-l")] = "ar",
    kind: Annotated[LetterKind | None, typer.Option(help="Of the letter, where the part is in several.")] = None,
    real: Annotated[bool, typer.Option("--real", help="The newest letter of the kind, not a sample.")] = False,
    site: SiteOption = "",
) -> None:
    """Write a letter into a file as a version makes it."""
    parts, site_id = _at(site)
    if language not in parts.renderer.languages:
        refuse(f"languages are {', '.join(parts.renderer.languages)}")
    draft = Draft(part, _text(parts, site_id, part, version))
    try:
        look = Look(part.shown_in(kind), language, is_real=real)
        html = own_templates.preview(parts, site_id, draft, look).html
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


def _text(parts: Parts, site_id: int, part: TemplatePart, version: int) -> str:
    with parts.db.reading() as session:
        number = version or own_templates.in_force(session, site_id).get(part.name, 0)
        if not number:
            return own_templates.ours(part)
        try:
            row = own_templates.version(session, site_id, number)
        except LookupError:
            row = None
        if row is None or row.part != part.name:
            refuse(f"there is no version {number} of {part.name}", FAILED)
        return row.text
