"""The mail server that counts: what it takes for a letter, and how it misbehaves."""

import itertools
import smtplib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sink import Fault, Sink
from bench.sink.dialogue import END, Dialogue, Then, end_of_content
from bench.sink.faults import Place, Trouble, What

SESSION = (
    b"EHLO us\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    b"Subject: x\r\n\r\n..\r\nbody\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\n.\r\nQUIT\r\n"
)
CODES = [250, 250, 250, 354, 250, 250, 250, 354, 250, 221]


def heard(*pieces: bytes, trouble: Trouble | None = None) -> tuple[list[int], list[bytes], Then]:
    """The codes said, the recipients whose letters were taken, and how it ended."""
    dialogue, codes, taken, then = Dialogue(trouble or Trouble()), [], [], Then.STAY
    for piece in pieces:
        turn = dialogue.heard(bytearray(piece), len(piece))
        codes += [int(reply.splitlines()[-1][:3]) for reply in turn.said if reply]
        taken += [name for letter in turn.taken for name in letter.recipients]
        then = turn.then
        if then is not Then.STAY:
            break
    return codes, taken, then


def test_a_session_reads_the_same_wherever_it_is_cut() -> None:
    whole = (CODES, [b"c@d.example", b"e@d.example"], Then.END)
    assert heard(SESSION) == whole
    for first, second in itertools.combinations(range(len(SESSION)), 2):
        if second - first in {1, 2, 5, 40}:
            assert heard(SESSION[:first], SESSION[first:second], SESSION[second:]) == whole
    assert heard(*(bytes([byte]) for byte in SESSION)) == whole


@pytest.mark.parametrize(
    ("at", "what", "codes", "then"),
    [
        (Place.RCPT, What.R450, [250, 450, 554], Then.STAY),
        (Place.RCPT, What.R421, [250, 421], Then.END),
        (Place.DATA, What.DROP, [250, 250], Then.DROP),
        (Place.CONTENT, What.DROP, [250, 250, 354], Then.DROP),
        (Place.DOT, What.DROP, [250, 250, 354], Then.DROP),
        (Place.DOT, What.R550, [250, 250, 354, 550], Then.STAY),
    ],
)
def test_a_letter_that_met_a_fault_was_not_taken(at: Place, what: What, codes: list[int], then: Then) -> None:
    trouble = Trouble()
    trouble.begin([Fault(at, what, 1.0)], seed=1, hang_s=0)
    group = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    pieces = (group, b"text\r\n.\r\n") if 354 in codes else (group,)
    assert heard(*pieces, trouble=trouble) == (codes, [], then)
    assert trouble.struck == {f"{at.value}: {what.value}": 1}


def test_the_same_seed_throws_the_same_dice() -> None:
    falls = []
    for _ in range(2):
        trouble = Trouble()
        trouble.begin([Fault(Place.RCPT, What.R450, 0.1)], seed=7, hang_s=0)
        falls.append([trouble.strikes(Place.RCPT) for _ in range(1000)])
    assert falls[0] == falls[1]
    assert 60 < len([fall for fall in falls[0] if fall]) < 140


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture
def client(sink: Sink) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        yield client


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_counts_by_recipient_and_forgets(sink: Sink, client: smtplib.SMTP) -> None:
    sink.watch("@d.example")
    for recipient in ("c@d.example", "c@d.example", "e@f.example"):
        client.sendmail("a@b.example", recipient, "Subject: x\n\ntext\n" * 20_000)
    assert sink.recipients() == {"c@d.example": 2, "e@f.example": 1}
    assert set(sink.times()) == {"c@d.example"}
    assert (sink.letters(), sink.connections()) == (3, 1)
    assert sink.report()["bytes"] > 3 * 20_000 * 15
    sink.forget()
    assert sink.report()["recipients"] == 0


def test_a_letter_whose_250_was_not_written_does_not_count(sink: Sink) -> None:
    sink.misbehave([Fault(Place.DOT, What.HANG, 1.0)], hang_s=0.5)
    with socket.create_connection(("127.0.0.1", sink.port)) as wire:
        wire.sendall(SESSION[: SESSION.index(b"body") + 9])
        until(lambda: bool(sink.report()["struck"]))
    until(lambda: sink.connections() == 0)
    time.sleep(0.6)
    assert sink.letters() == 0


@pytest.mark.long
def test_each_answer_takes_a_round_trip_and_no_other_connection_waits_for_it(sink: Sink) -> None:
    sink.delay(300)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as one, smtplib.SMTP("127.0.0.1", sink.port) as other:
        for client in (one, other):
            client.putcmd("noop")
        assert [client.getreply()[0] for client in (one, other)] == [250, 250]
        took = time.monotonic() - began
    assert 0.9 <= took < 1.2, "two greetings one after the other, two answers at once"


def test_a_421_ends_the_connection_and_good_behaviour_comes_back(sink: Sink, client: smtplib.SMTP) -> None:
    sink.misbehave([Fault(Place.RCPT, What.R421, 1.0)])
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("a@b.example", "c@d.example", "text")
    sink.misbehave([])
    with smtplib.SMTP("127.0.0.1", sink.port) as again:
        again.sendmail("a@b.example", "c@d.example", "text")
    assert sink.letters() == 1


@given(
    st.lists(st.sampled_from([b".", b"\r\n", b"x", b"..", b"\r\n\r\n", b"\r\n.\r\n"]), max_size=40), st.integers(0, 9)
)
def test_the_end_of_a_content_is_the_first_one(pieces: list[bytes], at: int) -> None:
    octets = b"".join(pieces)
    size = max(at, len(octets) - 3)
    assert end_of_content(bytearray(octets), at, size) == octets.find(END, at, size)
