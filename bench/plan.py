"""How fast a daily digest and a breaking story are planned: real PostgreSQL, three subscriptions a reader.

Readers of the digest chose mixed frequencies, so that some two thirds of them get one: a fifth chose a frequency for
each topic, of the others a quarter is not daily. Readers of the breaking story all asked for it at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select

from bench.fill import Crowd, breaking, fill
from bench.place import environment, options, peak_mb, quiet_parts, say, server_version
from notifier import flow
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Letter, Site
from notifier.parts import Parts
from tests.postgresql import PostgreSQL, running

QUICK, FULL = 60_000, 1_470_000
KINDS: Final = 65_521
TENTH: Final = 10
ALERTED: Final = 0.68
"""Readers of the breaking story for one of the digest: about as many deliveries."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What one measurement found."""

    planned: int
    letters: int
    seconds: float
    books_s: float
    """To look at the books when every one of these letters is open: what `/metrics` costs at its worst."""

    @property
    def per_s(self) -> float:
        """Deliveries a second."""
        return self.planned / self.seconds


def main() -> None:
    """Plan a digest for a tenth of the readers, one for all of them, and an alert; say how long each took."""
    size = options(__doc__ or "", "readers", QUICK, FULL).size
    begun = time.perf_counter()
    with running() as server:
        small = on_fresh_database(server, size // TENTH, digest)
        whole = on_fresh_database(server, size, digest)
        rss_mb = peak_mb()
        story = on_fresh_database(server, int(size * ALERTED), alert)
        version = server_version(quiet_parts(environment(database_url=server.url)).db)
    figures: dict[str, Any] = {
        "readers": size,
        "planned": whole.planned,
        "letters": whole.letters,
        "seconds": round(whole.seconds, 2),
        "per_s": round(whole.per_s),
        "rss_mb": rss_mb,
        # How much dearer a delivery is in the whole than in a tenth of it; 1 is linear growth.
        "linearity": round(small.per_s / whole.per_s, 2),
        "books_seconds": round(whole.books_s, 2),
        "alert_planned": story.planned,
        "alert_seconds": round(story.seconds, 2),
        "alert_per_s": round(story.per_s),
        "all_seconds": round(time.perf_counter() - begun, 1),
    }
    say(**figures, postgresql=version)


def on_fresh_database(server: PostgreSQL, readers: int, measure: Callable[[Parts, int], Planned]) -> Planned:
    """Measure on a database of its own, which is dropped afterwards."""
    url = server.create()
    parts = quiet_parts(environment(database_url=url))
    try:
        return measure(parts, readers)
    finally:
        parts.db.close()
        server.drop(url)


def digest(parts: Parts, readers: int) -> Planned:
    """Plan the digest of so many readers."""
    now = datetime.now(UTC)
    run_id = fill(parts, Crowd(readers, KINDS, mixed=20, others=25), now)
    begun = time.perf_counter()
    flow.plan_run(parts, run_id, now)
    return counted(parts, LetterKind.DIGEST, time.perf_counter() - begun)


def alert(parts: Parts, readers: int) -> Planned:
    """Plan a breaking story for so many readers."""
    now = datetime.now(UTC)
    fill(parts, Crowd(readers, KINDS, usual=Frequency.INSTANT), now)
    with parts.db.reading() as session:
        site_id = session.scalars(select(Site.id)).one()
    (receipt,) = flow.ingest_items(parts, site_id, [breaking()], now)
    begun = time.perf_counter()
    flow.publish(parts, receipt.item_id or 0, now)
    return counted(parts, LetterKind.ALERT, time.perf_counter() - begun)


def counted(parts: Parts, kind: LetterKind, seconds: float) -> Planned:
    """The deliveries and letters of this kind that are there now, and what the books cost."""
    begun = time.perf_counter()
    planned = flow.pulse(parts).balance.queued
    books_s = time.perf_counter() - begun
    with parts.db.reading() as session:
        letters = session.scalar(select(func.count()).where(Letter.kind == kind)) or 0
    return Planned(planned, letters, seconds, books_s)


if __name__ == "__main__":
    main()
