"""What is asked every few seconds, or once a reader, is looked up: no table that only grows is read from end to end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from notifier import migrate, tally
from notifier.consent import pending
from notifier.db import Database
from notifier.domain.balance import Page
from notifier.domain.words import Frequency, Lane, LetterKind
from notifier.models import Delivery, Run
from notifier.stages import books, ledger, overdue, record
from notifier.stages.plan.cohorts import Cohort
from notifier.stages.plan.letters import About, chunks, newest
from notifier.stages.plan.particulars import particulars

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TERMS = record.Terms(timedelta(minutes=15), 12, 300, 3600, 30, lambda: 0.5)
SMALL = {"SCAN runs", "SCAN tallies", "SCAN tallies USING INDEX ix_tallies_page", "SCAN changes", "SCAN endpoints"}
"""What stays small: a row an hour and site; a few endpoints a site; some rows a run and alert; who changed something
since the last digest."""
OPEN = {f"SCAN deliveries USING INDEX ix_deliveries_{which}" for which in ("queued", "expiring", "leased")} | {
    "SCAN threads USING INDEX ix_threads_open",
    "SCAN threads USING COVERING INDEX ix_threads_open",
}
"""What is open must be counted; these indexes hold nothing else."""


def plans(path: Path) -> set[str]:
    """The steps of SQLite's plans for the sweep, a claim, the books and the choice of a digest's readers."""
    url = f"sqlite:///{path / 'plans.db'}"
    migrate.upgrade(url)
    db = Database(url)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    run = Run(id=1, site_id=1, frequency=Frequency.DAILY, slot=NOW)
    cohort = Cohort(run, NOW - timedelta(days=1), ())
    with db.writing() as session:
        overdue.unfinished(session, NOW)
        overdue.due_sources(session, NOW)
        overdue.due_deliveries(session, list(Lane), NOW, 500)
        record.take_back(session, NOW, TERMS, lambda _token: ())
        record.expire(session, Delivery.id > 0, NOW)
        record.claim(session, record.Span(Lane.ALERTS, 1, 500), "token", NOW, TERMS, 500)
        pending.purge(session, NOW)
        books.pages(session)
        books.pages(session, only=[(LetterKind.DIGEST, 1)])
        ledger.told(session, Page.of(0, {}, {}))
        newest(session)
        chunks(session, About(LetterKind.DIGEST, 1).deliveries() & (Delivery.id > 1000), 500)
        tally.squeeze(session)
        session.execute(particulars(cohort)).all()
    event.remove(db.engine, "before_cursor_execute", note)
    with db.reading() as session:
        raw = session.connection()
        steps = {row[3] for words, given in asked for row in raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given)}
    db.close()
    return steps


def test_no_growing_table_is_read_from_end_to_end(tmp_path: Path) -> None:
    assert {step for step in plans(tmp_path) if step.startswith("SCAN")} <= SMALL | OPEN
