"""What becomes of each letter of a group when the server refuses, hangs or leaves in between."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.transports.listed import Listed, send_all
from tests.transports.group_office import TAKEN, GroupOffice, came, envelope, numbered, opened, send, transport, until
from tests.transports.post_office import DROP, HANG


@pytest.fixture
def office() -> Iterator[GroupOffice]:
    with opened(GroupOffice()) as office:
        yield office


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(
    ("says", "reply", "way_out"),
    [
        ({"MAIL": "451 no", "RCPT": "503 no", "DATA": "503 no"}, "451 no", []),
        ({"MAIL": "451 no", "RCPT": "503 no"}, "451 no", ["."]),
        ({"RCPT": "550 5.1.1 no", "DATA": "554 no"}, "550 5.1.1 no", ["RSET"]),
        ({"RCPT": "550 5.1.1 no"}, "550 5.1.1 no", ["."]),
        ({"RCPT": "450 no", ".": "554 nothing there"}, "450 no", ["."]),
        ({"DATA": "452 no"}, "452 no", ["RSET"]),
    ],
)
def test_a_refused_envelope_gets_no_content_and_the_next_letter_goes_on(
    office: GroupOffice, place: int, says: dict[str, str], reply: str, way_out: list[str]
) -> None:
    office.says = {command: [""] * (place - 1) + [said] for command, said in says.items()}
    outcomes = send(transport(office), numbered(3))
    others = [number for number in (1, 2, 3) if number != place]
    assert outcomes.pop(place - 1) == Refused(reply, forever=reply.startswith("5"))
    assert outcomes == [TAKEN] * 2
    assert came(office) == [f"content {number}" for number in others]
    assert [group[0] for group in office.groups if group[0] in (".", "RSET")] == way_out
    assert office.connections == 1


def test_a_server_that_takes_the_reader_without_the_sender_gets_no_empty_letter(office: GroupOffice) -> None:
    office.says = {"MAIL": ["", "451 no"]}
    assert send(transport(office), numbered(3)) == [TAKEN, Refused("451 no"), TAKEN]
    assert ["."] not in office.groups
    assert office.connections == 2


@pytest.mark.parametrize(
    ("command", "second", "contents"),
    [
        ("MAIL", TAKEN, [1, 2, 3]),
        ("RCPT", Refused("421 bye", charged=False), [1, 3]),
        ("DATA", Refused("421 bye", charged=False), [1, 3]),
        (".", Refused("421 bye", charged=False), [1, 2, 3]),
    ],
)
def test_a_421_closes_and_the_rest_goes_by_another_connection(
    office: GroupOffice, command: str, second: Outcome, contents: list[int]
) -> None:
    office.says = {command: ["", "421 bye"]}
    assert send(transport(office), numbered(3)) == [TAKEN, second, TAKEN]
    assert came(office) == [f"content {number}" for number in contents]
    assert office.connections == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_content_costs_a_letter_sent_ahead_nothing(
    office: GroupOffice, command: str
) -> None:
    office.says = {command: ["", DROP]}
    assert send(transport(office), numbered(3)) == [TAKEN] * 3
    assert came(office) == ["content 1", "content 2", "content 3"]
    assert office.connections == 2


@pytest.mark.parametrize("fault", [DROP, HANG])
def test_a_connection_lost_after_the_content_leaves_that_letter_alone_uncertain(
    office: GroupOffice, fault: str
) -> None:
    office.says = {".": ["", fault]}
    first, second, third = send(transport(office, reply_timeout_s=0.3), numbered(3))
    assert (first, third) == (TAKEN, TAKEN)
    assert isinstance(second, Uncertain)
    assert came(office) == ["content 1", "content 2", "content 3"]
    assert office.connections == 2


def test_a_refusal_that_was_read_stands_when_the_connection_is_lost_after_it(office: GroupOffice) -> None:
    office.says = {"RCPT": ["", "550 5.1.1 no"], "DATA": ["", DROP]}
    assert send(transport(office), numbered(3)) == [TAKEN, Refused("550 5.1.1 no", forever=True), TAKEN]
    assert office.connections == 2


def test_a_server_that_breaks_every_envelope_is_not_hammered_and_no_letter_pays(office: GroupOffice) -> None:
    office.says = {"RCPT": [DROP] * 10}
    outcomes = send(transport(office), numbered(5))
    assert [isinstance(outcome, Refused) and not outcome.charged for outcome in outcomes] == [True] * 5
    assert (office.connections, came(office)) == (2, [])


def test_a_connection_that_is_reset_while_a_letter_is_made_costs_nothing_and_spoils_nothing() -> None:
    with opened(GroupOffice()) as office:
        smtp = transport(office, connections=3)
        assert list(send_all(smtp, numbered(1))) == [(1, TAKEN)]

        def source() -> Iterator[Message]:
            for message in numbered(4):
                if message.delivery_id == 2:
                    office.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    office.sockets[0].shutdown(socket.SHUT_RDWR)
                yield message

        answers = dict(answer for some in smtp.send(Listed(source())) for answer in some)
        assert answers.keys() == {1, 2, 3, 4}
        assert send(smtp, numbered(2)) == [TAKEN] * 2


def test_connections_that_die_without_a_word_are_given_up_one_after_the_other() -> None:
    with opened(GroupOffice()) as office:
        smtp = transport(office, connections=2, reply_timeout_s=0.3)
        office.says = {".": [HANG, HANG]}
        started = time.monotonic()
        outcomes = send(smtp, numbered(3))
        assert [type(outcome) for outcome in outcomes].count(Uncertain) == 2
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("reply", ["251 taken", "200 taken"])
def test_any_good_reply_to_the_final_dot_means_that_it_was_taken(office: GroupOffice, reply: str) -> None:
    office.says = {".": [reply]}
    assert send(transport(office), numbered(2)) == [Sent(reply), TAKEN]


@pytest.mark.parametrize("goodbye", [b"", b"421 too slow\r\n"])
def test_a_server_that_tires_of_waiting_for_a_content_costs_no_letter(office: GroupOffice, goodbye: bytes) -> None:
    def source() -> Iterator[Message]:
        for message in numbered(3):
            if message.delivery_id == 3:
                until(office, ["content 1", *envelope(2)])
                time.sleep(0.02)
                office.sockets[0].sendall(goodbye)
                office.sockets[0].shutdown(2)
                time.sleep(0.02)
            yield message

    smtp = transport(office)
    assert [answer for some in smtp.send(Listed(source())) for answer in some] == [(n, TAKEN) for n in (1, 2, 3)]
    smtp.close()
    assert came(office) == ["content 1", "content 2", "content 3"]
    assert office.connections == 2
