"""How fast a daily digest is planned: real PostgreSQL, three subscriptions a reader, mixed frequencies."""

import time
from datetime import UTC, datetime

from sqlalchemy import func, select

from bench.fill import Crowd, fill
from bench.place import environment, options, peak_mb, quiet_parts, say, server_version
from notifier import flow
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Letter
from tests.postgresql import running

QUICK, FULL = 50_000, 1_000_000
KINDS = 65_521


def main() -> None:
    """Fill a database, plan one run, say how long it took."""
    size = options(__doc__ or "", "readers", QUICK, FULL).size
    with running() as server:
        url = server.create()
        try:
            measure(url, size)
        finally:
            server.drop(url)


def measure(url: str, readers: int) -> None:
    """Plan the digest of so many readers and print the figures."""
    parts = quiet_parts(environment(database_url=url))
    now = datetime.now(UTC)
    filling = time.perf_counter()
    run_id = fill(parts, Crowd(readers, KINDS, mixed=20, others=25), now)
    begun = time.perf_counter()
    flow.plan_run(parts, run_id, now)
    seconds = time.perf_counter() - begun
    with parts.db.reading() as session:
        planned = session.scalar(select(func.count()).where(Delivery.kind == LetterKind.DIGEST)) or 0
        letters = session.scalar(select(func.count()).select_from(Letter)) or 0
    say(
        readers=readers,
        planned=planned,
        letters=letters,
        seconds=round(seconds, 2),
        per_s=round(planned / seconds),
        rss_mb=peak_mb(),
        fill_seconds=round(begun - filling, 2),
        postgresql=server_version(parts.db),
    )
    parts.db.close()


if __name__ == "__main__":
    main()
