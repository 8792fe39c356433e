"""XML made safe and readable before any parser sees it: no DTD, no unknown entities, no forbidden characters."""

import re
from html.entities import html5
from typing import Final

from notifier.sources.faults import FeedInvalid

TAGS_MAX: Final = 150_000
BUSY_MAX: Final = 10_000
ATTRIBUTES_MAX: Final = 200
"""feedparser needs quadratic time for categories, processing instructions and attributes; no feed has this many."""
_CHARACTER_MAX: Final = 0x10FFFF
_SPACES_MAX: Final = 1000
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE_RUN: Final = re.compile(rf"\s{{{_SPACES_MAX},}}")
# feedparser looks for an e-mail address in an author's name, from each letter of a word anew.
_WORD_RUN: Final = re.compile(r"([\w.+-]{1000})[\w.+-]+", re.ASCII)
_LONG_TAG: Final = re.compile(rf"<[A-Za-z][^<>]{{{2 * ATTRIBUTES_MAX},}}")
_PROLOG: Final = re.compile(r"(?s:\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))")
_DOCTYPE: Final = re.compile(r"<!doctype(?>(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*)", re.IGNORECASE)
_SUBSET: Final = re.compile(r"\[(?>(?:[^\]\"']|\"[^\"]*\"|'[^']*')*)\]\s*")
_ENTITY: Final = re.compile(r"<!entity\s+(?!%)", re.IGNORECASE)
_ROOT: Final = re.compile(r"<([A-Za-z_][\w.:-]*)")
_AMPERSAND: Final = re.compile(r"&(?:#(x[0-9a-f]{1,8}|[0-9]{1,9});|([a-z][a-z0-9]{1,31});)?", re.IGNORECASE)
_CATEGORY: Final = re.compile(r"<(?:[\w.-]+:)?(?:category|subject)[\s>/]")
_KEYWORDS: Final = re.compile(r"(</?(?:[\w.-]+:)?)(?=(?:keywords|tags)[\s>/])")
_XML_NAMES: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})


def root_of(text: str) -> str:
    """The name of the first element, lower case and without prefix; empty when there is none."""
    match = _ROOT.match(text, _past_prolog(text)[1])
    return match.group(1).rpartition(":")[2].lower() if match else ""


def tidy(text: str) -> str:
    """The same document without prolog, DTD, forbidden characters and entities that XML does not know.

    A plain DOCTYPE, such as RSS 0.91 has, is dropped. Raises `FeedInvalid` for one that declares entities, and for
    a document built to keep a parser busy.
    """
    doctype, start = _past_prolog(text)
    if _ENTITY.search(doctype):
        raise FeedInvalid("entities", "The feed declares XML entities of its own, which are not read.")
    kept = _WORD_RUN.sub(r"\1", _NOT_XML.sub("", text[start:]))
    _refuse_busy(kept)
    kept = _SPACE_RUN.sub("\n", _outside_cdata(kept))
    # feedparser would split such lists at each comma, and compare all with all.
    return _KEYWORDS.sub(r"\1x-", kept)


def _refuse_busy(text: str) -> None:
    is_busy = (
        text.count("<") > TAGS_MAX
        or text.count("<?") > BUSY_MAX
        or len(_CATEGORY.findall(text)) > BUSY_MAX
        or any(tag.count("=") > ATTRIBUTES_MAX for tag in _LONG_TAG.findall(text))
    )
    if is_busy:
        raise FeedInvalid("too_complex", "The feed has more tags, categories or attributes than any feed needs.")


def _past_prolog(text: str) -> tuple[str, int]:
    """The DOCTYPE (empty for none) and where the first element begins."""
    doctype = ""
    position = max(text.find("<"), 0)
    while True:
        if match := _PROLOG.match(text, position):
            position = match.end()
        elif match := _DOCTYPE.match(text, position):
            subset = _SUBSET.match(text, match.end())
            end = text.find(">", subset.end() if subset else match.end())
            end = len(text) if end < 0 else end + 1
            doctype += text[position:end]
            position = end
        else:
            return doctype, position


def _outside_cdata(text: str) -> str:
    parts: list[str] = []
    position = 0
    while (start := text.find("<![CDATA[", position)) >= 0 and (end := text.find("]]>", start)) >= 0:
        parts += (_AMPERSAND.sub(_known, text[position:start]), text[start : end + 3])
        position = end + 3
    return "".join([*parts, _AMPERSAND.sub(_known, text[position:])])


def _known(match: re.Match[str]) -> str:
    """A reference as XML may have it: HTML's names become their characters, stray ampersands are escaped."""
    whole, (number, name) = match.group(0), match.groups()
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        character = chr(code) if code <= _CHARACTER_MAX else ""
        if not character or _NOT_XML.match(character):
            return ""
        return character if character.isspace() else whole
    if name in _XML_NAMES:
        return whole
    character = html5.get(f"{name};", "")
    return character if character and not set(character) & set("<>&\"'") else "&amp;" + whole[1:]
