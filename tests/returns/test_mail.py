"""Mail that comes back: reports of every shape, complaints, unsubscriptions, and what was built to do harm."""

import base64
import re
import time

import pytest
from structlog.testing import capture_logs

from notifier.domain.incoming import MailUnreadable, opened
from notifier.domain.returns.report import Nature, read_report
from notifier.domain.returns.words import BounceClass
from notifier.domain.words import State
from notifier.feedback import alarms
from notifier.feedback.door import Kind, place_of
from notifier.models import Subscription
from tests.returns.conftest import BOUNCES, INBOUND, Post, failed, report
from tests.world import NOON


@pytest.fixture
def sent(post: Post) -> dict[str, int]:
    post.readers("layla", "huda")
    return post.send()


def test_a_report_to_the_return_path_suppresses_exactly_that_address(post: Post, sent: dict[str, int]) -> None:
    assert post.raw(report(post.path("layla"), failed())).is_ours
    assert post.suppressed() == {"layla"}
    assert post.delivery(sent["huda"]).state is State.SENT
    post.raw(report(post.path("layla"), failed(), name="another@mx.example"))
    assert post.events() == ["bounced/bad_address"], "whoever tells it again"


@pytest.mark.parametrize("status", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_both_kinds_of_status_are_read_encoded_or_not(*, status: str, is_encoded: bool) -> None:
    raw = report("x@y.example", failed("5.2.2", "552 5.2.2 صندوق البريد ممتلئ"), status=status)
    if is_encoded:
        head, fields = re.split(rb"(?<=status)\r\n\r\n(?=Reporting)", raw)
        part, rest = fields.split(b"\r\n--b\r\n", 1)
        raw = head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(part) + b"\r\n--b\r\n" + rest
    found = read_report(opened(raw), "")
    assert found.told is not None
    event = found.told.returned(1, NOON, "mail")
    assert (found.nature, event.why, event.status) == (Nature.BOUNCE, BounceClass.FULL, "5.2.2")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (failed("4.4.1", "connection timed out", "delayed"), "delayed/temporary"),
        (failed("2.0.0", "250 ok", "delivered"), "answered"),
        (failed("2.0.0", "250 ok", "relayed"), "answered"),
        (f"{failed('4.4.1', 'x', 'delayed')}\n\n{failed()}", "bounced/bad_address"),
        (failed("5.7.26", "550 5.7.26 unauthenticated"), "bounced/policy"),
        (failed("5.0.0", "smtp; 554 5.0.0 nothing known"), "bounced/unknown"),
    ],
)
def test_only_what_failed_is_a_bounce(post: Post, sent: dict[str, int], fields: str, key: str) -> None:
    assert sent
    post.raw(report(post.path("layla"), fields))
    assert post.events() == [key]
    assert post.suppressed() == ({"layla"} if key == "bounced/bad_address" else set())


def test_a_bounce_without_our_return_path_is_known_by_our_message_id(post: Post, sent: dict[str, int]) -> None:
    assert sent
    theirs = f"Message-ID: {post.letter('layla')['Message-ID']}\nSubject: x"
    assert post.raw(report("news@rafidain.example", failed(), theirs)).is_ours
    assert post.suppressed() == {"layla"}


QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<layla@example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

