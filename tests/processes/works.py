"""A worker and beat at work as real processes, the inbox that counts what arrives, and the ways to break them."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert, select

from notifier import assembly, flow, settings
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind, State
from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer
from notifier.embedded.tree import Job, Tree
from notifier.models import Delivery, Site, Subscriber, Subscription, Topic
from notifier.parts import Parts
from notifier.processes import APP, beat_argv, worker_argv
from notifier.sites import NewSite, add_key, add_site
from tests.world import SECRET

CONCURRENCY = 2
PATIENCE_S = 90.0
ROOT = Path(__file__).parents[2]


class Works:
    """One database, the processes at work on it, and the inbox their letters reach."""

    def __init__(self, stack: ExitStack, folder: Path, database_url: str, redis_url: str, **knobs: str) -> None:
        self.folder = folder
        self.inbox = Inbox(folder / "inbox.db")
        stack.callback(self.inbox.close)
        self.server = stack.enter_context(InboxServer(self.inbox, now=lambda: datetime.now(UTC)))
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NOTIFIER_SECRET_KEY": SECRET,
            "NOTIFIER_DATABASE_URL": database_url,
            "NOTIFIER_REDIS_URL": redis_url,
            "NOTIFIER_SMTP_PORT": str(self.server.port),
            "NOTIFIER_SMTP_TLS": "off",
            "NOTIFIER_SEND_RATE_PER_S": "2000",
            "NOTIFIER_SEND_BURST": "2000",
            "NOTIFIER_MX_LOOKUPS": "false",
            "NOTIFIER_QUIET_FROM_H": "0",
            "NOTIFIER_QUIET_UNTIL_H": "0",
            "NOTIFIER_JOURNAL_FOLDER": str(folder / "journal"),
            "NOTIFIER_CHUNK_SIZE": "200",
            "NOTIFIER_LEASE_S": "10",
            "NOTIFIER_TASK_SLICE_S": "0.5",
            "NOTIFIER_TASK_LONGEST_S": "0.5",
            "NOTIFIER_SMTP_CONNECT_TIMEOUT_S": "1",
            "NOTIFIER_SMTP_REPLY_TIMEOUT_S": "5",
            "NOTIFIER_TICK_S": "1",
            "NOTIFIER_SWEEP_S": "1",
            "NOTIFIER_OVERDUE_S": "1",
            "NOTIFIER_LOG_LEVEL": "warning",
            **{f"NOTIFIER_{name.upper()}": value for name, value in knobs.items()},
        }
        self.parts: Parts = assembly.assemble(settings.of(self.env))
        stack.callback(self.parts.db.close)
        self.tree = stack.enter_context(Tree(folder))
        # What a test is done with needs no time to end.
        stack.callback(self.tree.stop, 0)
        self.key = ""

    def start(self) -> None:
        """Put a worker and beat to work."""
        self.tree.start(Job("worker", worker_argv(CONCURRENCY), self.env))
        self.start_beat()

    def start_beat(self, app: str = APP) -> None:
        """Beat alone."""
        schedule = str(self.folder / "schedule")
        self.tree.start(Job("beat", [*beat_argv(app), "--schedule", schedule], self.env))

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Keep the processes running until this is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.inbox.count(), flow.status(self.parts), self.log("worker")[-4000:])
            self.tree.watch()
            time.sleep(0.05)

    def log(self, name: str) -> str:
        """What a process has logged."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def fill(self, readers: int) -> int:
        """Make a site with so many instant readers of one category; gives its id."""
        now = datetime.now(UTC)
        with self.parts.db.writing() as session:
            site = add_site(session, NewSite("works", "صحيفة", "news@works.example"), now)
            self.key = add_key(session, site, "works", ["items:write", "items:read"], now)
            session.add(Topic(site_id=site.id, name="category:سياسة", label="سياسة"))
            session.flush()
            session.execute(insert(Subscriber), [_reader(site, n, now) for n in range(readers)])
            topic = session.scalars(select(Topic.id)).one()
            mine = session.scalars(select(Subscriber.id))
            follows = {"topic_id": topic, "frequency": Frequency.INSTANT, "created_at": now}
            session.execute(insert(Subscription), [{"subscriber_id": one, **follows} for one in mine])
            return site.id

    def publish(self, site_id: int, guid: str = "1") -> None:
        """An article that all readers are owed."""
        story = NewItem(ItemKind.ARTICLE, guid, title="خبر عاجل", html="<p>نص</p>", categories=("سياسة",))
        flow.ingest_items(self.parts, site_id, [story], datetime.now(UTC))

    def has_come(self, letters: int) -> bool:
        """Whether so many letters have arrived."""
        return self.inbox.count() >= letters

    def sent(self) -> int:
        """How many the books say were sent."""
        return flow.status(self.parts).balance.sent

    def all_wait_for(self, reason: str, letters: int) -> bool:
        """Whether so many letters wait for this reason, and no try was counted."""
        waiting = (Delivery.state == State.QUEUED, Delivery.reason == reason, Delivery.attempts == 0)
        with self.parts.db.reading() as session:
            return len(session.scalars(select(Delivery.id).where(*waiting)).all()) == letters

    def check_books(self, letters: int, doubled_most: int = 0) -> None:
        """Nothing lost, at most so many doubled, and the books balance."""
        counts = self.inbox.counts_by_recipient()
        balance = flow.status(self.parts).balance
        assert len(counts) == letters, "lost"
        assert sum(counts.values()) - letters <= doubled_most, "doubled more than was on the wire"
        assert balance.is_balanced
        assert (balance.planned, balance.sent) == (letters, letters)


def _reader(site: Site, n: int, now: datetime) -> dict[str, Any]:
    address = f"r{n}@example.org"
    return {
        "site_id": site.id, "address": address, "address_key": address, "address_hash": f"{n:064d}", "language": "ar",
        "time_zone": "Asia/Baghdad", "digest_hour": 8, "digest_weekday": 5, "confirmed_at": now, "created_at": now,
        "changed_at": now,
    }  # fmt: skip


def kill(works: Works, processes: list[psutil.Process]) -> int:
    """Stop them, look how many letters may be on the wire, and end them."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    to_us = [one for process in processes for one in process.net_connections("tcp") if one.raddr]
    for process in processes:
        process.send_signal(signal.SIGKILL)
    return sum(one.raddr.port == works.server.port for one in to_us)
