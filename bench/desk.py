"""How long the pages of the editors' desk take, with many subscribers and deliveries in PostgreSQL.

`--kept URL` measures in a database that stays: filled where it is empty; the list is imported into a copy of it.
"""

import secrets
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from bench import imports
from bench.fill_desk import DAYS, fill_desk
from bench.place import environment, options, peak_mb, quiet_parts, say, server_version
from notifier import census, digests, migrate, staff
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.digests import name
from notifier.domain.desk_words import Role
from notifier.models import Delivery, Import, Issue, Item, Site, Subscriber, Tag, Topic
from notifier.parts import Parts
from notifier.web.app import create_app
from tests.postgresql import PostgreSQL, running

QUICK, FULL = 50_000, 1_000_000
TIMES: Final = 50
FEW: Final = 3
"""Looks at each page of a database that is too small to say how long they take, but not to say that they open."""
PASSWORD: Final = "a pass phrase nobody types"  # noqa: S105 - of a bench


def main() -> None:
    """Fill a database, log in, open every page fifty times, import a list, and say how long all that took."""
    given = options(__doc__ or "", "readers", QUICK, FULL, keeps=True)
    begun = time.perf_counter()
    with _database(given.kept) as url:
        with _opened(url) as parts:
            figures = _measure(parts, given.size)
        with _copied(url) as copy, _opened(copy) as parts:
            speed = round(imports.import_rows_per_s(parts, given.size))
    say(**figures, import_rows_per_s=speed, rss_mb=peak_mb(), all_seconds=round(time.perf_counter() - begun, 1))


def logged_in(parts: Parts) -> TestClient:
    """A browser of an owner."""
    now = datetime.now(UTC)
    address = f"owner-{secrets.token_hex(4)}@bench.example"
    token = staff.invite(parts, address, Role.OWNER, "ar", Actor("cli"), now)
    cookie = staff.accept(parts, token, "bench", PASSWORD, Browser("", "bench"), now)
    client = TestClient(create_app(parts, now=lambda: datetime.now(UTC)), base_url="https://bench.example")
    client.cookies.set("__Host-desk", cookie or "")
    return client


