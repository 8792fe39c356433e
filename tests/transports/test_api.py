"""What the transports by HTTP say of each letter, against a real small server that checks who asks and counts."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from notifier import flow, ways_out
from notifier.account import Account
from notifier.accounts import Accounts, LocalBreaker, LocalConnections, Slots
from notifier.budget import Limit, LocalBudget
from notifier.db import Database
from notifier.desk.audit import Actor
from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.domain.returns.classify import classify
from notifier.domain.returns.providers import READERS
from notifier.domain.returns.words import Blame, BounceClass
from notifier.domain.slowdown import Scope
from notifier.domain.words import Lane, Reason, State
from notifier.feedback import alarms, clues
from notifier.models import Delivery
from notifier.transports.api.sigv4 import Signer
from notifier.transports.api.transport import ApiTransport
from notifier.transports.listed import Listed, send_all
from notifier.transports.made import transport_of
from tests.flow.test_sending import planned
from tests.transports.api_office import HALF, KEY, KEY_ID, RESET, SLOW, Answer, ApiOffice, opened, raw
from tests.transports.post_office import free_port, letter, letters
from tests.world import World, make_world

URLS = {
    "ses": "ses://eu-west-1?set=news&",
    "mailgun": "mailgun://letters.example.org?",
    "postmark": "postmark://outbound?",
}
WHOLE = (
    b'From: =?utf-8?b?2LXYrdmK2YHYqQ==?= <news@rafidain.example>\r\nTo: "A" <reader1@example.org>\r\n'
    b"Subject: =?utf-8?b?2K7YqNix?=\r\nMessage-ID: <d1.0123456789abcdef@rafidain.example>\r\n"
    b"References: <thread.1@rafidain.example>\r\n"
    b"List-Unsubscribe: <https://n.example/u/1>,\r\n <mailto:x@n.example>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\nDKIM-Signature: v=1; b=x\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n2YbYtQ==\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+2YbYtTwvcD4=\r\n"
    b"--b--\r\n"
)
every = pytest.mark.parametrize("kind", list(URLS))


@pytest.fixture
def office() -> Iterator[ApiOffice]:
    with opened(ApiOffice()) as office:
        yield office


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, tmp_path / "journal")


def account(kind: str, port: int, **knobs: object) -> Account:
    facts = {"url": f"{URLS[kind]}endpoint=http://127.0.0.1:{port}", "username": KEY_ID, "password": KEY}
    return Account.model_validate({**facts, "connect_timeout_s": 2, "reply_timeout_s": 2, **knobs})


def send(account: Account, messages: list[Message]) -> list[Outcome]:
    transport = transport_of(account)
    try:
        answers = dict(send_all(transport, messages))
    finally:
        transport.close()
    return [answers[message.delivery_id] for message in messages]


@every
def test_each_letter_is_handed_over_once_and_its_number_is_told(office: ApiOffice, kind: str) -> None:
    found = send(account(kind, office.port), letters(7))
    number = {"ses": "0102-ses", "mailgun": "<mg@example>", "postmark": "pm-1"}[kind]
    assert found == [Sent(f"200 id {number}")] * 7
    assert office.letters == {f"reader{n}@example.org": 1 for n in range(1, 8)}


@pytest.mark.parametrize("kind", ["ses", "mailgun"])
def test_a_message_arrives_byte_by_byte(office: ApiOffice, kind: str) -> None:
    send(account(kind, office.port), [letter(1, data=WHOLE)])
    ((_, headers, body),) = office.asked
    assert raw(kind, headers, body) == WHOLE


def test_postmark_gets_the_letter_in_pieces_with_our_headers(office: ApiOffice) -> None:
    send(account("postmark", office.port), [letter(1, data=WHOLE)])
    told = json.loads(office.asked[0][2])
    assert (told["From"], told["To"], told["Subject"]) == (
        '"صحيفة" <news@rafidain.example>',
        "reader1@example.org",
        "خبر",
    )
    assert (told["TextBody"], told["HtmlBody"], told["MessageStream"]) == ("نص", "<p>نص</p>", "outbound")
    headers = {one["Name"]: one["Value"] for one in told["Headers"]}
    assert headers == {
        "Message-ID": "<d1.0123456789abcdef@rafidain.example>",
        "References": "<thread.1@rafidain.example>",
        "List-Unsubscribe": "<https://n.example/u/1>, <mailto:x@n.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-PM-KeepID": "true",
    }


def test_the_signature_is_the_one_that_amazon_publishes() -> None:
    # "post-vanilla" of the AWS Signature Version 4 test suite.
    signer = Signer(KEY_ID, KEY, "us-east-1", "service")
    signed = signer.signed("POST", "https://example.amazonaws.com/", {}, b"", datetime(2015, 8, 30, 12, 36, tzinfo=UTC))
    assert signed["Authorization"].endswith("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
    assert KEY not in repr(signer)


GONE: dict[str, Answer] = {
    "ses": (400, {"__type": "MessageRejected", "message": "Address contains illegal characters"}),
    "mailgun": (400, {"message": "to parameter is not a valid address. please check documentation"}),
    "postmark": (422, {"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email address 'x'."}),
}


@every
def test_a_letter_that_is_refused_for_good_stops_no_other(office: ApiOffice, kind: str) -> None:
    office.says = [GONE[kind]]
    found = send(account(kind, office.port, connections=1), letters(2))
    assert isinstance(found[0], Refused)
    assert found[0].forever
    assert isinstance(found[1], Sent)


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("mailgun", GONE["mailgun"], BounceClass.BAD_ADDRESS),
        ("postmark", GONE["postmark"], BounceClass.BAD_ADDRESS),
        (
            "postmark",
            (422, {"ErrorCode": 406, "Message": "You tried to send to a recipient that is inactive"}),
            BounceClass.INACTIVE,
        ),
        ("postmark", (422, {"ErrorCode": 400, "Message": "The Sender Signature was not found"}), BounceClass.POLICY),
        ("ses", (400, {"__type": "MessageRejected", "message": "Email address is not verified."}), BounceClass.RELAY),
        ("ses", (400, {"__type": "BadRequestException", "message": "Bad header"}), BounceClass.CONTENT),
        ("mailgun", (413, {"message": "too big"}), BounceClass.TOO_BIG),
    ],
)
def test_a_refusal_is_judged_as_that_of_a_server(
    office: ApiOffice, kind: str, answer: Answer, why: BounceClass
) -> None:
    office.says = [answer]
    (found,) = send(account(kind, office.port), letters(1))
    assert isinstance(found, Refused)
    assert classify(found.reply).why is why
    assert found.forever is (why.blame is not Blame.ACCOUNT), "our own fault ends no letter"


@every
@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_provider_that_has_enough_slows_the_account_and_is_asked_no_more(
    office: ApiOffice, kind: str, status: int
) -> None:
    office.says = [(status, {"message": "Rate exceeded"})]
    transport, feed = transport_of(account(kind, office.port, connections=1)), Listed(letters(5))
    answers = [one for some in transport.send(feed) for one in some]
    transport.close()
    ((_, outcome),) = answers
    assert isinstance(outcome, Refused)
    assert (outcome.forever, outcome.slows, outcome.charged) == (False, Scope.ACCOUNT, status == 500)
    assert (len(office.asked), feed.fault) == (1, "")


@every
def test_a_key_that_is_refused_stops_the_account_and_blames_no_letter(office: ApiOffice, kind: str) -> None:
    office.key = "another"
    transport, feed = transport_of(account(kind, office.port, connections=1)), Listed(letters(5))
    assert [one for some in transport.send(feed) for one in some] == []
    transport.close()
    assert (feed.is_for_good, len(office.asked), office.letters) == (True, 1, {})
    assert KEY not in feed.fault


@pytest.mark.parametrize("how", [RESET, HALF])
def test_a_connection_that_breaks_after_the_letter_leaves_it_uncertain(office: ApiOffice, how: Answer) -> None:
    office.says = [how]
    found = send(account("mailgun", office.port, connections=1), letters(2))
    assert isinstance(found[0], Uncertain)
    assert isinstance(found[1], Sent)


def test_an_answer_that_takes_too_long_leaves_the_letter_uncertain(office: ApiOffice) -> None:
    office.says = [SLOW]
    (found,) = send(account("ses", office.port, reply_timeout_s=0.1), letters(1))
    assert isinstance(found, Uncertain)


@every
@pytest.mark.parametrize("status", [408, 409, 421, 425])
def test_what_nobody_foresaw_ends_no_letter(office: ApiOffice, kind: str, status: int) -> None:
    office.says = [(status, {"message": "Request Timeout"})]
    found = send(account(kind, office.port, connections=1), letters(1))[0]
    assert isinstance(found, Refused)
    assert not found.forever


@every
@pytest.mark.parametrize("told", [{}, {"ErrorCode": [], "id": None, "MessageId": 7}, {"ErrorCode": "0"}])
def test_a_yes_without_a_number_leaves_the_letter_uncertain(office: ApiOffice, kind: str, told: dict[str, Any]) -> None:
    office.says = [(200, told)]
    assert isinstance(send(account(kind, office.port, connections=1), letters(1))[0], Uncertain)


def test_a_redirect_is_not_followed_with_the_key_and_the_letter(office: ApiOffice) -> None:
    office.says = [(307, {})]
    transport, feed = transport_of(account("postmark", office.port, connections=1)), Listed(letters(1))
    assert [one for some in transport.send(feed) for one in some] == []
    transport.close()
    assert (len(office.asked), feed.is_for_good, KEY in feed.fault) == (1, False, False)


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r\nX-Other: 1", f"{KEY}é"])
def test_a_key_that_no_header_can_hold_is_told_without_being_told(office: ApiOffice, key: str) -> None:
    transport, feed = transport_of(account("postmark", office.port, password=key)), Listed(letters(2))
    assert [one for some in transport.send(feed) for one in some] == [], "no letter is to blame"
    transport.close()
    assert "key" in feed.fault
    assert KEY not in feed.fault
    assert office.asked == []


def test_a_gateway_that_hears_nothing_leaves_the_letter_uncertain(office: ApiOffice) -> None:
    office.says = [(504, {})]
    assert isinstance(send(account("mailgun", office.port), letters(1))[0], Uncertain)


def test_a_server_that_is_not_there_takes_no_letter_with_it() -> None:
    transport, feed = transport_of(account("mailgun", free_port())), Listed(letters(3))
    assert [one for some in transport.send(feed) for one in some] == []
    transport.close()
    assert feed.fault.startswith("connect failed")
    assert not feed.is_for_good


def test_two_lost_connections_in_a_row_spare_the_rest(office: ApiOffice) -> None:
    office.says = [RESET] * 9
    transport, feed = transport_of(account("mailgun", office.port, connections=1)), Listed(letters(9))
    assert len([one for some in transport.send(feed) for one in some]) == 2
    transport.close()
    assert feed.fault.startswith("connection lost")


def test_no_more_letters_are_on_their_way_than_the_account_has_connections(office: ApiOffice) -> None:
    office.slow_s = 0.02
    slots = LocalConnections({"ses": 3})
    transport = transport_of(account("ses", office.port, connections=8), Slots("ses", slots))
    assert len(list(send_all(transport, letters(12)))) == 12
    transport.close()
    assert 2 <= office.most_at_once <= 3
    assert slots.take("ses", 3) == 3, "they are given back"


def test_the_next_letter_leaves_when_what_is_known_was_noted(office: ApiOffice) -> None:
    transport = transport_of(account("mailgun", office.port, connections=1))
    answers = transport.send(Listed(letters(3)))
    next(some for some in answers if some)
    time.sleep(0.05)
    assert len(office.asked) == 1, "whoever notes has not come back yet"
    answers.close()
    transport.close()


def test_an_address_that_no_api_takes_is_refused_before_it_is_asked(office: ApiOffice) -> None:
    (found,) = send(account("ses", office.port), [letter(1, rcpt_to="ليلى@example.org")])
    assert isinstance(found, Refused)
    assert found.reply.startswith("5.6.7")
    assert office.asked == []


def given(world: World, account: Account) -> tuple[str, int, int]:
    """The world sends by this account; gives two letters that wait."""
    span = planned(world, "layla@example.org", "omar@example.org")
    world.parts = replace(
        world.parts,
        transports={"api": transport_of(account)},
        accounts=Accounts({"api": 1.0}, LocalBreaker(30), lambda: 0.0),
        budget=LocalBudget({"api": Limit(1000, 1000)}),
        settings=world.parts.settings.model_copy(update={"smtp_accounts": {"api": account}}),
    )
    return span


@every
def test_the_books_know_and_the_webhook_finds_what_went_by_an_api(world: World, office: ApiOffice, kind: str) -> None:
    span = given(world, account(kind, office.port))
    flow.deliver(world.parts, *span, world.clock)
    world.parts.transports["api"].close()
    assert office.letters == {"layla@example.org": 1, "omar@example.org": 1}
    with world.parts.db.reading() as session:
        rows = session.execute(select(Delivery.state, Delivery.detail).where(Delivery.lane == Lane.ALERTS)).all()
    assert {state for state, _ in rows} == {State.SENT}
    assert all(detail.startswith("200 id ") for _, detail in rows), "the provider's number is kept"
    found = {
        clues.of_text(one.clue, world.parts.signer) for event in told_of(kind, office) for one in READERS[kind](event)
    }
    assert found == {span[1], span[2]}


def told_of(kind: str, office: ApiOffice) -> Iterator[Any]:
    """What the provider's webhook says of each letter, with what it was given."""
    for _, headers, body in office.asked:
        if kind == "ses":
            tags = {one["Name"]: [one["Value"]] for one in json.loads(body)["EmailTags"]}
            yield {"eventType": "Delivery", "mail": {"tags": tags}, "delivery": {}}
        elif kind == "postmark":
            yield {"RecordType": "Delivery", "Metadata": json.loads(body)["Metadata"]}
        else:
            own = message_from_bytes(raw(kind, headers, body))["Message-ID"].strip("<>")
            yield {"event-data": {"event": "delivered", "message": {"headers": {"message-id": own}}}}


