"""A table exported as CSV: by phpMyAdmin, `mysql --batch`, SELECT … INTO OUTFILE or a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from notifier.sources import charset
from notifier.sources.wpdiscuz.table import Row, Shape, TableError

LINE_MAX: Final = 1_000_000
_DELIMITERS: Final = ",;\t|"
_NULLS: Final = frozenset({"NULL", r"\N"})


class CsvTable:
    """An export. None of its columns holds line breaks, so a line that is broken spoils no other."""

    def __init__(self, path: Path, shape: Shape, encoding: str = "") -> None:
        """Look into the file. Raises TableError for one that is no such table."""
        self.name = path.name
        self.shape = shape
        self._path = path
        try:
            self.size = path.stat().st_size
            self._encoding = encoding or _encoding(path)
            with path.open("rb") as raw, self._text(raw) as lines:
                self._delimiter, self._columns, self._begin = self._head(lines)
        except OSError as fault:
            raise TableError(f"{path} cannot be read: {fault.strerror}") from fault
        except (LookupError, UnicodeError) as fault:
            raise TableError(f"{path} is not in the encoding {self._encoding!r}") from fault

    def rows(self) -> Iterator[Row]:
        """Every row with the number of its line, which is 1 for the head."""
        try:
            with self._path.open("rb") as raw, self._text(raw) as stream:
                for number, line in enumerate(_lines(stream), 1):
                    if number >= self._begin and line.strip() and self.shape.mark in line:
                        yield Row(number, self._values(line), raw.tell())
        except OSError as fault:
            raise TableError(f"{self._path} cannot be read on: {fault.strerror}") from fault

    def _text(self, raw: BinaryIO) -> io.TextIOWrapper:
        return io.TextIOWrapper(raw, self._encoding, errors="replace")

    def _head(self, stream: io.TextIOWrapper) -> tuple[str, tuple[str, ...], int]:
        """What parts the fields, what they are called, and the line of the first row."""
        for number, line in enumerate(_lines(stream), 1):
            if not line.strip():
                continue
            delimiter = max(_DELIMITERS, key=line.count)
            names = tuple(name.strip().lower() for name in _fields(line, delimiter) or ())
            if self.shape.needed <= set(names):
                return delimiter, names, number + 1
            if _is_headless(names, self.shape):
                return delimiter, self.shape.columns[: len(names)], number
            missing = ", ".join(sorted(self.shape.needed - set(names)))
            raise TableError(
                f"{self._path} has no columns {missing}: export {self.shape.name} with the columns' names on top"
            )
        raise TableError(f"{self._path} is empty")

    def _values(self, line: str) -> dict[str, str] | None:
        fields = _fields(line, self._delimiter)
        if fields is None or len(fields) != len(self._columns):
            return None
        return {name: "" if value in _NULLS else value for name, value in zip(self._columns, fields, strict=True)}


def _lines(stream: io.TextIOWrapper) -> Iterator[str]:
    return iter(lambda: stream.readline(LINE_MAX), "")


def _fields(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line.rstrip("\n")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _is_headless(fields: tuple[str, ...], shape: Shape) -> bool:
    """PhpMyAdmin leaves the names out unless asked; the first row is then a row, and begins with its id."""
    is_whole = set(shape.columns[: len(fields)]) >= shape.needed and len(fields) <= len(shape.columns)
    return is_whole and fields[0].isdecimal()


def _encoding(path: Path) -> str:
    with path.open("rb") as raw:
        return charset.of_lines(iter(lambda: raw.readline(LINE_MAX), b""))
