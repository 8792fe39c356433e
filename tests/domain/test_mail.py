"""Headers and MIME: each trap of Python's own mail package, and the rules of the wire."""

import email
import email.policy
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.address import check_address
from notifier.domain.headers import HeaderInvalid
from notifier.domain.mail import Envelope, Letterhead, build
from notifier.domain.sheets import Base64Sheet, Body, PlainSheet, base64_lines, fits_lines
from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind
from tests.letters.parts import decoded, sections

HEAD = Letterhead(
    kind=LetterKind.DIGEST,
    letter_id=12,
    slug="aldhifaf",
    language="ar",
    sender_name="جريدة الضفاف",
    sender_address="akhbar@الضفاف.example",
    subject="نشرة الضفاف: شركات أربيل تتحول إلى Laravel 12 و Python 3.13 وتفتح باب التدريب للخريجين هذا الأسبوع",
)
ENVELOPE = Envelope(
    to=check_address("layla@example.org"),
    name="ليلى البصري",
    message_id="<d7.9f3a@aldhifaf.example>",
    sent_at=datetime(2026, 11, 23, 5, 3, tzinfo=UTC),
    unsubscribe_url="https://letters.aldhifaf.example/u/" + "kq3v9xT2" * 20,
    preferences_url="https://letters.aldhifaf.example/p/kq3v9xT2",
)
TEXT, HTML = "نص الرسالة\r\n".encode() * 40, "<p>نص</p>".encode() * 300
BODIES = (TEXT, HTML)
TITLES = st.text(
    st.one_of(
        st.sampled_from("ابتثجح خدذرزسش ،؛؟أإآةىيءًّ"),
        st.sampled_from('Laravel Python 3.13 =?_-"\\<>@,;:()[].'),
        st.sampled_from("אבגדה 🇮🇶👩‍💻🎉 می\u200cخواهد"),
        st.sampled_from("\r\n\0\t\x0b\x0c\x85\u2028\u2029\u202e\u2066\u2069\u200f\u200b\ufeff\ue000\ud800"),
        st.characters(),
    ),
    max_size=160,
)


def parsed(data: bytes) -> Message:
    return email.message_from_bytes(data, policy=email.policy.compat32)


def header(data: bytes, name: str) -> str:
    return str(make_header(decode_header(parsed(data)[name])))


def head_lines(data: bytes) -> list[str]:
    return data.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def test_one_click_unsubscribe_is_never_an_encoded_word() -> None:
    data = build(HEAD, ENVELOPE, *BODIES)
    value = re.sub(r"\r\n(?=[ \t])", "", parsed(data)["List-Unsubscribe"])
    mail_to = r"<mailto:akhbar@xn--[a-z0-9-]+\.example\?subject=unsubscribe>"
    assert re.fullmatch(rf"<{re.escape(ENVELOPE.unsubscribe_url)}>, {mail_to}", value)
    assert parsed(data)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"List-Unsubscribe: =?" not in data


def test_long_mixed_subjects_keep_their_spaces() -> None:
    assert header(build(HEAD, ENVELOPE, *BODIES), "Subject") == HEAD.subject


def test_each_address_header_stands_once() -> None:
    message = parsed(build(HEAD, ENVELOPE, *BODIES))
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id", "Content-Type"):
        assert len(message.get_all(name) or []) == 1, name
    assert message["Date"] == "Mon, 23 Nov 2026 05:03:00 +0000"
    assert message["Message-ID"] == "<d7.9f3a@aldhifaf.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Feedback-ID"] == "12:digest:ar:aldhifaf"


def test_display_names_and_domains_come_out_whole() -> None:
    data = build(HEAD, ENVELOPE, *BODIES)
    assert header(data, "To") == "ليلى البصري <layla@example.org>"
    assert header(data, "From").startswith("جريدة الضفاف <akhbar@xn--")
    assert header(build(HEAD, replace(ENVELOPE, name=""), *BODIES), "To") == "layla@example.org"


@pytest.mark.parametrize(
    "name", ['Layla "Lulu" K.', "a, b <x@y.z>", "Layla=?utf-8?q?x?=", "ليلى\r\nBcc: x@example.org"]
)
def test_a_display_name_cannot_become_an_address(name: str) -> None:
    data = build(HEAD, replace(ENVELOPE, name=name), *BODIES)
    assert [address for _, address in email.utils.getaddresses([parsed(data)["To"]])] == ["layla@example.org"]
    assert header(data, "To") == f"{clean(name)} <layla@example.org>"
    assert "Bcc" not in parsed(data)


def test_lists_are_named_in_ascii() -> None:
    list_id = parsed(build(replace(HEAD, slug="الضفاف", language="ar-IQ"), ENVELOPE, *BODIES))["List-Id"]
    assert list_id.isascii()
    assert list_id.startswith("<x.digest.ar-IQ.xn--")


@pytest.mark.parametrize(("slug", "last"), [("aldhifaf", "aldhifaf"), ("ab", "ab000"), ("a" * 40, "a" * 15)])
def test_the_sender_in_feedback_id_has_5_to_15_characters(slug: str, last: str) -> None:
    fields = parsed(build(replace(HEAD, slug=slug), ENVELOPE, *BODIES))["Feedback-ID"].split(":")
    assert len(fields) == 4
    assert fields[-1] == last