def test_a_refused_key_halts_the_account_and_raises_an_alarm(world: World, office: ApiOffice) -> None:
    span = given(world, account("postmark", office.port))
    office.key = "another"
    flow.deliver(world.parts, *span, world.clock)
    world.parts.transports["api"].close()
    state = world.parts.accounts.states()["api"]
    assert (state.is_up, state.is_refused) == (False, True)
    with world.parts.db.reading() as session:
        assert [(one.about, one.detail) for one in alarms.open_alarms(session)] == [("account:api", alarms.BARRED)]
        rows = session.execute(select(Delivery.state, Delivery.reason).where(Delivery.lane == Lane.ALERTS)).all()
    assert set(rows) == {(State.QUEUED, Reason.UNREACHABLE)}


@every
def test_an_account_can_be_tried_without_a_letter(world: World, office: ApiOffice, kind: str) -> None:
    parts = replace(
        world.parts,
        settings=world.parts.settings.model_copy(update={"smtp_accounts": {"api": account(kind, office.port)}}),
    )
    tried = ways_out.try_account(parts, world.site.id, "api", "", Actor("user:1"), world.now)
    assert (tried.is_ready, tried.has_logged_in, office.letters) == (True, True, {})
    office.key = "another"
    tried = ways_out.try_account(parts, world.site.id, "api", "", Actor("user:1"), world.now)
    assert (tried.is_ready, tried.is_refused) == (False, True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ses://nowhere", "REGION"),
        ("ses://key:secret@eu-west-1", "holds no key"),
        ("sparkpost://x", "must begin with"),
        ("mailgun://letters.example.org?region=mars", "region"),
        ("mailgun://letters.example.org?endpoint=http://mail.example.org", "https"),
        ("postmark://outbound?set=x", "knows no set"),
    ],
)
def test_a_url_that_means_nothing_is_refused_with_a_sentence(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Account.model_validate({"url": url, "username": "x", "password": "y"})


def test_an_account_by_url_has_the_providers_host_and_needs_its_key() -> None:
    eu = Account.model_validate({"url": "mailgun://letters.example.org?region=eu", "password": "k"})
    assert (eu.host, eu.port, eu.tls) == ("api.eu.mailgun.net", 443, "implicit")
    assert isinstance(transport_of(eu), ApiTransport)
    with pytest.raises(ValidationError, match="needs its key"):
        Account.model_validate({"url": "postmark://outbound"})
    with pytest.raises(ValidationError, match="id of its key"):
        Account.model_validate({"url": "ses://eu-west-1", "password": "k"})