"""


def plain(to: str, body: str, *headers: str, sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    head = [
        f"From: {sender}",
        f"To: {to}",
        "Subject: failure notice",
        *headers,
        "Content-Type: text/plain; charset=utf-8",
    ]
    return "\r\n".join([*head, "", body.replace("\n", "\r\n")]).encode()


def test_bounces_that_follow_no_standard_are_read_by_their_words(post: Post, sent: dict[str, int]) -> None:
    assert sent
    post.raw(plain(post.path("layla"), QMAIL))
    post.raw(plain(post.path("huda"), "تعذر تسليم رسالتك: 550 لا يوجد مستخدم بهذا الاسم"))
    assert post.suppressed() == {"layla", "huda"}


@pytest.mark.parametrize(
    "data",
    [
        plain("{to}", "أنا في إجازة. سأعود يوم الأحد.", "Auto-Submitted: auto-replied", sender="layla@example.org"),
        plain("{to}", "هذا الحساب غير متاح حتى يوم الأحد.", "Auto-Submitted: auto-replied", sender=""),
        plain("{to}", "The user of this mailbox is unavailable.", "Auto-Submitted: auto-replied", sender=""),
        plain("{to}", "The user is unknown to me, says my cat.", sender="layla@example.org"),
        plain("{to}", "", sender="layla@example.org"),
    ],
)
def test_absences_and_people_are_no_bounces(post: Post, sent: dict[str, int], data: bytes) -> None:
    assert sent
    post.raw(data.replace(b"{to}", post.path("layla").encode()))
    assert post.suppressed() == set()
    assert post.delivery(sent["layla"]).state is State.SENT


def complaint(to: str, original: str, kind: str = "abuse") -> bytes:
    return "\r\n".join(
        [
            "From: <fbl@isp.example>", f"To: {to}", "Subject: complaint", "Message-ID: <fbl@isp.example>",
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"', "",
            "--b", "Content-Type: text/plain", "", "A complaint.", "",
            "--b", "Content-Type: message/feedback-report", "", f"Feedback-Type: {kind}",
            "User-Agent: X/1", "Version: 1", "",
            "--b", "Content-Type: message/rfc822", "", *original.splitlines(), "", "redacted", "--b--", "",
        ]
    ).encode()  # fmt: skip


def clue(post: Post, name: str) -> str:
    letter = post.letter("layla")
    if name == "Return-Path":
        return f"Return-Path: <{post.path('layla')}>"
    return f"{name}: {letter[name]}"


@pytest.mark.parametrize("name", ["Message-ID", "List-Unsubscribe", "Return-Path"])
def test_a_redacted_complaint_suppresses_by_whatever_of_ours_is_left(
    post: Post, sent: dict[str, int], name: str
) -> None:
    assert sent
    original = f"From: news@rafidain.example\nTo: [redacted]\n{clue(post, name)}"
    post.raw(complaint(f"complaints@{INBOUND}", original))
    assert post.suppressed() == {"layla"}
    assert post.events() == ["complained"]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_a_report_that_is_no_complaint_suppresses_nobody(post: Post, sent: dict[str, int], kind: str) -> None:
    assert sent
    post.raw(complaint(f"complaints@{INBOUND}", clue(post, "Message-ID"), kind))
    assert post.suppressed() == set()


def test_a_complaint_that_proves_nothing_changes_nothing(post: Post, sent: dict[str, int]) -> None:
    real = str(post.letter("layla")["Message-ID"])
    forged = real.replace(f"d{sent['layla']}.", f"d{sent['huda']}.")
    assert forged != real
    post.raw(complaint(f"complaints@{BOUNCES}", f"To: huda@example.org\nMessage-ID: {forged}"))
    assert post.suppressed() == set()
    assert post.events() == []


def test_a_complaint_that_names_a_stream_alone_is_counted_there_and_halts_nothing(
    post: Post, sent: dict[str, int]
) -> None:
    assert sent
    original = f"To: [redacted]\nFeedback-ID: {post.letter('layla')['Feedback-ID']}"
    for _ in range(4):
        post.raw(complaint(f"complaints@{INBOUND}", original))
    post.raw(complaint(f"complaints@{INBOUND}", original, "not-spam"))
    post.raw(complaint(f"complaints@{INBOUND}", "Feedback-ID: 1:alert:ar:another"))
    post.raw(complaint(f"complaints@{INBOUND}", "Feedback-ID: 1:nothing:ar:rafidain"))
    with post.world.parts.db.reading() as session:
        (alarm,) = alarms.open_alarms(session)
        assert (alarm.about, alarm.count, alarm.detail) == (f"stream:{post.world.site.id}:alert", 4, alarms.NAMED)
        assert alarms.halted(session, post.now).streams == frozenset()
    assert (post.suppressed(), post.events()) == (set(), [])


def leave_address(post: Post, name: str) -> str:
    found = re.search(r"<mailto:([^?>]+)\?subject=unsubscribe>", "".join(post.letter(name)["List-Unsubscribe"].split()))
    assert found
    return found[1]


def test_a_mail_unsubscribes_from_what_brought_the_letter_and_once(post: Post, sent: dict[str, int]) -> None:
    assert sent
    to = leave_address(post, "layla")
    assert to.startswith("unsubscribe+")
    assert to.endswith(f"@{INBOUND}")
    assert len(to.partition("@")[0]) <= 64
    data = plain(to, "", sender="layla@example.org").replace(b"failure notice", b"unsubscribe")
    for _ in range(2):
        assert post.raw(data).is_ours
    with post.world.parts.db.reading() as session:
        rows = session.query(Subscription).filter(Subscription.ended_at.is_not(None)).all()
        assert [row.ended_reason for row in rows] == ["unsubscribed"]
    assert set(post.send("2")) == {"huda"}


def test_who_comes_back_leaves_again_by_the_same_letter(post: Post, sent: dict[str, int]) -> None:
    assert sent
    to = leave_address(post, "layla")
    data = plain(to, "", sender="layla@example.org").replace(b"failure notice", b"unsubscribe")
    for turn in ("2", "3"):
        post.raw(data)
        assert set(post.send(turn)) == {"huda"}
        post.world.later(days=1)
        post.readers("layla")
    assert set(post.send("4")) == {"layla", "huda"}


@pytest.mark.parametrize("text", ["550 5.1.1 no such \0 user", "550 5.1.1 no such \ud800 user"])
def test_what_no_database_holds_is_left_out_of_what_is_kept(post: Post, sent: dict[str, int], text: str) -> None:
    post.told(sent["layla"], text)
    assert post.suppressed() == {"layla"}


def test_a_report_with_a_nul_is_read_like_any_other(post: Post, sent: dict[str, int]) -> None:
    assert sent
    post.raw(report(post.path("layla"), failed(said="550 5.1.1 no such \0 user")))
    assert post.suppressed() == {"layla"}


@pytest.mark.parametrize("charset", ["punycode", "a\0b", "idna", "undefined"])
def test_a_charset_that_cannot_be_is_no_fault_of_ours(post: Post, sent: dict[str, int], charset: str) -> None:
    assert sent
    for to in (post.path("layla"), leave_address(post, "layla")):
        head = f"From: x@y.example\r\nTo: {to}\r\nContent-Type: text/plain; charset={charset}\r\n"
        post.raw(f"{head}Content-Transfer-Encoding: 8bit\r\n\r\nكلام".encode())
    assert post.suppressed() == set()


def test_a_bounce_to_that_address_unsubscribes_nobody(post: Post, sent: dict[str, int]) -> None:
    assert sent
    post.raw(report(leave_address(post, "layla"), failed()))
    assert set(post.send("2")) == {"huda", "layla"}


def test_a_forged_return_path_is_nobody(post: Post, sent: dict[str, int]) -> None:
    signer = post.world.parts.signer
    local = post.path("layla").partition("@")[0]
    assert place_of(f"{local.upper()}@{BOUNCES}", INBOUND, signer, BOUNCES) is not None, "case may be lost"
    for wrong in (
        local.replace(f"b+{sent['layla']}.", f"b+{sent['huda']}."),
        local[:-1] + ("0" if local[-1] != "0" else "1"),
        local.replace("b+", "reply+"), "b+1", "b", "complaints+1", f"b+{sent['layla']}.{'0' * 15}",
    ):  # fmt: skip
        assert place_of(f"{wrong}@{BOUNCES}", INBOUND, signer, BOUNCES) is None, wrong
        assert not post.raw(report(f"{wrong}@{BOUNCES}", failed())).is_ours
    assert place_of(f"{local}@elsewhere.example", INBOUND, signer, BOUNCES) is None
    assert place_of(f"complaints@{BOUNCES}", INBOUND, signer, BOUNCES).kind is Kind.COMPLAINTS  # type: ignore[union-attr]  # it is there
    assert post.suppressed() == set()


def bomb(depth: int, to: str) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\nx"
    for level in range(depth):
        mark = b"b%d" % level
        body = b'Content-Type: multipart/report; boundary="%b"\r\n\r\n--%b\r\n%b\r\n--%b--' % (mark, mark, body, mark)
    return f"From: <>\r\nTo: {to}\r\n".encode() + body


@pytest.mark.parametrize("shape", ["nested", "wide", "headers", "recipients", "garbage", "letters"])
def test_what_was_built_to_do_harm_changes_nothing_and_is_one_line(
    post: Post, sent: dict[str, int], shape: str
) -> None:
    to = post.path("layla")
    data = {
        "nested": bomb(3000, to),
        "wide": report(to, "").replace(b"--b--", b"--b\r\n\r\nx\r\n" * 4000 + b"--b--"),
        "headers": b"X: y\r\n" * 5000 + report(to, failed()),
        "recipients": report(to, "\n\n".join([failed("4.0.0", "x", "expanded")] * 3000)),
        "garbage": f"To: {to}\r\n\r\n".encode() + bytes(range(256)) * 3000,
        "letters": f"From: MAILER-DAEMON@x\r\nTo: {to}\r\n\r\n".encode() + b"<" * 900_000,
    }[shape]
    began = time.monotonic()
    with capture_logs() as lines:
        post.raw(data)
    assert time.monotonic() - began < 5
    assert len(lines) <= 1, lines
    assert "@" not in str(lines)
    assert post.suppressed() == set()
    assert post.delivery(sent["layla"]).state is State.SENT
    assert post.world.balance().is_balanced


def test_a_bomb_is_no_mail() -> None:
    with pytest.raises(MailUnreadable):
        opened(bomb(3000, "x@y.example"))
