"""Plain text as others wrote it, made safe to set: no controls, no private marks, cut where it may be cut."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from notifier.domain.text.clusters import cut_before

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

_ELLIPSIS: Final = "…"
_MORE: Final = f" {_ELLIPSIS}"
_DANGLING: Final = " \n،,؛;:.-–—(«“\"'\u200c"
# A full stop ends a sentence only after a word of three letters: `د. علي`, `ص.ب.` and `e.g. this` go on.
_SENTENCE: Final = re.compile(r"(?:[؟?!۔]|(?<=[^\s.,;:!?؟،؛()\[\]«»“”\"'@#/]{3})\.)[»”’\"')\]]*(?=\s)")

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
    """At most `length` characters and never half of one, with an ellipsis where something is missing.

    It ends with a sentence where that keeps most of what there is room for, else with a word.
    """
    if len(text) <= length:
        return text
    if sentence := _sentences(text, length - len(_MORE)):
        return sentence + _MORE
    kept = text[: cut_before(text, length - 1)]
    head, space, _ = kept.rpartition(" ")
    if space and len(head) >= length // 2 and not text[len(kept)].isspace():
        kept = head
    return kept.rstrip(_DANGLING) + _ELLIPSIS


def _sentences(text: str, length: int) -> str:
    """The whole sentences at its beginning, unless they fill less than three fifths of `length`."""
    ends = (found.end() for found in _SENTENCE.finditer(text, 0, length + 1))
    end = max((end for end in ends if end <= length), default=0)
    return text[:end] if 5 * end >= 3 * length else ""
