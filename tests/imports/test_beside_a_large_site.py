"""A list for a site that PostgreSQL's statistics know nothing of: they were made when only a large one was there."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from notifier.bulk import weigh
from notifier.consent import merging
from notifier.consent.merging import Staged
from notifier.imports import taking
from notifier.models import Site, Subscriber, Suppression
from notifier.sites import NewSite, add_site
from tests.imports.conftest import POLITICS, Bench
from tests.imports.test_meeting import row

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""SQLite looks rows up as it is told."""

LARGE = 20_000
_READERS = """
INSERT INTO subscribers (site_id, address, address_key, address_hash, name, language, time_zone, digest_hour,
  digest_weekday, generation, may_track, letters_day, letters_that_day, created_at, changed_at)
SELECT :site, at, at, md5(at) || md5(at), '', 'ar', 'UTC', 7, 0, 0, false, '', 0, now(), now()
FROM generate_series(1, :many) AS n CROSS JOIN LATERAL (SELECT 'r' || n || '@example.org' AS at) AS address
"""
_SUPPRESSIONS = """
INSERT INTO suppressions (site_id, address_hash, domain, reason, source, at, lifted_reason)
SELECT site_id, address_hash, '', 'bounced', 'smtp', now(), '' FROM subscribers
"""


@pytest.fixture
def young(bench: Bench) -> Site:
    """A site without readers, beside one with many that PostgreSQL has looked at."""
    world = bench.world
    with world.parts.db.writing() as session:
        session.execute(text(_READERS), {"site": world.site.id, "many": LARGE})
        session.execute(text(_SUPPRESSIONS))
        weigh(session, Subscriber, Suppression)
        return add_site(session, NewSite(slug="young", name="جديد", sender_address="new@example.org"), world.now)


@pytest.fixture
def judging(bench: Bench) -> Iterator[list[str]]:
    """How PostgreSQL means to run each statement that judges a batch."""
    plans: list[str] = []

    def explain(connection: Connection, _cursor: object, statement: str, given: Any, *_about: object) -> None:
        if statement.startswith("INSERT INTO incoming_judged"):
            lines = connection.exec_driver_sql(f"EXPLAIN {statement}", given)
            plans.append("\n".join(lines.scalars()))

    engine = bench.world.parts.db.engine
    event.listen(engine, "before_cursor_execute", explain)
    yield plans
    event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.long
def test_a_row_is_looked_up_by_its_address_and_not_among_all_readers_of_its_site(
    bench: Bench, young: Site, judging: list[str]
) -> None:
    with bench.world.parts.db.writing() as session:
        merging.stage(session, Staged([row(1, "a@example.org")]))
        assert merging.judge(session, young.id) == {"new": 1}
    (plan,) = judging
    assert "using uq_subscribers_site_id_address_key" in plan
    assert "using uq_suppressions_site_id_address_hash" in plan


@pytest.mark.long
def test_postgresql_knows_the_site_when_a_long_list_is_in(
    bench: Bench, young: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 100)
    bench.world.site = young
    bench.world.topics([POLITICS])
    path = bench.file("email\n" + "".join(f"n{n}@example.org\n" for n in range(200)))
    assert _known_sites(bench) == f"{{{young.id - 1}}}"
    bench.run(path)
    assert _known_sites(bench) == f"{{{young.id - 1},{young.id}}}"


def _known_sites(bench: Bench) -> str:
    found = (
        "SELECT CAST(most_common_vals AS text) FROM pg_stats WHERE tablename = 'subscribers' AND attname = 'site_id'"
    )
    with bench.world.parts.db.reading() as session:
        return str(session.scalar(text(found)))
