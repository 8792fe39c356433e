"""A body with blanks: what all readers share is encoded once, and only the lines that a blank touches per reader."""

from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from re import compile as pattern
from typing import Final, Protocol

COLUMNS: Final = 76
OCTETS: Final = 57
"""What one line of base64 holds: 57 octets are 76 columns."""
LINE_OCTETS_MAX: Final = 998  # RFC 5321 4.5.3.1.6, without the CRLF
COMFORTABLE: Final = 400
"""Octets after which a line of HTML is broken where it can be."""
LAYOUTS: Final = 8
"""Kept for each letter: the lengths of links differ by the digits of two ids, so a few serve all readers."""


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 columns that end with CRLF (RFC 2045 6.8)."""
    encoded = b2a_base64(data, newline=False)
    lines = [encoded[at : at + COLUMNS] for at in range(0, len(encoded), COLUMNS)]
    return b"\r\n".join([*lines, b""])


class Sheet(Protocol):
    """One part of a letter as it goes on the wire, but for its blanks."""

    encoding: str
    """The Content-Transfer-Encoding."""
    names: tuple[str, ...]
    """The blanks, each once."""

    def lay_out(self, lengths: Mapping[str, int]) -> "Layout":
        """How it looks once its blanks have values of these lengths, in octets."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """A part whose blanks have known lengths: what all readers share, and what has to be filled in."""

    frame: bytes
    """For the % operator: `%b` where a filling goes."""
    template: bytes
    """For the % operator: the octets that make the fillings, `%b` where a value goes. Empty: the values are them."""
    blanks: tuple[str, ...]

    def fillings(self, values: Mapping[str, bytes]) -> list[bytes]:
        """What goes into the frame: values, or whole lines of base64 with values in them."""
        own = [values[blank] for blank in self.blanks]
        if not self.template:
            return own
        encoded = b2a_base64(self.template % tuple(own), newline=False)
        return [encoded[at : at + COLUMNS] for at in range(0, len(encoded), COLUMNS)]


class PlainSheet:
    """A part that is written as it is: for 8bit. `pieces` stand around the `blanks`, so there is one more of them."""

    encoding = "8bit"

    def __init__(self, pieces: Sequence[bytes], blanks: Sequence[str]) -> None:
        self._frame = _template(pieces)
        self._blanks = tuple(blanks)
        self.names = tuple(dict.fromkeys(blanks))

    def lay_out(self, lengths: Mapping[str, int]) -> Layout:  # noqa: ARG002 - of a Sheet; here they do not matter
        """The same for values of any length."""
        return Layout(self._frame, b"", self._blanks)


class Base64Sheet:
    """A part in base64, the same octets as if it had been encoded whole.

    `pieces` stand around the `blanks`, so there is one more of them. A blank may come several times.
    """

    encoding = "base64"

    def __init__(self, pieces: Sequence[bytes], blanks: Sequence[str]) -> None:
        self._pieces = tuple(pieces)
        self._blanks = tuple(blanks)
        self.names = tuple(dict.fromkeys(blanks))

    def lay_out(self, lengths: Mapping[str, int]) -> Layout:
        """Where each line ends, which the lengths alone decide."""
        frame, octets = bytearray(), bytearray()
        for shared, template, lines in _runs(self._pieces, self._blanks, lengths):
            frame += shared + lines * b"%b\r\n"
            octets += template
        return Layout(bytes(frame), bytes(octets), self._blanks)


_Lengths = tuple[tuple[int, ...], tuple[int, ...]]
"""Of the values for the text part, and for the HTML part: readers with links of equal lengths share a layout."""


class Body:
    """The two parts of a letter with all that stands around them, filled in at one stroke for each reader."""

    def __init__(self, before_text: bytes, text: Sheet, before_html: bytes, html: Sheet, end: bytes) -> None:
        self._around = tuple(octets.replace(b"%", b"%%") for octets in (before_text, before_html, end))
        self._text, self._html = text, html
        # Not an lru_cache of a method: that would hold on to this body, and a dead letter would stay for long.
        self._layouts: dict[_Lengths, tuple[bytes, Layout, Layout]] = {}

    def fill(self, text: Mapping[str, bytes], html: Mapping[str, bytes]) -> bytes:
        """The body with each blank filled in; the two parts write some values differently."""
        lengths = (
            tuple([len(text[name]) for name in self._text.names]),
            tuple([len(html[name]) for name in self._html.names]),
        )
        if lengths not in self._layouts:
            if len(self._layouts) >= LAYOUTS:
                self._layouts.clear()
            self._layouts[lengths] = self._lay_out(*lengths)
        frame, text_layout, html_layout = self._layouts[lengths]
        return frame % (*text_layout.fillings(text), *html_layout.fillings(html))

    def _lay_out(self, text: tuple[int, ...], html: tuple[int, ...]) -> tuple[bytes, Layout, Layout]:
        text_layout = self._text.lay_out(dict(zip(self._text.names, text, strict=True)))
        html_layout = self._html.lay_out(dict(zip(self._html.names, html, strict=True)))
        before_text, before_html, end = self._around
        frame = b"".join((before_text, text_layout.frame, before_html, html_layout.frame, end))
        return frame, replace(text_layout, frame=b""), replace(html_layout, frame=b"")


_Run = tuple[bytes, bytes, int]
"""Encoded lines that all share; then a template of the octets of the lines after them, and how many lines those are."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a blank is, in octets of the whole body."""

    blank: str
    start: int
    end: int


