"""The letters of the gallery as files: .eml as it would go on the wire, .html as a browser shows it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from notifier.domain.words import LetterKind
from notifier.embedded.gallery import editions, samples
from notifier.embedded.sample import picture
from notifier.stages.render import Renderer, mail_html, personalise

PRESS_PHOTOGRAPH: Final = "photograph.png"
_PRESS_PHOTOGRAPHS: Final = re.compile(r'(<img\b[^>]*?\bsrc=")[^">]*/media/[^">]*')


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter of the gallery, and where its page stands."""

    kind: LetterKind
    language: str
    subject: str
    page: Path
    size: int
    """Bytes of its HTML."""

    @property
    def name(self) -> str:
        """What its files begin with."""
        return f"{self.kind}-{self.language}"


def write_letters(
    folder: Path, renderer: Renderer, kinds: Iterable[LetterKind], languages: Iterable[str]
) -> tuple[Shown, ...]:
    """Write `<kind>-<language>.eml` and `.html` of each, and the one photograph they share."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PRESS_PHOTOGRAPH).write_bytes(picture("river") or b"")
    return tuple(_written(folder, renderer, kinds, languages))


def _written(
    folder: Path, renderer: Renderer, kinds: Iterable[LetterKind], languages: Iterable[str]
) -> Iterator[Shown]:
    reader = samples.personal()
    for kind, language in product(kinds, languages):
        content = editions.letter(kind, language)
        rendered = renderer.render(content)
        html = mail_html(rendered, reader)
        shown = Shown(kind, language, rendered.subject, folder / f"{kind}-{language}.html", len(html.encode()))
        shown.page.write_text(_PRESS_PHOTOGRAPHS.sub(rf"\g<1>{PRESS_PHOTOGRAPH}", html), encoding="utf-8", newline="")
        shown.page.with_suffix(".eml").write_bytes(personalise(rendered, content, reader).data)
        yield shown