@pytest.mark.parametrize("kind", [LetterKind.CONFIRM, LetterKind.MAGIC_LINK, LetterKind.GOODBYE])
def test_a_letter_to_somebody_on_no_list_is_no_list_mail(kind: LetterKind) -> None:
    message = parsed(build(replace(HEAD, kind=kind), ENVELOPE, *BODIES))
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"):
        assert name not in message
    assert message["Auto-Submitted"] == "auto-generated"


def test_letters_of_one_thread_name_the_same_root() -> None:
    first = parsed(build(replace(HEAD, subject_id="article-1"), ENVELOPE, *BODIES))
    second = parsed(build(replace(HEAD, subject_id="article-1", letter_id=99), ENVELOPE, *BODIES))
    other = parsed(build(replace(HEAD, subject_id="article-2"), ENVELOPE, *BODIES))
    assert first["References"] == first["In-Reply-To"] == second["References"] != other["References"]
    assert re.fullmatch(r"<thread\.[0-9a-f]{32}@xn--[a-z0-9-]+\.example>", first["References"])
    assert "References" not in parsed(build(HEAD, ENVELOPE, *BODIES))


def test_an_address_outside_ascii_stands_in_utf8() -> None:
    data = build(HEAD, replace(ENVELOPE, to=check_address("ليلى@example.org"), name=""), *BODIES)
    assert "To: ليلى@example.org\r\n".encode() in data


def test_the_text_comes_first_and_both_are_base64_at_76_columns() -> None:
    data = build(HEAD, ENVELOPE, *BODIES)
    text, html = sections(data)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (decoded(text), decoded(html)) == (TEXT, HTML)
    assert max(len(line) for line in str(html.get_payload()).splitlines()) == 76


BLANKS = st.dictionaries(st.sampled_from("UPVC"), st.binary(max_size=150), min_size=4, max_size=4)


@given(
    st.lists(st.tuples(st.binary(max_size=200), st.sampled_from("UPVC")), max_size=8), st.binary(max_size=200), BLANKS
)
def test_a_filled_sheet_is_the_whole_body_encoded(
    body: list[tuple[bytes, str]], last: bytes, values: dict[str, bytes]
) -> None:
    pieces, blanks = [*(piece for piece, _ in body), last], [blank for _, blank in body]
    whole = b"".join(piece + values[blank] for piece, blank in body) + last
    plain, encoded = PlainSheet(pieces, blanks), Base64Sheet(pieces, blanks)
    bodies = Body(b"100%\r\n", plain, b"%b\r\n", encoded, b"%"), Body(b"", encoded, b"", plain, b"")
    others = {name: value[::-1] for name, value in values.items()}
    other = b"".join(piece + others[blank] for piece, blank in body) + last
    # Twice: the second time the layout is known.
    for _ in range(2):
        assert bodies[0].fill(values, others) == b"".join((b"100%\r\n", whole, b"%b\r\n", base64_lines(other), b"%"))
        assert bodies[1].fill(values, others) == base64_lines(whole) + other


@given(st.binary(max_size=400))
def test_base64_is_at_76_columns(data: bytes) -> None:
    lines = base64_lines(data).split(b"\r\n")
    assert b64decode(b"".join(lines), validate=True) == data
    assert lines.pop() == b""
    assert all(len(line) == 76 for line in lines[:-1])
    assert all(0 < len(line) <= 76 for line in lines)


def test_a_line_that_smtp_cannot_carry_is_seen_with_its_links() -> None:
    assert fits_lines([b"x" * 698, b"\r\n" + b"y" * 998], 300)
    assert not fits_lines([b"x" * 699, b"\r\n"], 300)


@pytest.mark.parametrize("bad", ["https://x.example/\r\nBcc: a@b.c", "https://x.example/ب", "a b"])
def test_a_link_that_no_header_may_hold_is_refused(bad: str) -> None:
    with pytest.raises(HeaderInvalid):
        build(HEAD, replace(ENVELOPE, unsubscribe_url=bad), *BODIES)


@settings(max_examples=400, deadline=None)
@given(subject=TITLES, sender=TITLES, name=TITLES)
def test_hostile_text_changes_no_header_but_its_own(subject: str, sender: str, name: str) -> None:
    head = replace(HEAD, subject=subject, sender_name=sender)
    data = build(head, replace(ENVELOPE, name=name), *BODIES)
    assert parsed(data).keys() == parsed(build(HEAD, ENVELOPE, *BODIES)).keys()
    lines = head_lines(data)
    assert all(len(line.encode()) <= 998 for line in lines)
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert all(len(word) <= 75 for line in lines for word in re.findall(r"=\?\S+\?=", line))
    expected = clean(subject)
    assert header(data, "Subject").removeprefix("\u200f") == expected
    assert header(data, "To") in {
        f"{clean(name)} <layla@example.org>",
        "layla@example.org",
        f'"{clean(name)}" <layla@example.org>',
    }
