"""What goes out in one write, and when."""

import time
from collections.abc import Iterator

import pytest

from notifier.domain.message import Message
from notifier.domain.outcome import Refused
from notifier.transports.listed import Listed, send_all
from tests.calm import at_best
from tests.transports.group_office import TAKEN, GroupOffice, came, envelope, numbered, opened, send, told, transport
from tests.transports.post_office import letter


@pytest.fixture
def office() -> Iterator[GroupOffice]:
    with opened(GroupOffice()) as office:
        yield office


def test_a_content_and_the_next_envelope_are_one_write(office: GroupOffice) -> None:
    assert send(transport(office), numbered(3)) == [TAKEN] * 3
    assert office.groups == [
        ["EHLO"],
        envelope(1),
        ["content 1", *envelope(2)],
        ["content 2", *envelope(3)],
        ["content 3"],
        ["QUIT"],
    ]
    assert office.contents[0] == b"Subject: 1\r\n\r\n..dot"
    assert f"MAIL FROM:<b+1@news.example> SIZE={len(numbered(1)[0].data)}\r\n".encode() in office.raw


def test_a_server_that_does_not_offer_it_hears_one_command_at_a_time() -> None:
    with opened(GroupOffice(extensions="")) as office:
        assert send(transport(office), numbered(2)) == [TAKEN] * 2
    assert {len(group) for group in office.groups} == {1}


def test_no_content_leaves_before_the_outcome_of_the_one_before_was_taken(office: GroupOffice) -> None:
    smtp = transport(office)
    for number, (delivery_id, outcome) in enumerate(send_all(smtp, numbered(4)), start=1):
        time.sleep(0.03)
        assert (delivery_id, outcome) == (number, TAKEN)
        assert came(office) == [f"content {one}" for one in range(1, number + 1)]
    smtp.close()


def test_a_slow_source_holds_back_a_content_rather_than_leave_it_unanswered(office: GroupOffice) -> None:
    seen: list[list[str]] = []

    def source() -> Iterator[Message]:
        for message in numbered(3):
            time.sleep(0.03)
            seen.append(came(office))
            yield message

    smtp = transport(office)
    taken = [(delivery_id, len(seen)) for answers in smtp.send(Listed(source())) for delivery_id, _ in answers]
    smtp.close()
    assert taken == [(1, 3), (2, 3), (3, 3)]
    assert seen == [[], [], ["content 1"]]


def test_no_envelope_goes_beyond_the_letters_of_a_connection(office: GroupOffice) -> None:
    assert send(transport(office, letters_per_connection=2), numbered(5)) == [TAKEN] * 5
    pair = [["EHLO"], envelope(1), ["content 1", *envelope(2)], ["content 2"], ["QUIT"]]
    assert office.groups[:5] == pair
    assert (office.connections, office.groups.count(["QUIT"])) == (3, 3)


def test_a_letter_the_server_cannot_take_is_refused_unsent(office: GroupOffice) -> None:
    large = letter(2, data=b"x" * 1_000_001)
    first, second, third = send(transport(office), [numbered(1)[0], large, numbered(3)[2]])
    assert (first, third) == (TAKEN, TAKEN)
    assert isinstance(second, Refused)
    assert second.forever
    assert office.groups[1:4] == [envelope(1), ["content 1", *envelope(3)], ["content 3"]]


def test_an_address_beyond_ascii_travels_in_a_group(office: GroupOffice) -> None:
    other = letter(2, rcpt_to="قارئ@example.org", needs_smtputf8=True)
    assert send(transport(office), [numbered(1)[0], other, numbered(3)[2]]) == [TAKEN] * 3
    assert office.raw.count(b" SMTPUTF8\r\n") == 1
    assert "RCPT TO:<قارئ@example.org>\r\n".encode() in office.raw


def test_a_server_that_answers_one_by_one_works_too() -> None:
    with opened(GroupOffice(one_by_one_s=0.02)) as office:
        assert send(transport(office), numbered(4)) == [TAKEN] * 4
    assert len(came(office)) == 4


def test_large_letters_and_a_server_that_reads_in_bits_do_not_block() -> None:
    body = b"Subject: 1\r\n\r\n" + b"x" * 100_000 + b"\r\n"
    with opened(GroupOffice(read_size=999)) as office:
        assert send(transport(office), [letter(1, data=body) for _ in range(5)]) == [TAKEN] * 5
    assert len(office.contents) == 5


