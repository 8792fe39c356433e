"""Whole letters as text that reads as a diff: `python -m tests.letters.golden` writes them, the tests only compare."""

import email
import re
from email.header import decode_header, make_header
from pathlib import Path

from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.letters.parts import parts

FOLDER = Path(__file__).parent / "golden"
LANGUAGES = ("ar", "en")
NAMES = {f"{kind}.{language}.txt": (kind, language) for kind in LetterKind for language in LANGUAGES}
_BEGINS = re.compile(r"(?<=[^\n])(?=<(?:/?table|tr|td|p|h[1-6]|div|img|a|!--)\b)")


def told(renderer: Renderer, kind: LetterKind, language: str) -> str:
    """Headers, text part and HTML part of a letter, decoded, a line for each thing."""
    content = fixtures.sample(kind, language)
    message = personalise(renderer.render(content), content, fixtures.personal())
    text, html = (part.replace("\r\n", "\n") for part in parts(message.data))
    headers = email.message_from_bytes(message.data).items()
    lines = (f"{name}: {make_header(decode_header(' '.join(value.split())))}" for name, value in headers)
    return "\n".join((f"MAIL FROM {message.mail_from}", *lines, "", text, _BEGINS.sub("\n", html)))


def main() -> None:
    """Write every letter, and leave nothing else in the folder."""
    renderer = Renderer(templates_dir())
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, (kind, language) in NAMES.items():
        (FOLDER / name).write_text(told(renderer, kind, language), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
