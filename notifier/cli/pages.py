"""What `notifier status` shows of the books, for people and for scripts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import RenderableType
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Column, Table

from notifier.cli.words import moment
from notifier.db import Database
from notifier.domain.balance import Balance
from notifier.domain.words import LetterKind
from notifier.stages import books
from notifier.stages.books import Heading, Key
from notifier.stages.ledger import Status

BAR_COLUMNS: Final = 40
_COLUMNS: Final = ("planned", "queued", "sending", "sent", "failed", "dropped", "expired")


@dataclass(frozen=True, slots=True)
class View:
    """What one look at the books has found."""

    told: dict[str, Any]
    """For scripts: JSON, but for its moments."""
    shown: RenderableType
    balance: Balance
    is_balanced: bool


def whole(found: Status) -> View:
    """The balance, then the reasons, then whether the sweep is alive."""
    table = _balance(found.balance, found.reasons)
    table.caption = f"last sweep: {found.last_sweep_at.isoformat() if found.last_sweep_at else 'never'}"
    return View(asdict(found), table, found.balance, found.balance.is_balanced)


def one(db: Database, heading: Heading) -> View:
    """One run or alert, with its reasons."""
    with db.reading() as session:
        page = books.pages(session, only=[heading.key])[heading.key]
    table = _balance(page.balance, page.reasons)
    table.title = escape(f"{name(heading.key)}: {_what(heading)}, {moment(heading.at)}")
    told = {**_told(heading), "balance": asdict(page.balance), "reasons": page.reasons}
    return View(told, table, page.balance, page.balance.is_balanced)


def last(db: Database, most: int, site_id: int | None) -> View:
    """The last runs and alerts, one a line."""
    with db.reading() as session:
        found = books.headings(session, most, site_id)
        pages = books.pages(session, only=[heading.key for heading in found])
    table = Table("run", Column("what", overflow="fold"), Column("when", no_wrap=True))
    for title in (*_COLUMNS, "balanced"):
        table.add_column(title, justify="right")
    rows = []
    for heading in found:
        balance = pages[heading.key].balance
        told, counts = asdict(balance), (f"{count:,}" for count in asdict(balance).values())
        verdict = "yes" if balance.is_balanced else f"off by {balance.off:,}"
        table.add_row(name(heading.key), escape(_what(heading)), moment(heading.at), *counts, verdict)
        rows.append({**_told(heading), **told, "is_balanced": balance.is_balanced})
    is_balanced = all(page.balance.is_balanced for page in pages.values())
    return View({"runs": rows}, table, books.whole(pages).balance, is_balanced)


def name(key: Key) -> str:
    """How a page is called on the command line."""
    kind, about_id = key
    return f"{kind.value}:{about_id}"


def _what(heading: Heading) -> str:
    return f"{heading.frequency} digest" if heading.kind is LetterKind.DIGEST else heading.title


def _told(heading: Heading) -> dict[str, Any]:
    return {"run": name(heading.key), "what": _what(heading), "at": heading.at}


def _balance(balance: Balance, reasons: Mapping[str, int]) -> Table:
    table = Table("", "letters", show_header=False)
    for state, count in asdict(balance).items():
        table.add_row(state, f"{count:,}")
    for reason, count in sorted(reasons.items()):
        table.add_row(f"  {reason}", f"{count:,}")
    table.add_row("done", ProgressBar(total=max(1, balance.planned), completed=balance.done, width=BAR_COLUMNS))
    return table
