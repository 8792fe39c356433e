"""A site whose letters about comments can be answered, a place that takes the answers, and a letter to answer."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from notifier import mailroom
from notifier.db import Database
from notifier.domain.words import Frequency
from notifier.feedback.door import Arrival, place_of
from notifier.mailroom import Verdict
from notifier.models import Reply, Site
from notifier.sources.fetch import Fetcher
from tests.databases import DIALECTS
from tests.postgresql import PostgreSQL
from tests.world import World, make_world

ME, SHE, HE = "layla@example.org", "salem@example.org", "huda@example.org"
DOMAIN = "answers.rafidain.example"


@dataclass
class Paper:
    """The site that replies are posted to; it answers with `status`."""

    port: int
    status: int = 200
    body: bytes = b"{}"
    more: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/replies"


@pytest.fixture
def paper() -> Iterator[Paper]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(here.status)
            for name, value in {"Content-Type": "application/json", **here.more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(here.body)))
            self.end_headers()
            self.wfile.write(here.body)

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    here = Paper(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def world(db: Database, tmp_path: Path, paper: Paper) -> World:
    return replying(db, tmp_path / "journal", paper)


def replying(db: Database, folder: Path, paper: Paper) -> World:
    """A world whose letters about comments can be answered, and whose site takes the answers at this place."""
    found = make_world(db, folder).with_settings(inbound_domain=DOMAIN, thread_hold_s=120)
    found.parts = replace(found.parts, fetch=Fetcher(5, 100_000, (f"127.0.0.1:{paper.port}",)))
    with found.parts.db.writing() as session:
        session.execute(update(Site).values(replies_url=paper.url))
    return found


@dataclass
class Talk:
    """A reader, the letter that came, and what is answered to it."""

    world: World
    address: str
    """What stands in its Reply-To."""
    comments: dict[str, int]

    def arrive(self, data: bytes, mail_from: str | None = ME, to: str = "") -> Verdict:
        """An answer comes in by whatever way."""
        place = place_of(to or self.address, DOMAIN, self.world.parts.signer)
        assert place is not None
        return mailroom.take_in(self.world.parts, Arrival(place, data, mail_from), self.now)

    @property
    def now(self) -> datetime:
        return self.world.now

    def rows(self) -> list[Reply]:
        """Every reply there is."""
        with self.world.parts.db.reading() as session:
            return list(session.scalars(select(Reply).order_by(Reply.id)))

    def row(self) -> Reply:
        """The only one."""
        (one,) = self.rows()
        return one


@dataclass(frozen=True, slots=True)
class Sent:
    """The letter that the tests answer, in a database to copy: sending it anew takes longer than they do."""

    url: str
    address: str
    comments: dict[str, int]
    at: datetime


def _send(url: str, folder: Path) -> Sent:
    """Layla commented, got three answers and one letter about them."""
    db = Database(url)
    world = make_world(db, folder).with_settings(inbound_domain=DOMAIN, thread_hold_s=120)
    with db.writing() as session:
        session.execute(update(Site).values(replies_url="https://rafidain.example/replies"))
    world.article("1", title="منسوب دجلة")
    world.comment("mine", "1", author_address=ME)
    world.reader(ME, "mine:1", "thread:1", frequency=Frequency.INSTANT, name="ليلى البصري")
    comments = {
        "first": world.comment("first", "1", "mine", author_address=SHE, author_name="سالم"),
        "second": world.comment("second", "1", "mine", author_address=HE, author_name="هدى"),
        "other": world.comment("other", "1", author_address=SHE, author_name="سالم"),
    }
    world.work()
    for _ in range(8):
        world.later(minutes=1)
        world.tick()
    (letter,) = world.letters()
    db.close()
    return Sent(url, parseaddr(letter["Reply-To"])[1], comments, world.now)


@pytest.fixture(scope="session")
def sqlite_sent(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """The letter, in a file."""
    folder = tmp_path_factory.mktemp("sent")
    path = shutil.copy(sqlite_template, folder / "notifier.db")
    return _send(f"sqlite:///{path}", folder / "journal")


@pytest.fixture(scope="session")
def postgresql_sent(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """The letter, in PostgreSQL."""
    return _send(postgresql.create(), tmp_path_factory.mktemp("sent"))


@pytest.fixture
def talk(request: pytest.FixtureRequest, db: Database, tmp_path: Path, paper: Paper) -> Talk:
    """Layla commented, got three answers and one letter about them."""
    sent: Sent = request.getfixturevalue(f"{db.engine.dialect.name}_sent")
    found = replying(db, tmp_path / "journal", paper)
    found.now = sent.at
    return Talk(found, sent.address, sent.comments)


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database: with that letter where the test has a talk, else a fresh one; on SQLite and on PostgreSQL."""
    is_sent = "talk" in request.fixturenames
    if request.param == "sqlite":
        made = request.getfixturevalue("sqlite_sent" if is_sent else "sqlite_template")
        path = made.url.removeprefix("sqlite:///") if is_sent else made
        yield f"sqlite:///{shutil.copy(path, tmp_path / 'notifier.db')}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.copy(request.getfixturevalue("postgresql_sent").url) if is_sent else server.create()
    yield url
    server.drop(url)


def mail(
    body: str = "شكراً، فهمت.", *headers: str, sender: str = ME, name: str = "1@phone.example", **more: Any
) -> bytes:
    """An answer as somebody's program writes it."""
    charset = more.get("charset", "utf-8")
    head = [
        f"From: =?utf-8?b?2YTZitmE2Yk=?= <{sender}>",
        f"To: {more.get('to', 'news@rafidain.example')}",
        "Subject: Re: =?utf-8?b?2YbZgtin2LQ=?=",
        f"Message-ID: <{name}>",
        "Date: Mon, 23 Nov 2026 12:00:00 +0300",
        *headers,
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body.replace("\n", "\r\n").encode(charset)
