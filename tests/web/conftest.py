"""A site with two sections, its web application, and people to visit it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier import assembly, flow, readers, upkeep
from notifier.budget import Limit, LocalBudget
from notifier.consent.signing_in import Visitor
from notifier.consent.signup import SignUpForm
from notifier.db import Database
from notifier.doctor import Finding, Report
from notifier.domain import topics
from notifier.domain.items import NewItem
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.words import ItemKind
from notifier.models import ApiKey, Base, Delivery, OneTimeToken, ReaderSession, Site, Subscriber
from notifier.parts import Parts
from notifier.queue import to_sign_up
from notifier.ring import queue_depths
from notifier.settings import Settings
from notifier.transports.memory import MemoryTransport
from notifier.web.app import create_app
from notifier.web.edge import Edge
from tests.databases import DIALECTS
from tests.postgresql import PostgreSQL

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
SECRET = "kR7-wq2_ZpL0vXc9sTf3bNg6hYdJ4mQe"
KNOBS: dict[str, Any] = {
    "secret_key": SECRET,
    "base_url": "https://naba.example",
    "confirm_gap_s": 0,
    "mx_lookups": False,
    "signup_work": 20,
}
POLITICS = topics.category("سياسة")
FORM = {"address": "layla@example.org", "topic": POLITICS, "frequency": "daily"}


@dataclass
class Visit:
    """The application with a browser in front and the rows behind."""

    parts: Parts
    client: TestClient
    transport: MemoryTransport
    now: datetime = NOW
    site_id: int = 1

    def rows(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        with self.parts.db.reading() as session:
            return {
                table.name: sorted(map(repr, session.execute(select(table)).all()))
                for table in Base.metadata.sorted_tables
            }

    def sign_up(self, address: str = "layla@example.org", topic: str = POLITICS, frequency: str = "daily") -> None:
        """Fill the form in the reader's stead, and let a worker do what it rings for: less by half than a sweep."""
        form = SignUpForm(site="naba", address=address, topics=(topic,), frequency=frequency)
        nudge = to_sign_up(readers.request_signup(self.parts, form, self.now))
        upkeep.at_once(self.parts, nudge, lambda: self.now)

    def confirm(self, address: str = "layla@example.org", topic: str = POLITICS, frequency: str = "daily") -> str:
        """A confirmation link that works, straight into the database: the letter's own is only in the letter."""
        self.sign_up(address, topic, frequency)
        return self.new_link(address)

    def new_link(self, address: str) -> str:
        """A fresh token for the last sign-up of this address."""
        token = new_token()
        with self.parts.db.writing() as session:
            subscriber = session.scalars(select(Subscriber).where(Subscriber.address == address)).one()
            last = session.scalars(
                select(OneTimeToken.signup_id).order_by(OneTimeToken.id.desc()).limit(1)
            ).one_or_none()
            assert last, f"no letter asked {subscriber.id}"
            session.add(
                OneTimeToken(
                    signup_id=last,
                    token_hash=token_hash(token),
                    created_at=self.now,
                    expires_at=self.now + timedelta(hours=72),
                )
            )
        return token

    def hash_of(self, session: Session, address: str) -> str:
        """The keyed hash of a reader's address."""
        return session.scalars(select(Subscriber.address_hash).where(Subscriber.address == address)).one()

    def active(self, address: str = "layla@example.org", topic: str = POLITICS, frequency: str = "daily") -> int:
        """A reader with a confirmed subscription; gives the id."""
        readers.confirm(self.parts, self.confirm(address, topic, frequency), "", self.now)
        with self.parts.db.reading() as session:
            return session.scalars(select(Subscriber.id).where(Subscriber.address == address)).one()

    def visitor(self, reader: int, language: str = "ar") -> Visitor:
        """A reader with an open session, without the letter that leads to it."""
        until = self.now + timedelta(hours=1)
        with self.parts.db.writing() as session:
            row = ReaderSession(
                subscriber_id=reader, token_hash=token_hash(new_token()), created_at=self.now, expires_at=until,
                generation=session.get_one(Subscriber, reader).generation,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return Visitor(row.id, reader, self.site_id, language, until)

    def mail_text(self, index: int) -> str:
        """The text part of a letter that was sent."""
        body = message_from_bytes(self.transport.sent[index].data, policy=policy.default).get_body(("plain",))
        return str(body.get_content()) if body else ""

    def delivery(self, subscriber_id: int) -> int:
        """The newest delivery to this reader."""
        with self.parts.db.reading() as session:
            found = select(Delivery.id).where(Delivery.subscriber_id == subscriber_id).order_by(Delivery.id.desc())
            return session.scalars(found.limit(1)).one()

    def link(self, purpose: str, *ids: int) -> str:
        """The path of a signed link."""
        return f"/{purpose}/{self.parts.signer.sign(purpose, *ids)}"

    def work(self) -> None:
        """Do what workers would do now."""
        upkeep.drain(self.parts, lambda: self.now)

    def form(self, **fields: Any) -> dict[str, Any]:
        """A filled plain form, as somebody sends it who opened the page ten seconds ago."""
        opened = self.now - timedelta(seconds=10)
        return {**FORM, "stamp": self.edge.shield.stamp(self.site_id, opened), **fields}

    @property
    def edge(self) -> Edge:
        """What the application's endpoints stand on."""
        return cast("Edge", self.client.app.state.edge)  # type: ignore[attr-defined]  # TestClient's app is any ASGI

    def without_doctor(self, *findings: Finding) -> None:
        """Let the doctor find this, and ask no DNS."""
        app = self.client.app
        app.state.edge = replace(self.edge, doctor=lambda: Report(findings))  # type: ignore[attr-defined]  # as above

    def key(self, scopes: tuple[str, ...] = ("items:write", "items:read"), **values: Any) -> dict[str, str]:
        """The header of a fresh API key."""
        token = f"nk_{new_token()}"
        row = {"site_id": self.site_id, "name": "test", "created_at": self.now, "scopes": list(scopes), **values}
        with self.parts.db.writing() as session:
            session.add(ApiKey(**row, key_hash=token_hash(token)))
        return {"Authorization": f"Bearer {token}"}


def settings(**knobs: Any) -> Settings:
    """Settings of a test, whatever the environment says."""
    try:
        return _settings(tuple(sorted(knobs.items())))
    except TypeError:  # a knob that is a list or a table
        return Settings(**{**KNOBS, **knobs})


@lru_cache
def _settings(knobs: tuple[tuple[str, Any], ...]) -> Settings:
    return Settings(**{**KNOBS, **dict(knobs)})


def add_site(parts: Parts, slug: str, **values: Any) -> int:
    """A site's id."""
    site = {"name": "صحيفة النبأ", "language": "ar", "url": "https://naba.example", **values}
    with parts.db.writing() as session:
        row = Site(
            **site,
            slug=slug,
            sender_name="النبأ",
            sender_address="news@naba.example",
            sends_welcome=False,
            pepper="p" * 32,
            created_at=NOW,
        )
        session.add(row)
        session.flush()
        return row.id


def article(guid: str = "a1", **values: Any) -> NewItem:
    """An article of the section of politics."""
    first = {"title": "خبر أول", "html": "<p>نص الخبر</p>", "categories": ("سياسة",), "published_at": NOW}
    return NewItem(ItemKind.ARTICLE, guid, **{**first, **values})


@pytest.fixture
def knobs(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings that a test changes, by indirect parameters."""
    return getattr(request, "param", {})


@lru_cache
def _costly_parts() -> Parts:
    """What is the same in every test: templates compiled once. No letter waits for the clock on the wall."""
    return replace(
        assembly.assemble(settings(database_url="sqlite://")), budget=LocalBudget({"smtp": Limit(100_000, 100_000)})
    )


def _seed(url: str) -> None:
    """The site `naba` with three sections and an article in each, a day old."""
    before = NOW - timedelta(days=1)
    parts = replace(
        _costly_parts(), db=Database(url), bell=lambda _nudges: None, transports={"smtp": MemoryTransport()}
    )
    site_id = add_site(parts, "naba")
    sections = article("a2", title="مباراة", categories=("رياضة",)), article("a3", categories=("Tech",))
    flow.ingest_items(parts, site_id, [article(), *sections], before)
    upkeep.drain(parts, lambda: before)
    parts.db.close()


@pytest.fixture(scope="session")
def sqlite_naba(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded site in a file, to copy: making it anew for every test takes longer than most tests."""
    path = tmp_path_factory.mktemp("naba") / "notifier.db"
    shutil.copy(sqlite_template, path)
    _seed(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_naba(postgresql: PostgreSQL) -> str:
    """The same in PostgreSQL."""
    url = postgresql.create()
    _seed(url)
    return url


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that holds the seeded site, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_naba"), tmp_path / "notifier.db")
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.copy(request.getfixturevalue("postgresql_naba"))
    yield url
    server.drop(url)


@pytest.fixture
def visit(db: Database, empty_redis_url: str, knobs: dict[str, Any]) -> Iterator[Visit]:
    """The site `naba` as `_seed` made it, and the application before it."""
    transport = MemoryTransport()
    parts = replace(
        _costly_parts(),
        db=db,
        bell=lambda _nudges: None,
        depths=lambda: queue_depths(empty_redis_url),
        transports={"smtp": transport},
        settings=settings(redis_url=empty_redis_url, **knobs),
    )
    found = Visit(parts, None, transport)  # type: ignore[arg-type]  # the client needs the visit's clock
    with TestClient(create_app(parts, now=lambda: found.now), raise_server_exceptions=False) as client:
        found.client = client
        yield found
