"""Kill anything, any time: real worker, beat, Valkey and SMTP, on SQLite and on PostgreSQL."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert, select

from notifier import assembly, flow, settings
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind
from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer
from notifier.embedded.tree import Job, Tree
from notifier.embedded.valkey import Valkey
from notifier.models import Site, Subscriber, Subscription, Topic
from notifier.parts import Parts
from notifier.processes import beat_argv, worker_argv
from notifier.sites import NewSite, add_site

CONCURRENCY = 2
PATIENCE_S = 90.0


class Works:
    """A worker and beat at work on one database, and the inbox that counts what arrives."""

    def __init__(self, stack: ExitStack, folder: Path, database_url: str, redis_url: str) -> None:
        self.inbox = Inbox(folder / "inbox.db")
        stack.callback(self.inbox.close)
        server = stack.enter_context(InboxServer(self.inbox, now=lambda: datetime.now(UTC)))
        env = {
            **os.environ,
            "NOTIFIER_SECRET_KEY": "tests-only-0123456789-abcdefghijklmnop",
            "NOTIFIER_DATABASE_URL": database_url,
            "NOTIFIER_REDIS_URL": redis_url,
            "NOTIFIER_SMTP_PORT": str(server.port),
            "NOTIFIER_SMTP_TLS": "off",
            "NOTIFIER_SEND_RATE_PER_S": "2000",
            "NOTIFIER_SEND_BURST": "2000",
            "NOTIFIER_CHUNK_SIZE": "200",
            "NOTIFIER_LEASE_S": "5",
            "NOTIFIER_TICK_S": "1",
            "NOTIFIER_SWEEP_S": "1",
            "NOTIFIER_OVERDUE_S": "1",
            "NOTIFIER_LOG_LEVEL": "warning",
        }
        self.parts: Parts = assembly.assemble(settings.of(env))
        stack.callback(self.parts.db.close)
        self.tree = stack.enter_context(Tree(folder))
        self.tree.start(Job("worker", worker_argv(CONCURRENCY), env))
        self.tree.start(Job("beat", [*beat_argv(), "--schedule", str(folder / "schedule")], env))

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Keep the processes running until this is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.inbox.count(), flow.status(self.parts))
            self.tree.watch()
            time.sleep(0.05)


@pytest.fixture
def works(tmp_path: Path, database_url: str, valkey: Valkey) -> Iterator[Works]:
    with ExitStack() as stack:
        yield Works(stack, tmp_path, database_url, valkey.url)


def fill(parts: Parts, readers: int) -> int:
    """A site with so many instant readers of one category; gives its id."""
    now = datetime.now(UTC)
    with parts.db.writing() as session:
        site = add_site(session, NewSite("kill", "صحيفة", "news@kill.example"), now)
        session.add(Topic(site_id=site.id, name="category:سياسة", label="سياسة"))
        session.flush()
        session.execute(insert(Subscriber), [row(site, n, now) for n in range(readers)])
        topic = session.scalars(select(Topic.id)).one()
        mine = session.scalars(select(Subscriber.id))
        session.execute(
            insert(Subscription),
            [
                {"subscriber_id": one, "topic_id": topic, "frequency": Frequency.INSTANT, "created_at": now}
                for one in mine
            ],
        )
        return site.id


def row(site: Site, n: int, now: datetime) -> dict[str, object]:
    address = f"r{n}@example.org"
    return {
        "site_id": site.id, "address": address, "address_key": address, "address_hash": f"{n:064d}", "language": "ar",
        "time_zone": "Asia/Baghdad", "digest_hour": 8, "digest_weekday": 5, "confirmed_at": now, "created_at": now,
        "changed_at": now,
    }  # fmt: skip


def kill_worker(works: Works) -> None:
    """The parent and every child of it, at once, as a power cut would."""
    parent = psutil.Process(works.tree.pid("worker"))
    for process in [*parent.children(recursive=True), parent]:
        process.send_signal(signal.SIGKILL)


def kill_child(works: Works) -> None:
    """One process of the pool."""
    psutil.Process(works.tree.pid("worker")).children()[0].send_signal(signal.SIGKILL)


def flush_redis(works: Works) -> None:
    """Everything in Redis is gone; nobody says so."""
    import redis  # noqa: PLC0415 - only here

    with redis.Redis.from_url(works.parts.settings.redis_url.get_secret_value()) as client:
        client.flushall()


@pytest.mark.timeout(180)
def test_killing_the_worker_in_mid_send_loses_no_letter(works: Works) -> None:
    send_through(works, 2000, [kill_worker], doubled_most=CONCURRENCY)


@pytest.mark.timeout(180)
def test_a_killed_child_an_emptied_redis_and_a_killed_worker_lose_no_letter(works: Works) -> None:
    send_through(works, 500, [kill_child, flush_redis, kill_worker], doubled_most=1 + CONCURRENCY)


def send_through(works: Works, letters: int, faults: list[Callable[[Works], None]], doubled_most: int) -> None:
    """Send an alert to so many readers, with these faults on the way, and look at what arrived."""
    site_id = fill(works.parts, letters)
    story = NewItem(ItemKind.ARTICLE, "1", title="خبر عاجل", html="<p>نص</p>", categories=("سياسة",))
    flow.ingest_items(works.parts, site_id, [story], datetime.now(UTC))
    for n, fault in enumerate(faults, start=1):
        share = letters * n // (len(faults) + 2)
        works.wait(partial(has_come, works, share))
        fault(works)
    works.wait(lambda: flow.status(works.parts).balance.sent == letters)
    counts = works.inbox.counts_by_recipient()
    balance = flow.status(works.parts).balance
    assert len(counts) == letters, "lost"
    assert sum(counts.values()) - letters <= doubled_most, "doubled more than was on the wire"
    assert balance.is_balanced
    assert (balance.planned, balance.sent) == (letters, letters)


def has_come(works: Works, letters: int) -> bool:
    return works.inbox.count() >= letters
