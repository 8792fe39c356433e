"""What the SMTP transport says of each letter, against a real server on loopback."""

import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.transports.account import SmtpAccount
from notifier.transports.listed import Listed, send_all
from notifier.transports.pipeline import dot_stuffed
from notifier.transports.smtp import SmtpTransport
from tests.transports.group_office import told
from tests.transports.post_office import DROP, HANG, PostOffice, free_port, letter, letters, opened


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with opened(PostOffice()) as office:
        yield office


def transport(office: PostOffice, **knobs: object) -> SmtpTransport:
    return SmtpTransport(account(office.port, **knobs))


def account(port: int, **knobs: object) -> SmtpAccount:
    facts: dict[str, object] = {"helo": "mail.news.example", "connect_timeout_s": 3, "reply_timeout_s": 3}
    return SmtpAccount("127.0.0.1", port, **(facts | knobs))  # type: ignore[arg-type]  # a test's shorthand


def send(transport: SmtpTransport, messages: list[Message]) -> list[Outcome]:
    try:
        answers = dict(send_all(transport, messages))
    finally:
        transport.close()
    return [answers[message.delivery_id] for message in messages]


def test_letters_arrive_unchanged_over_one_connection(office: PostOffice) -> None:
    messages = letters(3)
    assert send(transport(office), messages) == [Sent("250 2.0.0 taken")] * 3
    assert [envelope.content for envelope in office.letters] == [message.data for message in messages]
    assert [envelope.rcpt_tos for envelope in office.letters] == [[message.rcpt_to] for message in messages]
    assert [envelope.mail_from for envelope in office.letters] == [message.mail_from for message in messages]
    assert f"SIZE={len(messages[0].data)}" in office.letters[0].mail_options
    assert [session.host_name for session in office.sessions] == ["mail.news.example"]


def test_two_calls_share_a_connection_and_a_closed_one_is_opened_again(office: PostOffice) -> None:
    smtp = transport(office)
    list(send_all(smtp, letters(1)))
    list(send_all(smtp, letters(1)))
    assert len(office.sessions) == 1
    smtp.close()
    assert send(smtp, letters(1)) == [Sent("250 2.0.0 taken")]
    assert len(office.sessions) == 2


def test_a_connection_is_renewed_after_its_letters(office: PostOffice) -> None:
    send(transport(office, letters_per_connection=2), letters(5))
    assert len(office.sessions) == 3
    assert len(office.letters) == 5


def test_the_next_message_is_taken_only_when_the_one_before_is_done(office: PostOffice) -> None:
    taken: list[int] = []

    def source() -> Iterator[Message]:
        for message in letters(3):
            taken.append(message.delivery_id)
            yield message

    smtp = transport(office)
    answers = smtp.send(Listed(source()))
    assert taken == []
    assert told(answers) == [(1, Sent("250 2.0.0 taken"))]
    assert taken == [1]
    assert told(answers) == [(2, Sent("250 2.0.0 taken"))]
    assert taken == [1, 2]
    smtp.close()


@pytest.mark.parametrize(
    ("command", "reply", "outcome"),
    [
        ("MAIL", "451 4.3.0 later", Refused("451 4.3.0 later")),
        ("MAIL", "550 5.7.1 not your sender", Refused("550 5.7.1 not your sender", charged=False)),
        ("MAIL", "530 5.7.0 log in first", Refused("530 5.7.0 log in first", charged=False)),
        ("RCPT", "450 4.2.1 greylisted", Refused("450 4.2.1 greylisted")),
        ("RCPT", "452 4.2.2 full", Refused("452 4.2.2 full")),
        ("RCPT", "550 5.1.1 unknown", Refused("550 5.1.1 unknown", forever=True)),
        ("RCPT", "421 4.7.0 too fast", Refused("421 4.7.0 too fast", charged=False)),
        ("DATA", "452 4.3.1 no space", Refused("452 4.3.1 no space")),
        ("DATA", "554 5.6.0 refused", Refused("554 5.6.0 refused", forever=True)),
        ("DATA", "421 4.3.2 going down", Refused("421 4.3.2 going down", charged=False)),
    ],
)
def test_a_reply_is_an_outcome_and_the_next_letter_still_leaves(
    office: PostOffice, command: str, reply: str, outcome: Refused
) -> None:
    office.says[command] = [reply]
    assert send(transport(office), letters(2)) == [outcome, Sent("250 2.0.0 taken")]
    assert len(office.sessions) == (2 if reply.startswith("421") else 1)


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_content_is_not_charged_to_the_letter(office: PostOffice, command: str) -> None:
    office.says[command] = [DROP]
    first, second = send(transport(office), letters(2))
    assert isinstance(first, Refused)
    assert (first.forever, first.charged) == (False, False)
    assert "connection lost" in first.reply
    assert isinstance(second, Sent)


