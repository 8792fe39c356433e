"""The real listener, spoken to by a real client: what it says, and that a 250 is a committed row."""

import smtplib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from notifier.domain.words import ReplyState
from notifier.mailroom.lmtp import LmtpServer
from tests.mailroom.conftest import DOMAIN, ME, SHE, Talk, mail

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def server(talk: Talk) -> Iterator[LmtpServer]:
    talk.world.with_settings(inbound_bytes_max=100_000)
    with LmtpServer(talk.world.parts, "127.0.0.1:0", talk.world.clock) as server:
        yield server


@pytest.fixture
def say(server: LmtpServer, talk: Talk) -> Say:
    """Hands a mail over; gives the last answer."""

    def hand(data: bytes, to: str = "", mail_from: str = ME) -> tuple[int, str]:
        with smtplib.LMTP("127.0.0.1", server.port) as client:
            client.ehlo_or_helo_if_needed()
            client.mail(mail_from)
            code, said = client.rcpt(to or talk.address)
            if code == 250:
                code, said = client.data(data)
            return code, said.decode()

    return hand


def test_a_reply_is_a_row_when_it_is_a_250(say: Say, talk: Talk) -> None:
    assert say(mail())[0] == 250
    assert talk.row().state is ReplyState.WAITING
    assert say(mail())[0] == 250, "and once"
    assert len(talk.rows()) == 1


@pytest.mark.parametrize("to", [f"nobody@{DOMAIN}", f"reply+1.{'a' * 24}@{DOMAIN}", "layla@example.org"])
def test_an_unknown_recipient_is_refused_before_its_mail(say: Say, talk: Talk, to: str) -> None:
    assert say(mail(), to) == (550, "5.1.1 No such address here")
    assert talk.rows() == []


def test_a_person_is_told_why_and_a_machine_nothing(say: Say) -> None:
    code, said = say(mail(sender=SHE))
    assert (code, said) == (550, "5.7.1 Please answer from the address that our letter was sent to")
    assert say(mail("x", "Auto-Submitted: auto-replied", name="2"))[0] == 250
    assert say(mail(name="3"), mail_from="")[0] == 250


def test_too_much_is_refused_whether_announced_or_not_and_the_next_mail_is_taken(say: Say, talk: Talk) -> None:
    large = mail("كلمة " * 60_000)
    assert say(large) == (552, "5.3.4 Larger than is taken here")
    assert say(mail("x" * 90_000, name="2"))[0] == 552, "one line of 90,000 octets"
    assert say(mail(name="3"))[0] == 250
    assert len(talk.rows()) == 1


def test_each_recipient_has_an_answer_of_its_own(server: LmtpServer, talk: Talk) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as wire, wire.makefile("rwb") as lines:

        def tell(command: str, answers: int = 1) -> list[bytes]:
            lines.write(f"{command}\r\n".encode())
            lines.flush()
            return [lines.readline() for _ in range(answers)]

        lines.readline()
        tell("LHLO x", 0)
        while lines.readline()[3:4] == b"-":
            pass
        tell(f"MAIL FROM:<{ME}>")
        unknown = talk.world.parts.signer.sign_local("reply", 10**9)
        tell(f"RCPT TO:<{talk.address}>")
        tell(f"RCPT TO:<reply+{unknown}@{DOMAIN}>")
        assert tell("DATA")[0].startswith(b"354")
        lines.write(mail())
        said = tell("\r\n.", 2)
        assert [one[:3] for one in said] == [b"250", b"550"]
        tell(f"MAIL FROM:<{ME}>")
        tell(f"RCPT TO:<{talk.address}>")
        tell(f"RCPT TO:<{talk.address.upper()}>")
        tell("DATA")
        lines.write(mail("a\n" * 100_000))
        assert [one[:3] for one in tell("\r\n.", 2)] == [b"552", b"552"]


def test_while_the_database_is_away_it_says_later_and_nothing_is_lost(say: Say, talk: Talk) -> None:
    with talk.world.parts.db.writing() as session:
        session.execute(text("ALTER TABLE replies RENAME TO elsewhere"))
    assert say(mail())[0] == 451
    with talk.world.parts.db.writing() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO replies"))
    assert say(mail())[0] == 250
    assert len(talk.rows()) == 1


def test_it_listens_at_a_socket_of_the_machine_too(talk: Talk, tmp_path: Path) -> None:
    path = f"/tmp/notifier-{tmp_path.name[-20:]}.sock"  # noqa: S108 - a socket's path may have 107 bytes
    for _ in range(2):
        with LmtpServer(talk.world.parts, f"unix:{path}", talk.world.clock), smtplib.LMTP(path) as client:
            client.sendmail(ME, [talk.address], mail())
    assert len(talk.rows()) == 1
    assert not Path(path).exists()


def test_no_address_and_no_word_is_logged(say: Say, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    say(mail("كلام سري"))
    say(mail("كلام سري", name="2", sender=SHE))
    assert "سري" not in caplog.text
    assert ME not in caplog.text
    assert talk.address not in caplog.text
