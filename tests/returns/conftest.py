"""A site whose letters come back: readers with a letter each, and the reports that servers write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message as Email
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier import mailroom, returns
from notifier.consent.suppression import is_suppressed
from notifier.db import Database
from notifier.domain.returns.event import Returned, Told
from notifier.domain.returns.standing import Standing
from notifier.domain.words import Frequency
from notifier.feedback import alarms, standings
from notifier.mailroom import Verdict
from notifier.models import Alarm, Delivery, DeliveryEvent, Subscriber
from tests.world import World, make_world

BOUNCES, INBOUND = "bounce.rafidain.example", "in.rafidain.example"


@dataclass
class Post:
    """The world and what one asks of it here."""

    world: World

    @property
    def now(self) -> datetime:
        return self.world.now

    def readers(self, *names: str) -> list[Subscriber]:
        return [self.world.reader(f"{name}@example.org", frequency=Frequency.INSTANT) for name in names]

    def send(self, guid: str = "1") -> dict[str, int]:
        """An alert to everybody; gives each one's delivery."""
        before = len(self.world.wire.sent)
        self.world.article(guid)
        self.world.work()
        return {one.rcpt_to.partition("@")[0]: one.delivery_id for one in self.world.wire.sent[before:]}

    def letter(self, name: str) -> Email:
        """The last letter to somebody."""
        return [one for one in self.world.letters() if f"{name}@example.org" in str(one["To"])][-1]

    def path(self, name: str) -> str:
        """The return path of the last letter to somebody."""
        return next(m.mail_from for m in reversed(self.world.wire.sent) if m.rcpt_to == f"{name}@example.org")

    def raw(self, data: bytes) -> Verdict:
        return mailroom.take_raw(self.world.parts, data, self.now)

    def told(self, delivery: int, text: str, *, status: str = "", is_final: bool = True) -> int:
        """A server refused this letter; gives whether that was new."""
        event = Told(text, status, is_final=is_final).returned(delivery, self.now, "mail")
        return self.take(event)

    def take(self, *events: Returned) -> int:
        return returns.take(self.world.parts, events, self.now)

    def suppressed(self) -> set[str]:
        with self.world.parts.db.reading() as session:
            rows = session.scalars(select(Subscriber)).all()
            return {
                row.address.partition("@")[0]
                for row in rows
                if is_suppressed(session, row.site_id, row.address_hash, row.address_key)
            }

    def standing(self, name: str) -> Standing:
        with self.world.parts.db.reading() as session:
            row = session.scalars(select(Subscriber).where(Subscriber.address == f"{name}@example.org")).one()
            return standings.find(session, (row.site_id, row.address_hash))

    def alarms(self) -> list[Alarm]:
        with self.world.parts.db.reading() as session:
            return list(alarms.open_alarms(session))

    def delivery(self, number: int) -> Delivery:
        with self.world.parts.db.reading() as session:
            return session.get_one(Delivery, number)

    def events(self) -> list[str]:
        with self.world.parts.db.reading() as session:
            return list(session.scalars(select(DeliveryEvent.key).where(DeliveryEvent.key.is_not(None))))


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(make_world(db, tmp_path / "journal").with_settings(bounce_domain=BOUNCES, inbound_domain=INBOUND))


Report = Callable[..., bytes]


def report(
    to: str, fields: str, original: str = "", *, name: str = "dsn-1@mx.example", status: str = "delivery-status"
) -> bytes:
    """A delivery report (RFC 3462, RFC 3464), as Postfix writes it."""
    return "\r\n".join(
        [
            "Return-Path: <>", "From: MAILER-DAEMON@mx.example (Mail Delivery System)", f"To: {to}",
            "Subject: Undelivered Mail Returned to Sender", f"Message-ID: <{name}>", "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
            "--b", "Content-Type: text/plain; charset=utf-8", "", "This is the mail system at host mx.example.", "",
            "--b", f"Content-Type: message/{status}", "", "Reporting-MTA: dns; mx.example", "",
            *fields.splitlines(), "",
            "--b", "Content-Type: text/rfc822-headers", "", original, "", "--b--", "",
        ]
    ).encode()  # fmt: skip


def failed(status: str = "5.1.1", said: str = "550 5.1.1 User unknown", action: str = "failed") -> str:
    """The fields of one recipient."""
    return (
        f"Final-Recipient: rfc822; somebody@example.org\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; {said}"
    )