def test_a_connection_lost_after_the_content_leaves_the_letter_uncertain(office: PostOffice) -> None:
    office.says["DATA"] = [DROP]  # aiosmtpd asks when the content is there
    first, second = send(transport(office), letters(2))
    assert isinstance(first, Uncertain)
    assert "connection lost" in first.reply
    assert isinstance(second, Sent)


@pytest.mark.parametrize("goodbye", [DROP, "421 4.4.2 idle"])
def test_a_server_that_hangs_up_between_letters_costs_no_letter(office: PostOffice, goodbye: str) -> None:
    smtp = transport(office)
    list(send_all(smtp, letters(1)))
    office.says["MAIL"] = [goodbye]
    assert send(smtp, letters(1)) == [Sent("250 2.0.0 taken")]
    assert len(office.sessions) == 2


def test_a_server_that_never_answers_the_final_dot_is_given_up(office: PostOffice) -> None:
    office.says["DATA"] = [HANG]
    started = time.monotonic()
    (outcome,) = send(transport(office, reply_timeout_s=0.3), letters(1))
    assert isinstance(outcome, Uncertain)
    assert time.monotonic() - started < 2


def test_a_time_limit_in_the_middle_hangs_up(office: PostOffice) -> None:
    class LimitError(Exception):
        pass

    def strike(_number: int, _frame: object) -> None:
        raise LimitError

    office.says["DATA"] = [HANG]
    smtp = transport(office)
    before = signal.signal(signal.SIGALRM, strike)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(LimitError):
            list(send_all(smtp, letters(1)))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert send(smtp, letters(1)) == [Sent("250 2.0.0 taken")]
    assert len(office.sessions) == 2


def test_a_server_that_breaks_every_connection_is_not_hammered(office: PostOffice) -> None:
    office.says["RCPT"] = [DROP] * 10
    outcomes = send(transport(office), letters(5))
    assert len(office.sessions) == 2
    assert [isinstance(outcome, Refused) and not outcome.charged for outcome in outcomes] == [True] * 5


def test_a_server_that_is_down_costs_no_letter_a_try() -> None:
    smtp = SmtpTransport(account(free_port()))
    outcomes = send(smtp, letters(3))
    assert all(isinstance(outcome, Refused) and not outcome.charged and not outcome.forever for outcome in outcomes)


@pytest.mark.parametrize("greeting", [b"", b"421 4.3.2 busy\r\n", b"554 5.7.1 go away\r\n"])
def test_a_server_that_turns_us_away_is_asked_once_per_call(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        visits = []

        def turn_away() -> None:
            while True:
                try:
                    visitor, _ = listener.accept()
                except OSError:
                    return
                with visitor:
                    visits.append(visitor)
                    visitor.sendall(greeting)

        thread = threading.Thread(target=turn_away)
        thread.start()
        outcomes = send(SmtpTransport(account(listener.getsockname()[1])), letters(3))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(visits) == 1
    assert all(isinstance(outcome, Refused) and not outcome.charged and not outcome.forever for outcome in outcomes)


def test_a_letter_larger_than_the_server_takes_is_refused_unsent() -> None:
    with opened(PostOffice(), data_size_limit=1000) as office:
        (outcome,) = send(transport(office), [letter(1, data=b"x" * 1001)])
    assert isinstance(outcome, Refused)
    assert outcome.forever
    assert "5.3.4" in outcome.reply
    assert office.letters == []


def test_an_address_beyond_ascii_needs_smtputf8(office: PostOffice) -> None:
    message = letter(1, rcpt_to="قارئ@example.org", needs_smtputf8=True)
    (outcome,) = send(transport(office), [message])
    assert isinstance(outcome, Refused)
    assert outcome.forever
    assert "5.6.7" in outcome.reply
    with opened(PostOffice(), enable_SMTPUTF8=True) as modern:
        assert send(transport(modern), [message, letter(2)]) == [Sent("250 2.0.0 taken")] * 2
    assert modern.letters[0].rcpt_tos == ["قارئ@example.org"]
    assert "SMTPUTF8" in modern.letters[0].mail_options
    assert "SMTPUTF8" not in modern.letters[1].mail_options


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example> NOTIFY=NEVER", ""])
def test_an_address_that_would_be_a_command_is_refused_unsent(office: PostOffice, address: str) -> None:
    (outcome,) = send(transport(office), [letter(1, rcpt_to=address)])
    assert isinstance(outcome, Refused)
    assert outcome.forever
    assert office.letters == []


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b"a\r\n.b\r\n", b"a\r\n..b\r\n.\r\n"),
        (b".a", b"..a\r\n.\r\n"),
        (b".\r\n.\r\n", b"..\r\n..\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed(data: bytes, wire: bytes) -> None:
    assert dot_stuffed(data) == wire