def _runs(pieces: Sequence[bytes], blanks: Sequence[str], lengths: Mapping[str, int]) -> Iterator[_Run]:
    whole = bytearray(pieces[0])
    places = []
    for blank, piece in zip(blanks, pieces[1:], strict=True):
        places.append(_Place(blank, len(whole), len(whole) + lengths[blank]))
        whole += bytes(lengths[blank]) + piece
    done = 0
    for first, last, inside in _touched(places, len(whole)):
        cuts = [first, *[at for place in inside for at in (place.start, place.end)], last]
        around = [bytes(whole[start:end]) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
        yield base64_lines(bytes(whole[done:first])), _template(around), -(-(last - first) // OCTETS)
        done = last
    yield base64_lines(bytes(whole[done:])), b"", 0


def _touched(places: Sequence[_Place], size: int) -> Iterator[tuple[int, int, list[_Place]]]:
    """Ranges of whole lines, in octets, with the blanks in them; blanks that share a line share a range."""
    first, last, inside = 0, 0, list[_Place]()
    for place in places:
        start, end = place.start // OCTETS * OCTETS, min(size, -(-place.end // OCTETS) * OCTETS)
        if inside and start < last:
            last, inside = max(last, end), [*inside, place]
            continue
        if inside:
            yield first, last, inside
        first, last, inside = start, end, [place]
    if inside:
        yield first, last, inside


def _template(pieces: Sequence[bytes]) -> bytes:
    return b"%b".join([piece.replace(b"%", b"%%") for piece in pieces])


# What stands between quotes keeps its spaces; every other space of HTML may as well be a line end.
_HTML_TOKEN: Final = pattern(r'"[^"]*"|[^" ]+|"| ')


def broken_html(html: str, blanks: str, blank_octets: int) -> str:
    """The same HTML in lines that SMTP can carry, as far as it has spaces to break them at.

    `blanks` are characters that each stand for `blank_octets` still to come.
    """
    return "\n".join([_broken(line, blanks, blank_octets) for line in html.split("\n")])


def _broken(line: str, blanks: str, blank_octets: int) -> str:
    written, length = [], 0
    for piece in _HTML_TOKEN.findall(line):
        is_end = piece == " " and length > COMFORTABLE
        written.append("\n" if is_end else piece)
        octets = len(piece.encode()) + blank_octets * sum(map(piece.count, blanks))
        length = 0 if is_end else length + octets
    return "".join(written)


def fits_lines(pieces: Sequence[bytes], blank_octets: int) -> bool:
    """Whether no line is longer than SMTP carries, with `blank_octets` kept for each blank."""
    return all(len(line) <= LINE_OCTETS_MAX for line in (b"x" * blank_octets).join(pieces).split(b"\r\n"))
