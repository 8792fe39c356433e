"""Tables as CSV files that spreadsheets open as they are: streamed, with a BOM, and no cell that computes."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from fastapi import Response
from starlette.responses import StreamingResponse

from notifier.web.look import PLAIN_HEADERS

BOM: Final = "\ufeff"
_COMPUTES: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, CSV Injection)."""
AT_ONCE: Final = 500

Cell = str | int | float | datetime | None


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A download of this name; `rows` are drawn as the browser takes them."""
    headers = {**PLAIN_HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(lines(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


def lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The file, some hundred lines at a time."""
    page = io.StringIO()
    writer = csv.writer(page)
    page.write(BOM)
    writer.writerow(map(safe, head))
    for count, row in enumerate(rows, 1):
        writer.writerow(map(safe, row))
        if count % AT_ONCE == 0:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def safe(cell: Cell) -> str:
    """A cell as text, with an apostrophe before what would be computed; numbers stay numbers."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_COMPUTES) else cell
