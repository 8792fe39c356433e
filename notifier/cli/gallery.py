"""`notifier letters gallery`: every letter to look at, without a site, a database or a mail server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from notifier.cli.words import FAILED, console, refuse
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.words import LetterKind
from notifier.embedded.gallery import LOOKS, Look, PicturesImpossible, Shown, take_pictures, write_index, write_letters
from notifier.settings import templates_dir
from notifier.stages.render import Renderer

letters_app = typer.Typer(no_args_is_help=True, help="The letters themselves, apart from anybody they go to.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(letters_app, name="letters")


@letters_app.command("gallery")
def gallery(
    folder: Annotated[Path, typer.Option("--folder", help="Where to write; made where it is missing.")] = Path(
        "docs/letters"
    ),
    kind: Annotated[list[LetterKind] | None, typer.Option("--kind", "-k", help="Only these letters.")] = None,
    language: Annotated[list[str] | None, typer.Option("--language", "-l", help="Only these languages.")] = None,
    look: Annotated[list[str] | None, typer.Option("--look", help="Only these: phone-light, desktop-dark …")] = None,
    tallest: Annotated[int, typer.Option(min=0, help="Where pictures end, in CSS pixels; 0: with the letter.")] = 0,
    pictures: Annotated[bool, typer.Option(help="Take pictures, or write only what needs no browser.")] = True,
) -> None:
    """Write every letter in every language: pages, .eml files that open in a mail client, pictures and an index.

    The pictures (light and dark, phone and desktop) need Chromium and `pip install 'notifier[browser]'`. Where these
    are missing the rest is written all the same, and the exit code is 1.
    """
    looks = _looks(look)
    languages = language or list(LANGUAGES)
    if strange := set(languages) - LANGUAGES.keys():
        refuse(f"no letters in {', '.join(sorted(strange))}: there are {', '.join(LANGUAGES)}")
    try:
        letters = write_letters(folder, Renderer(templates_dir()), kind or list(LetterKind), languages)
        missing = _take(letters, looks, tallest) if pictures else ""
        index = write_index(folder, letters, looks, templates_dir())
    except OSError as fault:
        refuse(f"{folder} cannot be written: {fault.strerror}", FAILED)
    console.print(f"{len(letters)} letters, each as .html and .eml: {index}", highlight=False, soft_wrap=True)
    if missing:
        refuse(f"no pictures: {missing}", FAILED)


def _looks(names: Sequence[str] | None) -> tuple[Look, ...]:
    known = {str(look): look for look in LOOKS}
    if strange := set(names or ()) - known.keys():
        refuse(f"no such look as {', '.join(sorted(strange))}: there are {', '.join(known)}")
    return tuple(known[name] for name in names) if names else LOOKS


def _take(letters: Sequence[Shown], looks: Sequence[Look], tallest: int) -> str:
    """Take the pictures; gives what is missing where there can be none, else ""."""
    try:
        taken = sum(1 for _ in take_pictures(letters, looks, tallest))
    except PicturesImpossible as reason:
        return str(reason)
    console.print(f"{taken} pictures", highlight=False)
    return ""
