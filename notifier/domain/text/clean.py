"""Plain text as others wrote it, made safe to set: NFC, no controls, no bidi controls, no private marks."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_SPACES: Final = re.compile(r"[\t\v\f\x1c-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000 ]+")
_LINES: Final = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
# ZWNJ and ZWJ (200C, 200D) are spelling, in Persian and in emoji, and stay. Private-use characters go because
# the renderer marks the personal places with them.
_UNWANTED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
# Nearly every text is clean as it comes, and one look shows it.
_UNCLEAN: Final = re.compile(rf"  |[^\S ]|{_UNWANTED.pattern}")

CACHED_MAX: Final = 2000


def clean(text: str) -> str:
    """One line of it: every kind of white space becomes one space, every control goes."""
    return _clean(str(text)) if len(text) <= CACHED_MAX else _clean.__wrapped__(text)


# The same titles and names are set again and again.
@lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    if not _UNCLEAN.search(text) and unicodedata.is_normalized("NFC", text):
        return text.strip(" ")
    # Spaces first: a line separator parts two words, it must not glue them.
    spaced = _SPACES.sub(" ", _LINES.sub(" ", text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _UNWANTED.sub("", spaced))).strip()


def paragraphs(text: str) -> tuple[str, ...]:
    """Its lines, each cleaned, without the empty ones."""
    return tuple(line for line in (clean(part) for part in _LINES.split(text)) if line)


def clip(text: str, length: int) -> str:
    """At most `length` characters, cut between words, with an ellipsis where something is missing."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, space, _ = cut.rpartition(" ")
    kept = head if space and len(head) >= length // 2 else cut
    return kept.rstrip(" ،,؛;:.-–—(«\"'\u200c\u200d") + "…"
