"""The lines of a plain text that its writer wrote; quoted lines between them go, whatever comes after them stays."""

import re
from collections.abc import Sequence
from typing import Final

from notifier.domain.quotes.attributions import announcement_ending, begins_quote, plain
from notifier.domain.quotes.signatures import ends_here, is_advert
from notifier.domain.text.clean import clean

LINES_MAX: Final = 20_000
_ENDS: Final = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"\n{3,}")


def own_words(text: str) -> str:
    """What is left without quotes, their announcements, signatures and controls; empty where nothing is.

    NFC; paragraphs are parted by an empty line.
    """
    raw = _ENDS.split(text)[:LINES_MAX]
    kept = _without_signature(_without_quotes([plain(line) for line in raw], raw))
    return _BLANKS.sub("\n\n", "\n".join(clean(line) for line in kept)).strip()


def _without_quotes(lines: Sequence[str], raw: Sequence[str]) -> list[str]:
    kept: list[int] = []
    for at, line in enumerate(lines):
        if _is_quoted(line):
            continue
        if begins_quote(lines, at):
            break
        start = announcement_ending(lines, at)
        if start is not None:
            kept = [one for one in kept if one < start]
            if not _is_quoted(_next(lines, at)):
                break
            continue
        kept.append(at)
    return [raw[at] for at in kept]


def _without_signature(kept: Sequence[str]) -> list[str]:
    lines = [plain(line) for line in kept]
    end = next((at for at, line in enumerate(lines) if ends_here(line) and any(lines[:at])), len(lines))
    while end and (not lines[end - 1] or is_advert(lines[end - 1])):
        end -= 1
    return list(kept[:end])


def _is_quoted(line: str) -> bool:
    return line.startswith((">", "»>", "|>"))


def _next(lines: Sequence[str], at: int) -> str:
    return next((line for line in lines[at + 1 :] if line), "")