def measured(client: TestClient, path: str, times: int) -> float:
    """Milliseconds that 95 of a hundred looks at a page stay below."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = client.get(path, follow_redirects=False)
        spent.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:  # noqa: PLR2004 - a page
            raise RuntimeError(f"{path}: {answer.status_code}")
    p95 = round(statistics.quantiles(spent, n=20)[-1], 1)
    print(f"{path:70} {p95:8.1f} ms", flush=True)
    return p95


def _measure(parts: Parts, size: int) -> dict[str, Any]:
    begun, now = time.perf_counter(), datetime.now(UTC)
    with parts.db.reading() as session:
        is_full = session.scalar(select(Site.id).limit(1)) is not None
    if not is_full:
        fill_desk(parts, size, now)
    fill_s = time.perf_counter() - begun
    client, begun = logged_in(parts), time.perf_counter()
    census.count(parts, now)
    census_s = time.perf_counter() - begun
    times = TIMES if size >= QUICK else FEW
    p95 = {page: measured(client, path, times) for page, path in paths(parts, now).items()}
    with parts.db.reading() as session:
        letters = session.scalar(select(func.count(Delivery.id))) or 0
    return {
        "readers": size, "deliveries": letters, "p95_ms": p95, "worst_ms": max(p95.values()), "times": times,
        "fill_s": round(fill_s, 1), "census_s": round(census_s, 2),
        "postgresql": server_version(parts.db),
    }  # fmt: skip


@contextmanager
def _database(kept: str) -> Iterator[str]:
    if kept:
        migrate.upgrade(kept)
        yield kept
        return
    with running() as server:
        url = server.create()
        yield url
        server.drop(url)


@contextmanager
def _copied(url: str) -> Iterator[str]:
    """What is measured in it stays out of the database that it is a copy of."""
    server = PostgreSQL(url)
    copy = server.copy(url)
    try:
        yield copy
    finally:
        server.drop(copy)


@contextmanager
def _opened(url: str) -> Iterator[Parts]:
    parts = quiet_parts(environment(database_url=url))
    try:
        yield parts
    finally:
        parts.db.close()


def paths(parts: Parts, now: datetime) -> dict[str, str]:
    """The pages, by name."""
    at = "/desk/at/bench"
    with parts.db.reading() as session:
        site = session.scalars(select(Site.id).where(Site.slug == "bench")).one()
        reader = session.scalars(select(func.max(Subscriber.id)).where(Subscriber.site_id == site)).one()
        topic = session.scalars(select(Topic.id).where(Topic.name == "category:قسم 3")).one()
        rare, list_, issue = (
            session.scalar(select(func.max(one.id)).where(one.site_id == site)) for one in (Tag, Import, Issue)
        )
        names = select(Tag.name).where(Tag.site_id == site).order_by(Tag.id)
        article = session.scalar(select(func.max(Item.id)).where(Item.site_id == site, Item.guid.not_like("archive-%")))
        common, *_, rarest = session.scalars(names).all()
    slots = digests.ahead(parts, site, now).slots
    going, done, people = f"{at}/deliveries/digest-{DAYS}", f"{at}/deliveries/digest-{DAYS // 2}", f"{at}/subscribers"

    def sought(words: str) -> str:
        # As the form of the list sends an editor on.
        return f"{people}?{urlencode({'sought': parts.sealer.seal(words, f'sought:{site}:open')})}"

    return {
        "overview": at, "deliveries": f"{at}/deliveries", "send_running": going, "send_done": done,
        "send_failed": f"{done}?state=failed", "send_refused": f"{done}?state=failed&reason=refused",
        "send_queued": f"{going}?state=queued", "send_sending": f"{going}?state=sending",
        "send_sent_later": f"{done}?state=sent&after=1000000", "person": f"{at}/deliveries/person/{reader}",
        "calendar": f"{at}/calendar", "slot": f"{at}/calendar/{name(slots[0])}", "charts": f"{at}/charts",
        "subscribers": people, "subscribers_by_address": sought("r99"),
        "subscribers_by_name": sought("99999"), "subscribers_by_no_name": sought("nobodyofthatname"),
        "subscribers_by_topic": f"{people}?topic={topic}", "subscribers_by_tag": f"{people}?tag={rare}",
        "subscribers_suppressed": f"{people}?state=suppressed", "subscribers_pending": f"{people}?state=pending",
        "subscribers_english": f"{people}?language=en", "subscribers_hebrew": f"{people}?language=he",
        "subscribers_lately": f"{people}?since={now.date().isoformat()}",
        "subscribers_narrow": f"{people}?topic={topic}&tag={rare}&state=suppressed&language=en",
        "subscriber": f"{people}/{reader}", "acts": f"{at}/acts", "imports": f"{at}/imports",
        "import": f"{at}/imports/{list_}", "issues": f"{at}/issues", "issue": f"{at}/issues/{issue}",
        "issue_edit": f"{at}/issues/{issue}/edit", "issue_edit_all": f"{at}/issues/{(issue or 0) - 1}/edit",
        "issue_search": f"{at}/issues/{issue}/edit?q=الجسر",
        "issue_count": f"{at}/issues/{issue}/count?source=mailchimp",
        "issue_count_tag": f"{at}/issues/{issue}/count?{urlencode({'tag': common})}",
        "issue_count_rare_tag": f"{at}/issues/{issue}/count?{urlencode({'tag': rarest})}",
        "issue_count_alive": f"{at}/issues/{issue}/count?alive_days=30",
        "issue_count_nobody": f"{at}/issues/{issue}/count?source=comments-reloaded",
        "issue_preview": f"{at}/issues/{issue}/preview", "issue_send": f"{at}/issues/{issue}/send",
        "suppressions": f"{at}/suppressions", "articles": f"{at}/articles", "article": f"{at}/articles/{article}",
        "articles_search": f"{at}/articles?{urlencode({'q': 'رقمه 777'})}",
        "articles_nothing": f"{at}/articles?{urlencode({'q': 'لا خبر كهذا'})}",
        "setup": f"{at}/setup", "sources": f"{at}/setup/sources", "templates": f"{at}/setup/templates",
        "accounts": f"{at}/setup/accounts", "keys": f"{at}/setup/keys", "webhooks": f"{at}/setup/webhooks",
        "people": "/desk/people", "log": "/desk/log", "me": "/desk/me",
    }  # fmt: skip


if __name__ == "__main__":
    main()
