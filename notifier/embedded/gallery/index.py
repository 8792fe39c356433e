"""The gallery's first page: every letter with its pictures and files, a row a kind, in a browser without any server."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifier.domain.letter import direction
from notifier.embedded.gallery.files import Shown
from notifier.embedded.gallery.pictures import Look


def write_index(folder: Path, letters: Sequence[Shown], looks: Sequence[Look], templates: Path) -> Path:
    """Write `index.html`; pictures that are not there are left out."""
    pages = Environment(
        loader=FileSystemLoader(templates / "gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = [(kind, [_card(letter, looks) for letter in row]) for kind, row in groupby(letters, lambda one: one.kind)]
    index = folder / "index.html"
    index.write_text(pages.get_template("index.html").render(rows=rows), encoding="utf-8")
    return index


def _card(letter: Shown, looks: Sequence[Look]) -> dict[str, object]:
    taken = [(str(look), f"{letter.name}-{look}.png") for look in looks]
    return {
        "name": letter.name,
        "language": letter.language,
        "direction": direction(letter.language),
        "subject": letter.subject,
        "size": f"{letter.size / 1024:.1f} KB",
        "pictures": [(look, file) for look, file in taken if letter.page.with_name(file).exists()],
    }
