"""Lists of whom not to write to: a line each with an address, a domain or a hash, and why where it is told."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from notifier.domain.tokens import is_hash
from notifier.sources.lists import Opened, Record, look, records

_WHO: Final = ("who", "address", "email", "e-mail", "email address", "hash", "domain")
_WHY: Final = ("reason", "why")


class Barred(NamedTuple):
    """One row: an address, `@example.org` for a domain, or a hash; unread, so it may be none of them."""

    who: str
    reason: str = ""


def read(opened: Opened) -> Iterator[Barred]:
    """Every row that names somebody; a heading is known by its names, and its columns may stand in any order.

    Without one the first column is who, the second why. A line that begins with `#` is passed over. Raises ListError.
    """
    encoding = look(opened).encoding
    first = next((one.text for one in records(opened, encoding, ",") if not _is_remark(one)), "")
    # A reason may hold more commas than there are columns; a tab stands in no reason.
    delimiter = "\t" if "\t" in first else max(",;|", key=first.count)
    rows = (one.fields for one in records(opened, encoding, delimiter) if one.fields and not _is_remark(one))
    top = next(rows, [])
    columns = _columns(top)
    for fields in rows if columns else chain([top], rows):
        who, why = columns or (0, 1)
        # Our own files have an apostrophe before the @ that a spreadsheet would compute.
        name = _cell(fields, who).lstrip("'\ufeff")
        if name:
            yield Barred(name, _cell(fields, why))


def _is_remark(row: Record) -> bool:
    return row.text.lstrip("\ufeff ").startswith("#")


def _columns(top: Sequence[str]) -> tuple[int, int] | None:
    """(who, why) of a heading; None where the file begins with its first row."""
    names = [name.strip("'\ufeff ").casefold() for name in top]
    if any("@" in name or is_hash(name) for name in names):
        return None
    who = next((place for place, name in enumerate(names) if name in _WHO), None)
    if who is None:
        return None
    return who, next((place for place, name in enumerate(names) if name in _WHY), -1)


def _cell(fields: Sequence[str], place: int) -> str:
    return fields[place].strip() if 0 <= place < len(fields) else ""
