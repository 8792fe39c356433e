"""A mailbox at a real Dovecot is emptied: what is taken is a row, and nothing is taken twice or lost."""

import imaplib
import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifier.mailroom.imap import Emptied, Mailbox, MailboxError, empty
from tests.mailroom import dovecot
from tests.mailroom.conftest import SHE, Talk, mail


@pytest.fixture(scope="session")
def dovecot_port() -> Iterator[int]:
    try:
        with dovecot.running() as port:
            yield port
    except OSError as fault:
        if os.environ.get("NOTIFIER_TEST_IMAP") == "required":
            pytest.fail(f"no IMAP server: {fault}")
        pytest.skip(f"no IMAP server: {fault}")


class Box:
    """The mailbox as somebody else sees it."""

    def __init__(self, port: int, name: str) -> None:
        self.server = imaplib.IMAP4("127.0.0.1", port)
        self.server.login(name, dovecot.PASSWORD)
        self.server.select("INBOX")

    def put(self, data: bytes) -> None:
        self.server.append("INBOX", None, None, data)

    def count(self, folder: str) -> int:
        status, rows = self.server.select(folder)
        return int(rows[0] or 0) if status == "OK" else 0

    def clear(self) -> None:
        for folder in ("INBOX", "Notifier"):
            if self.count(folder):
                self.server.store("1:*", "+FLAGS", r"\Deleted")
                self.server.expunge()


@pytest.fixture
def box(dovecot_port: int, talk: Talk) -> Iterator[Box]:
    url = f"imap://notifier:{dovecot.PASSWORD}@127.0.0.1:{dovecot_port}/INBOX"
    talk.world.with_settings(inbound_imap_url=SecretStr(url))
    found = Box(dovecot_port, "notifier")
    found.clear()
    yield found
    found.server.logout()


def look(talk: Talk) -> Emptied:
    return empty(talk.world.parts, talk.now)


def test_what_is_ours_is_taken_and_everything_is_moved(box: Box, talk: Talk) -> None:
    box.put(mail(to=talk.address))
    box.put(mail("x", f"Delivered-To: {talk.address}", name="2"))
    box.put(mail("x", name="3"))
    box.put(mail("كلمة " * 200_000, to=talk.address, name="4"))
    assert look(talk) == Emptied(2, 2)
    assert (box.count("INBOX"), box.count("Notifier")) == (0, 4)
    assert look(talk) == Emptied(0, 0)
    assert [row.words for row in talk.rows()] == ["شكراً، فهمت.", "x"]


def test_a_mail_that_comes_back_is_the_same_reply(box: Box, talk: Talk) -> None:
    for _ in range(2):
        box.put(mail(to=talk.address))
        look(talk)
    assert len(talk.rows()) == 1


def test_while_the_database_is_away_mail_stays_where_it_is(box: Box, talk: Talk) -> None:
    box.put(mail(to=talk.address))
    with talk.world.parts.db.writing() as session:
        session.execute(text("ALTER TABLE replies RENAME TO elsewhere"))
    with pytest.raises(SQLAlchemyError):
        look(talk)
    assert box.count("INBOX") == 1
    with talk.world.parts.db.writing() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO replies"))
    assert look(talk) == Emptied(1, 0)


def test_a_refused_mail_is_not_looked_at_again(box: Box, talk: Talk) -> None:
    box.put(mail(to=talk.address, sender=SHE))
    assert look(talk) == Emptied(1, 0)
    assert box.count("INBOX") == 0


def test_a_wrong_password_is_said_without_it(talk: Talk, dovecot_port: int) -> None:
    talk.world.with_settings(inbound_imap_url=SecretStr(f"imap://notifier:wrong@127.0.0.1:{dovecot_port}/"))
    with pytest.raises(MailboxError) as fault:
        look(talk)
    assert "wrong" not in str(fault.value)


@pytest.mark.parametrize("url", ["", "http://a:b@c/", "imaps://host/", "imaps:///x"])
def test_a_url_that_is_none_is_said_to_be_so(url: str) -> None:
    with pytest.raises(MailboxError, match="NOTIFIER_INBOUND_IMAP_URL"):
        Mailbox.of(url)


def test_a_url_says_all_there_is_to_say() -> None:
    found = Mailbox.of("imaps://me%40x.example:a%3Ab@mail.example.org/Answers%20in")
    assert (found.name, found.password, found.port, found.folder) == ("me@x.example", "a:b", 993, "Answers in")
