"""Letters in a SQLite file of their own: one process writes them, another one reads, at the same time."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final

from notifier.embedded.inbox import headers
from notifier.embedded.inbox.fold import folded
from notifier.embedded.inbox.letter import Entry, Letter, opened

LOCK_WAIT_S: Final = 10.0
LIST_MAX: Final = 10_000
_ID_MAX: Final = 2**63 - 1
_SUBJECT_MAX: Final = 500
_FOLDED_MAX: Final = 4_000
# Numbers are never used again: after `clear` an old link leads nowhere instead of to somebody else's letter.
# The bytes stand apart, so that the list never reads them.
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL, mail_from TEXT NOT NULL,
        rcpt_to TEXT NOT NULL, subject TEXT NOT NULL, sender_name TEXT NOT NULL, sender_address TEXT NOT NULL,
        written_to TEXT NOT NULL, written_at TEXT NOT NULL, size INTEGER NOT NULL, folded TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS sources (letter_id INTEGER PRIMARY KEY REFERENCES letters, raw BLOB NOT NULL)",
)
_COLUMNS: Final = (
    "id, received_at, mail_from, rcpt_to, subject, sender_name, sender_address, written_to, written_at, size"
)


class LetterUnknown(LookupError):  # noqa: N818 - it reads as what is the case
    """No letter has this id (any more)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came over the wire."""

    mail_from: str
    rcpt_to: Sequence[str]
    raw: bytes


class Inbox:
    """The letters in one file. Any thread may use it; each process opens its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._connection = _connected(path)

    def add(self, mail_from: str, rcpt_to: Sequence[str], raw: bytes, now: datetime) -> int:
        """Keep a letter; it is committed when the id comes back."""
        return self.add_all([Incoming(mail_from, rcpt_to, raw)], now)[0]

    def add_all(self, letters: Iterable[Incoming], now: datetime) -> tuple[int, ...]:
        """Keep many letters in one transaction; their ids in order."""
        rows = [(_row(letter, now), letter.raw) for letter in letters]
        with self._writing() as connection:
            return tuple(_inserted(connection, row, raw) for row, raw in rows)

    def list(self, limit: int = 100, search: str = "", before: int | None = None) -> tuple[Entry, ...]:
        """Letters, the newest first; `search` finds in subjects and addresses, `before` begins below an id."""
        where, values = _matching(search)
        values |= {"before": min(before or _ID_MAX, _ID_MAX), "limit": max(0, min(limit, LIST_MAX))}
        sql = f"SELECT {_COLUMNS} FROM letters WHERE {where} AND id < :before ORDER BY id DESC LIMIT :limit"  # noqa: S608 - only our own words
        return tuple(_entry(row) for row in self._rows(sql, values))

    def get(self, letter_id: int) -> Letter:
        """A letter opened. Raises LetterUnknown."""
        sql = f"SELECT {_COLUMNS}, raw FROM letters JOIN sources ON letter_id = id WHERE id = :id"  # noqa: S608 - only our own words
        rows = self._rows(sql, {"id": letter_id}) if 0 < letter_id <= _ID_MAX else ()
        if not rows:
            raise LetterUnknown(letter_id)
        *row, raw = rows[0]
        return opened(_entry(row), raw)

    def neighbours(self, letter_id: int) -> tuple[int | None, int | None]:
        """(the next newer id, the next older id)."""
        sql = "SELECT (SELECT min(id) FROM letters WHERE id > :id), (SELECT max(id) FROM letters WHERE id < :id)"
        newer, older = self._rows(sql, {"id": letter_id})[0]
        return newer, older

    def count(self, search: str = "") -> int:
        """How many letters there are, or how many a search finds."""
        where, values = _matching(search)
        return int(self._rows(f"SELECT count(*) FROM letters WHERE {where}", values)[0][0])  # noqa: S608 - only our own words

    def counts_by_recipient(self) -> dict[str, int]:
        """Address -> how many letters came for it, the most first."""
        sql = "SELECT value, count(*) FROM letters, json_each(rcpt_to) GROUP BY value ORDER BY count(*) DESC, value"
        return dict(self._rows(sql))

    def recipients(self) -> tuple[str, ...]:
        """Every address that got a letter, sorted."""
        return tuple(sorted(self.counts_by_recipient()))

    def clear(self) -> int:
        """Throw every letter away; gives how many."""
        with self._writing() as connection:
            connection.execute("DELETE FROM sources")
            return connection.execute("DELETE FROM letters").rowcount

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _rows(self, sql: str, values: dict[str, Any] | None = None) -> Sequence[Any]:
        with self._lock:
            return self._connection.execute(sql, values or {}).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            for table in _SCHEMA:
                connection.execute(table)
        # Two processes that open a new file at once: SQLite does not wait for the change to WAL.
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(0.05)
        else:
            return connection


def _row(letter: Incoming, now: datetime) -> tuple[Any, ...]:
    message = headers.parsed_headers(letter.raw)
    subject = headers.value(message, "Subject")[:_SUBJECT_MAX]
    name, address = headers.mailbox(message, "From")
    rcpt_to = [headers.showable(one) for one in letter.rcpt_to]
    written_to = headers.value(message, "To")
    return (
        now.astimezone(UTC).isoformat(),
        headers.showable(letter.mail_from),
        json.dumps(rcpt_to, ensure_ascii=False),
        subject,
        name,
        address,
        written_to,
        headers.value(message, "Date"),
        len(letter.raw),
        "\n".join(folded(one) for one in (subject, *rcpt_to, name, address, written_to))[:_FOLDED_MAX],
    )


def _inserted(connection: sqlite3.Connection, row: tuple[Any, ...], raw: bytes) -> int:
    places = ", ".join("?" * len(row))
    names = f"{_COLUMNS.removeprefix('id, ')}, folded"
    letter_id = connection.execute(f"INSERT INTO letters ({names}) VALUES ({places})", row).lastrowid  # noqa: S608 - only our own words
    connection.execute("INSERT INTO sources VALUES (?, ?)", (letter_id, raw))
    return int(letter_id or 0)


def _matching(search: str) -> tuple[str, dict[str, Any]]:
    wanted = folded(search)
    return ("instr(folded, :wanted) > 0", {"wanted": wanted}) if wanted else ("1", {})


def _entry(row: Sequence[Any]) -> Entry:
    letter_id, received_at, mail_from, rcpt_to, *texts = row
    subject, sender_name, sender_address, to, date, size = texts
    return Entry(
        id=letter_id,
        received_at=datetime.fromisoformat(received_at),
        mail_from=mail_from,
        rcpt_to=tuple(json.loads(rcpt_to)),
        subject=subject,
        sender_name=sender_name,
        sender_address=sender_address,
        to=to,
        date=date,
        size=size,
    )
