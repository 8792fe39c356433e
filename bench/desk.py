"""How long the pages of the editors' desk take, with many subscribers and deliveries in PostgreSQL."""

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fastapi.testclient import TestClient
from sqlalchemy import select, text

from bench.fill import Crowd, fill
from bench.place import environment, options, peak_mb, quiet_parts, say, server_version
from notifier import census, digests, staff, tally
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.digests import name
from notifier.domain.desk_words import Role
from notifier.models import Delivery, Site
from notifier.parts import Parts
from notifier.web.app import create_app
from tests.postgresql import running

QUICK, FULL = 50_000, 1_000_000
LETTERS_EACH: Final = 5
KINDS: Final = 65_521
TIMES: Final = 50
DAYS: Final = 60
PASSWORD: Final = "a pass phrase nobody types"  # noqa: S105 - of a bench

# Of each hundred: two failed, two dropped, one too old, the rest sent; the last send is still under way.
_DELIVERIES: Final = text("""
INSERT INTO deliveries (site_id, letter_id, subscriber_id, kind, about_id, lane, state, reason, detail, attempts,
  next_attempt_at, expires_at, created_at, finished_at)
SELECT :site, 1, reader.id, 'digest', send, 'digests',
  CASE WHEN send = :sends AND n % 20 = 0 THEN 'queued' WHEN roll < 2 THEN 'failed' WHEN roll < 4 THEN 'dropped'
    WHEN roll = 4 THEN 'expired' ELSE 'sent' END,
  CASE WHEN send = :sends AND n % 20 = 0 THEN NULL WHEN roll = 0 THEN 'refused' WHEN roll = 1 THEN 'attempts'
    WHEN roll < 4 THEN 'unsubscribed' WHEN roll = 4 THEN 'too_old' END,
  '250 2.0.0 queued as 4XyZ' || n, 1, at, at + interval '20 hours', at, at + interval '10 minutes'
FROM generate_series(1, :sends) AS send
CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - (:sends - send) * interval '1 day' AS at) AS moment
CROSS JOIN LATERAL (SELECT id, row_number() OVER (ORDER BY id) AS n FROM subscribers WHERE site_id = :site
  ORDER BY id LIMIT :each OFFSET (send * 7919 % 5) * (:readers - :each) / 5) AS reader
CROSS JOIN LATERAL (SELECT (n * 31 + send) % 100 AS roll) AS dice
ORDER BY send, reader.id
""")
_RUNS: Final = text("""
INSERT INTO runs (site_id, frequency, slot, created_at, planned_at, planned_count, seen)
SELECT :site, 'daily', CAST(:now AS timestamptz) - (:sends - send) * interval '1 day' - interval '7 minutes',
  :now, :now, :each, '[]' FROM generate_series(1, :sends) AS send
""")


@dataclass(frozen=True, slots=True)
class Filled:
    """What the pages are about."""

    paths: dict[str, str]
    deliveries: int


def main() -> None:
    """Fill a database, log in, open every page fifty times, and say how long that took."""
    size = options(__doc__ or "", "readers", QUICK, FULL).size
    begun = time.perf_counter()
    with running() as server:
        url = server.create()
        parts = quiet_parts(environment(database_url=url))
        try:
            filled = fill_desk(parts, size)
            fill_s = time.perf_counter() - begun
            client = logged_in(parts)
            p95 = {page: measured(client, path) for page, path in filled.paths.items()}
            version = server_version(parts.db)
        finally:
            parts.db.close()
            server.drop(url)
    say(
        readers=size, deliveries=filled.deliveries, p95_ms=p95, worst_ms=max(p95.values()), times=TIMES,
        fill_s=round(fill_s, 1), rss_mb=peak_mb(), all_seconds=round(time.perf_counter() - begun, 1),
        postgresql=version,
    )  # fmt: skip


def fill_desk(parts: Parts, readers: int) -> Filled:
    """Readers with three subscriptions each, and sixty daily digests behind them."""
    now = datetime.now(UTC)
    fill(parts, Crowd(readers, KINDS, mixed=20, others=25), now)
    with parts.db.writing() as session:
        site = session.scalars(select(Site.id)).one()
        session.execute(text("DELETE FROM runs"))
        session.execute(text("ALTER SEQUENCE runs_id_seq RESTART"))
        given: dict[str, Any] = {
            "site": site, "sends": DAYS, "readers": readers, "each": readers * LETTERS_EACH // DAYS, "now": now,
        }  # fmt: skip
        session.execute(_RUNS, given)
        session.execute(_DELIVERIES, given)
        tally.rebuild(session)
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    census.count(parts, now)
    return Filled(_paths(parts, site, now), given["each"] * DAYS)


def logged_in(parts: Parts) -> TestClient:
    """A browser of an owner."""
    now = datetime.now(UTC)
    token = staff.invite(parts, "owner@bench.example", Role.OWNER, "ar", Actor("cli"), now)
    cookie = staff.accept(parts, token, "bench", PASSWORD, Browser("", "bench"), now)
    client = TestClient(create_app(parts, now=lambda: datetime.now(UTC)), base_url="https://bench.example")
    client.cookies.set("__Host-desk", cookie or "")
    return client


def measured(client: TestClient, path: str) -> float:
    """Milliseconds that 95 of a hundred looks at a page stay below."""
    spent = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = client.get(path, follow_redirects=False)
        spent.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:  # noqa: PLR2004 - a page
            raise RuntimeError(f"{path}: {answer.status_code}")
    p95 = round(statistics.quantiles(spent, n=20)[-1], 1)
    print(f"{path:60} {p95:8.1f} ms", flush=True)
    return p95


def _paths(parts: Parts, site: int, now: datetime) -> dict[str, str]:
    with parts.db.reading() as session:
        reader = session.scalars(select(Delivery.subscriber_id).order_by(Delivery.id.desc()).limit(1)).one()
    at = "/desk/at/bench"
    running_, done = f"{at}/deliveries/digest-{DAYS}", f"{at}/deliveries/digest-{DAYS // 2}"
    slots = digests.ahead(parts, site, now).slots
    return {
        "overview": at, "deliveries": f"{at}/deliveries", "send_running": running_, "send_done": done,
        "send_failed": f"{done}?state=failed", "send_refused": f"{done}?state=failed&reason=refused",
        "send_queued": f"{running_}?state=queued", "person": f"{at}/deliveries/person/{reader}",
        "calendar": f"{at}/calendar", "slot": f"{at}/calendar/{name(slots[0])}", "charts": f"{at}/charts",
        "people": "/desk/people", "log": "/desk/log", "me": "/desk/me",
    }  # fmt: skip


if __name__ == "__main__":
    main()
