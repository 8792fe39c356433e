"""Lists of readers as CSV: whichever charset and separator, line by line, in memory that stays flat."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from notifier.sources import charset

LINE_MAX: Final = 100_000
RECORD_LINES_MAX: Final = 50
"""A field may hold line breaks; a quotation mark that is not closed by then was a slip."""
_HEAD: Final = 512
BLOCK: Final = 1 << 18
_DELIMITERS: Final = ",;\t|"
# Elsewhere than at the beginning of a field a quotation mark is one of its letters.
_OPENING: Final = re.compile(r'(?:^|[,;\t|])"')

Opened = Callable[[], Iterable[bytes]]
"""Gives the file's bytes from its beginning, block by block, as often as it is asked."""


class ListError(ValueError):
    """The file is no list of readers; `key` names the sentence: `empty`, `one_column`, `encoding` or `too_large`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Record(NamedTuple):
    """One row: the number of its line, its fields, and its text; None where a quotation mark is never closed."""

    line: int
    fields: list[str] | None
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """How a list is written, its columns, and its first rows."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    begin: int
    rows: tuple[tuple[str, ...], ...]


def of_file(path: Path) -> Opened:
    """A file on this machine."""

    def blocks() -> Iterator[bytes]:
        with path.open("rb") as raw:
            yield from iter(lambda: raw.read(BLOCK), b"")

    return blocks


def look(opened: Opened, encoding: str = "", shown: int = 5) -> Head:
    """How a list is written; where its charset is not known yet, it is read once from end to end. Raises ListError."""
    encoding = encoding or _encoding(opened)
    first = next((one for one in records(opened, encoding, ",") if one.text.strip()), None)
    if first is None:
        raise ListError("empty")
    delimiter = max(_DELIMITERS, key=first.text.count)
    rows: list[tuple[str, ...]] = []
    for one in records(opened, encoding, delimiter):
        if one.fields and any(map(str.strip, one.fields)):
            rows.append(tuple(one.fields))
        if len(rows) > shown:
            break
    if not rows:
        raise ListError("empty")
    return Head(encoding, delimiter, tuple(name.strip("\ufeff ") for name in rows[0]), first.line, tuple(rows[1:]))


def records(opened: Opened, encoding: str, delimiter: str, begin: int = 0) -> Iterator[Record]:
    """Every row that is not empty, after the first `begin` lines."""
    waiting: list[tuple[int, str]] = []
    lines = enumerate(_lines(opened, encoding), 1)
    quoted: list[tuple[int, str]] = []
    while True:
        number, line = waiting.pop(0) if waiting else next(lines, (0, ""))
        if not number:
            if not quoted:
                return
            waiting = [*quoted[1:], *waiting]
            yield Record(quoted[0][0], None, quoted[0][1])
            quoted = []
            continue
        if number <= begin:
            continue
        if not quoted and (line.count('"') % 2 == 0 or not _OPENING.search(line)):
            if line.strip():
                yield Record(number, _fields(line, delimiter), line)
            continue
        quoted.append((number, line))
        if line.count('"') % 2 and len(quoted) > 1:
            text = "".join(one for _, one in quoted)
            yield Record(quoted[0][0], _fields(text, delimiter), text)
            quoted = []
        elif len(quoted) > RECORD_LINES_MAX:
            waiting = [*quoted[1:], *waiting]
            yield Record(quoted[0][0], None, quoted[0][1])
            quoted = []


def _fields(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None


def _lines(opened: Opened, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(io.BufferedReader(_Blocks(opened()), BLOCK), encoding, errors="replace") as text:
        yield from iter(lambda: text.readline(LINE_MAX), "")


def _encoding(opened: Opened) -> str:
    with io.BufferedReader(_Blocks(opened()), BLOCK) as raw:
        start = raw.peek(_HEAD)[:_HEAD]
        if not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and 4 * start.count(0) > len(start):
            # Without a mark: of every ASCII letter one byte is nothing, the second in little-endian.
            return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
        return charset.of_lines(iter(lambda: raw.readline(LINE_MAX), b""))


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file to read."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, target: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]  # typeshed's own name
        """Fill `target` as far as the next block goes."""
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        room = memoryview(target)
        count = min(len(self._rest), len(room))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