def test_closed_in_the_middle_it_hangs_up_and_reports_nothing_for_the_letter_ahead(office: GroupOffice) -> None:
    smtp = transport(office)
    answers = smtp.send(Listed(numbered(3)))
    assert told(answers) == [(1, TAKEN)]
    answers.close()
    assert list(answers) == []
    assert office.ended.acquire(timeout=2)
    assert b"QUIT" not in office.raw
    assert came(office) == ["content 1"]
    assert send(smtp, numbered(1)) == [TAKEN]
    assert office.connections == 2
    assert ["."] not in office.groups


def test_a_goodbye_never_becomes_a_letter(office: GroupOffice) -> None:
    smtp = transport(office)
    answers = smtp.send(Listed(numbered(3)))
    assert told(answers) == [(1, TAKEN)]
    smtp.close()
    assert office.ended.acquire(timeout=2)
    assert b"QUIT" not in office.raw


def test_a_source_that_breaks_in_the_middle_hangs_up(office: GroupOffice) -> None:
    def source() -> Iterator[Message]:
        yield from numbered(2)
        raise OSError("the database is gone")

    smtp = transport(office)
    answers = smtp.send(Listed(source()))
    assert told(answers) == [(1, TAKEN)]
    with pytest.raises(OSError, match="the database is gone"):
        told(answers)
    assert send(smtp, numbered(1)) == [TAKEN]
    assert (office.connections, came(office)) == (2, ["content 1", "content 1"])


def test_another_call_does_not_inherit_an_envelope(office: GroupOffice) -> None:
    smtp = transport(office)
    left = smtp.send(Listed(numbered(3)))
    assert told(left) == [(1, TAKEN)]
    assert list(send_all(smtp, [letter(9, data=b"Subject: 9\r\n\r\n")])) == [(9, TAKEN)]
    left.close()
    smtp.close()
    assert came(office) == ["content 1", "content 9"]


def test_over_a_slow_link_the_next_letter_is_made_while_the_server_thinks() -> None:
    def source() -> Iterator[Message]:
        for message in numbered(12):
            time.sleep(0.02)
            yield message

    with opened(GroupOffice(delay_s=0.02)) as office:
        smtp = transport(office)
        answers = smtp.send(Listed(source()))
        assert told(answers) == [(1, TAKEN)]
        started = time.monotonic()
        assert [number for some in answers for number, _ in some] == list(range(2, 13))
        # A round trip of 40 ms each; one after the other they would take 60 ms.
        assert time.monotonic() - started < 11 * 0.055
        smtp.close()


class Paced(Listed):
    """Has its second message only a while after it was asked for it."""

    asked_at = 0.0

    def take(self, most: int = 1) -> list[Message]:
        if time.monotonic() - self.asked_at < 0.1:
            return []
        self.asked_at = time.monotonic()
        return super().take(min(most, 1))

    def wait_s(self) -> float | None:
        return None if super().wait_s() is None else 0.01


def test_a_content_does_not_wait_for_a_letter_that_may_not_leave_yet(office: GroupOffice) -> None:
    smtp = transport(office)
    answers = [answer for some in smtp.send(Paced(numbered(3))) for answer in some]
    smtp.close()
    assert answers == [(number, TAKEN) for number in (1, 2, 3)]
    apart = [group for number in (1, 2, 3) for group in (envelope(number), [f"content {number}"])]
    assert office.groups == [["EHLO"], *apart, ["QUIT"]]


def test_a_slow_server_is_sent_to_over_several_connections_and_none_has_two_letters_open() -> None:
    with opened(GroupOffice(delay_s=0.01)) as office:
        started = time.monotonic()
        assert send(transport(office, connections=4), numbered(60)) == [TAKEN] * 60
        assert 1 < office.connections <= 4
        assert time.monotonic() - started < 60 * 0.02
    assert sorted(came(office)) == sorted(f"content {number}" for number in range(1, 61))


def test_a_slice_that_is_over_begins_no_content(office: GroupOffice) -> None:
    class Over(Listed):
        def may_begin(self) -> bool:
            return not came(office)

    smtp = transport(office)
    assert [answer for some in smtp.send(Over(numbered(3))) for answer in some][:1] == [(1, TAKEN)]
    assert came(office) == ["content 1"]
    smtp.close()


@pytest.mark.long
def test_it_is_one_round_trip_a_letter() -> None:
    at_best(one_round_trip_a_letter)


def one_round_trip_a_letter() -> None:
    rates = []
    for extensions in ("250-PIPELINING\r\n", ""):
        with opened(GroupOffice(extensions=extensions, delay_s=0.01)) as office:
            smtp = transport(office)
            answers = send_all(smtp, numbered(31))
            next(answers)
            started = time.monotonic()
            assert len(list(answers)) == 30
            rates.append(30 / (time.monotonic() - started))
            smtp.close()
    assert rates[0] >= 40
    assert rates[1] <= 15
