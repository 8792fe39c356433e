"""Mail that was built to break something changes nothing and costs little."""

import base64
import contextlib
import quopri
import time

import pytest

from notifier.domain.incoming import MailUnreadable, read_mail, recipients
from tests.mailroom.conftest import ME, mail

SAID = "شكراً جزيلاً، فهمت."


def part(kind: str, body: bytes, encoding: str = "8bit", sender: str = ME) -> bytes:
    head = f"From: <{sender}>\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(part("text/plain; charset=utf-8", SAID.encode()), id="8bit"),
        pytest.param(part("text/plain; charset=UTF-8", base64.encodebytes(SAID.encode()), "base64"), id="base64"),
        pytest.param(
            part('text/plain; charset="utf-8"', quopri.encodestring(SAID.encode()), "quoted-printable"), id="qp"
        ),
        pytest.param(part("text/plain; charset=windows-1256", SAID.encode("cp1256")), id="windows-1256"),
        pytest.param(part("text/plain; charset=iso-8859-6", SAID.encode("iso-8859-6")), id="iso-8859-6"),
        pytest.param(part("text/plain", SAID.encode()), id="no-charset"),
        pytest.param(part("text/plain", SAID.encode("cp1256")), id="no-charset-windows"),
        pytest.param(part("text/plain; charset=us-ascii", SAID.encode()), id="a-lie"),
        pytest.param(part("text/plain; charset=x-unknown", SAID.encode("cp1256")), id="unknown"),
        pytest.param(part("text/html; charset=utf-8", f"<p>{SAID}<blockquote>x</blockquote>".encode()), id="html"),
        pytest.param(
            part(
                "multipart/alternative; boundary=b",
                f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{SAID}\r\n"
                f"--b\r\nContent-Type: text/html\r\n\r\n<p>other\r\n--b--\r\n".encode(),
            ),
            id="plain-first",
        ),
        pytest.param(
            part(
                "multipart/mixed; boundary=b",
                f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{SAID}\r\n--b\r\n"
                f"Content-Type: message/rfc822\r\n\r\nFrom: x\r\n\r\ninner\r\n--b\r\nContent-Type: text/plain\r\n"
                f"Content-Disposition: attachment\r\n\r\nattached\r\n--b--\r\n".encode(),
            ),
            id="attachments",
        ),
        pytest.param(
            part("text/plain; charset=utf-8; format=flowed", SAID.replace(" ", " \r\n").encode()), id="flowed"
        ),
    ],
)
def test_whatever_it_is_written_in_it_is_read(data: bytes) -> None:
    found = read_mail(data, ME)
    assert (found.words, found.sender, found.is_automatic) == (SAID, ME, False)


def nested(depth: int) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\nx"
    for level in range(depth):
        body = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--" % (
            level,
            level,
            body,
            level,
        )
    return b"From: <layla@example.org>\r\n" + body


@pytest.mark.parametrize(
    "data",
    [
        nested(59),
        nested(5000),
        nested(50).replace(b"boundary=", b"boundary*0="),
        b"From: <layla@example.org>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\n\r\nx\r\n" * 90_000,
        b"From: " + b"<a@b>," * 160_000 + b"\r\n\r\nx",
        b"Subject: " + b"=?utf-8?q?=41?= " * 60_000 + b"\r\n\r\nx",
        b"X: y\r\n" * 160_000 + b"\r\nx",
        b"\0" * 1_000_000,
        b"",
        b"\r\n",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\r\n\r\n" + b"&" * 1_000_000,
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + b"> " * 500_000,
        b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + b"\xd8\x00" * 1000,
        b"Content-Type: text/plain; charset=" + b"x" * 1000 + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Content-Type: text/plain; charset=base64\r\n\r\nabc",
        b"From: =?utf-8?b?////?= <layla@example.org>\r\nSubject: =?x?b?!!?=\r\n\r\nx",
    ],
    ids=range(17),
)
def test_nothing_breaks_it_or_keeps_it_busy(data: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(MailUnreadable):
        read_mail(data, ME)
    recipients(data)
    assert time.process_time() - began < 4


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    with pytest.raises(MailUnreadable):
        read_mail(nested(5000))
    with pytest.raises(MailUnreadable):
        read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1000)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Re: x",
        "Out of Office",
        "رد تلقائي: نقاش",
        "پاسخ خودکار",
        "מענה אוטומטי: דיון",
        "Otomatik yanıt: x",
        "خودکار جواب",
        "وەڵامی خۆکار",
        "Re: Automatic reply",
        "=?utf-8?b?2LHYryDYqtmE2YLYp9im2Yo6?= x",
    ],
)
def test_an_absence_is_known_by_its_subject(subject: str) -> None:
    data = mail().replace(b"Subject: Re: =?utf-8?b?2YbZgtin2LQ=?=", f"Subject: {subject}".encode())
    assert read_mail(data, ME).is_automatic


def test_a_header_cannot_be_smuggled_in() -> None:
    data = mail("Bcc: x@y.example\r\n\r\nنص", "X: a\r\n b")
    assert read_mail(data, ME).words == "Bcc: x@y.example\n\nنص"
    assert recipients(b"To: x\r\n y <a@b.example>,\r\n <c@d.example>\r\n\r\nTo: <e@f.example>") == (
        "a@b.example",
        "c@d.example",
    )
