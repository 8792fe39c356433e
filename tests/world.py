"""A small site with real parts, doubles only at the edge: the clock, the dice and the wire."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Email
from pathlib import Path
from typing import Any

from sqlalchemy import select

from notifier import flow, readers, settings, upkeep
from notifier.accounts import Accounts, LocalBreaker
from notifier.budget import Limit, LocalBudget
from notifier.consent.signup import SignUpForm
from notifier.db import Database
from notifier.domain.balance import Balance
from notifier.domain.items import NewItem
from notifier.domain.recipients import group_of
from notifier.domain.tokens import Signer
from notifier.domain.words import Frequency, ItemKind
from notifier.journal import Journal
from notifier.journal.folder import Folder
from notifier.models import Site, Subscriber, Topic
from notifier.parts import Parts
from notifier.queue import Nudge
from notifier.settings import Settings
from notifier.sites import NewSite, add_site
from notifier.sources.fetch import Fetcher
from notifier.stages.render import Press, Renderer
from notifier.transports.memory import MemoryTransport

SECRET = "tests-only-0123456789-abcdefghijklmnop"
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Twelve o'clock in Baghdad."""
RENDERER = Renderer(settings.templates_dir())
KNOBS = Settings(secret_key=SECRET, base_url="https://news.example")  # type: ignore[arg-type]  # pydantic wraps the secret


@dataclass
class World:
    """One site, its readers, and everything the flow needs; `now` moves when a test says so."""

    parts: Parts
    wire: MemoryTransport
    rung: list[Nudge]
    now: datetime = NOON
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        with self.parts.db.writing() as session:
            # Only the tests about welcomes count them.
            new = NewSite("rafidain", "صحيفة الرافدين", "news@rafidain.example", sends_welcome=False)
            # A copied database has it already.
            known = session.scalar(select(Site).where(Site.slug == new.slug))
            self.site = known or add_site(session, new, self.now - timedelta(days=30))

    def clock(self) -> datetime:
        """This world's time."""
        return self.now

    def later(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)

    def work(self) -> None:
        """Do what workers would do, until no nudge is left."""
        while self.rung:
            upkeep.act(self.parts, self.rung.pop(0), self.clock)

    def tick(self) -> None:
        """One beat, and the work it rings for."""
        upkeep.tick(self.parts, self.now)
        self.work()

    def article(self, guid: str, *categories: str, **given: Any) -> int:
        """Publish an article, and do nothing more."""
        given = {
            "title": f"خبر {guid}",
            "html": f"<p>نص القصة {guid}.</p>",
            "url": f"https://r.example/{guid}",
            **given,
        }
        return self.ingest(NewItem(ItemKind.ARTICLE, guid, categories=categories or ("سياسة",), **given))

    def comment(self, guid: str, article: str, parent: str = "", **given: Any) -> int:
        """Publish a comment, and do nothing more."""
        given = {"html": f"<p>تعليق {guid}</p>", "author_name": "زائر", **given}
        return self.ingest(NewItem(ItemKind.COMMENT, guid, article_guid=article, parent_guid=parent, **given))

    def ingest(self, item: NewItem) -> int:
        """Take one item in; gives its id."""
        (receipt,) = flow.ingest_items(self.parts, self.site.id, [item], self.now)
        assert receipt.item_id is not None, receipt
        return receipt.item_id

    def sign_up(self, address: str, *topics: str, frequency: str = "daily", **given: Any) -> None:
        """Fill the form in, and do nothing more."""
        form = SignUpForm(self.site.slug, address, topics or ("category:سياسة",), frequency, **given)
        readers.request_signup(self.parts, form, self.now)

    def reader(self, address: str, *topics: str, frequency: Frequency = Frequency.DAILY, **given: Any) -> Subscriber:
        """A confirmed reader, by the whole way of form, letter and button; the confirmation letter is forgotten."""
        self.topics(topics or ("category:سياسة",))
        self.sign_up(address, *topics, frequency=frequency, **given)
        self.work()
        if any(letter["To"] and address in letter["To"] for letter in self.letters()):
            assert readers.confirm(self.parts, self.confirm_token(address), "", self.now)
        self.wire.sent.clear()
        with self.parts.db.reading() as session:
            return session.scalars(select(Subscriber).where(Subscriber.address == address)).one()

    def topics(self, names: Sequence[str]) -> None:
        """Make sure these topics exist, as an article with them would."""
        with self.parts.db.writing() as session:
            known = set(session.scalars(select(Topic.name).where(Topic.site_id == self.site.id)))
            for name in set(names) - known:
                session.add(Topic(site_id=self.site.id, name=name, label=name.partition(":")[2]))

    def confirm_token(self, address: str) -> str:
        """The token in the last confirmation letter to this address."""
        letter = [one for one in self.letters() if address in one["To"]][-1]
        return text_of(letter).split("/confirm/")[1].split()[0]

    def letters(self) -> list[Email]:
        """What went out, parsed."""
        return [message_from_bytes(message.data) for message in self.wire.sent]

    def subjects(self) -> dict[str, list[str]]:
        """Address -> the subjects of what it got, in order."""
        found: dict[str, list[str]] = {}
        for message, letter in zip(self.wire.sent, self.letters(), strict=True):
            found.setdefault(message.rcpt_to, []).append(str(make_header(decode_header(letter["Subject"]))))
        return found

    def balance(self) -> Balance:
        """The books, which must balance at any moment, whether counted letter by letter or running."""
        found = flow.status(self.parts).balance
        assert found.is_balanced, found
        assert flow.pulse(self.parts).balance == found
        return found

    def with_settings(self, **knobs: Any) -> "World":
        """The same world under other settings."""
        self.parts = replace(self.parts, settings=self.parts.settings.model_copy(update=knobs))
        return self


def text_of(letter: Email) -> str:
    """A letter's plain text."""
    return _part(letter, "text/plain")


def html_of(letter: Email) -> str:
    """A letter's HTML."""
    return _part(letter, "text/html")


def _part(letter: Email, kind: str) -> str:
    found = next(part for part in letter.walk() if part.get_content_type() == kind)
    return bytes(found.get_payload(decode=True)).decode()


def make_world(db: Database, folder: Path) -> World:
    """A world on this database."""
    wire, rung = MemoryTransport(), list[Nudge]()
    parts = Parts(
        db=db,
        bell=rung.extend,
        depths=dict,
        is_awaited=lambda _lane: False,
        transports={"smtp": wire},
        budget=LocalBudget({"smtp": Limit(1000, 1000)}),
        accounts=Accounts({"smtp": 1}, LocalBreaker(30), lambda: 0.5),
        group_of=group_of,
        renderer=RENDERER,
        press=Press(RENDERER),
        journal=Journal(Folder(folder)),
        settings=KNOBS,
        signer=Signer([SECRET]),
        fetch=Fetcher(5, 5_000_000),
        dice=lambda: 0.5,
    )
    return World(parts, wire, rung)
