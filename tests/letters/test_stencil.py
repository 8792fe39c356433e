"""A letter filled in for a reader is, byte for byte, the letter written for that reader alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.letter import Personal, Rendered
from notifier.domain.mail import Envelope, build
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, Stencil, letterhead, mail_html, mail_text
from tests.letters import fixtures
from tests.letters.parts import sections

RENDERER = Renderer(templates_dir())
RENDERED = {kind: RENDERER.render(fixtures.SAMPLES[kind]) for kind in LetterKind}
STENCILS = {kind: Stencil(RENDERED[kind], fixtures.SAMPLES[kind]) for kind in LetterKind}
PATHS = st.text("abcXYZ019._~-?=&;'\"<>/", min_size=1, max_size=90)
NAMES = st.one_of(st.sampled_from(["", "Layla", "ليلى البصري", "a, b <x@y.z>", "=?utf-8?q?x?="]), st.text(max_size=80))


def plainly(kind: LetterKind, personal: Personal) -> bytes:
    """The message built from two finished parts, with nothing shared."""
    rendered, content = RENDERED[kind], fixtures.SAMPLES[kind]
    envelope = Envelope(
        check_address(personal.address), personal.name if kind.is_list_mail else "", personal.message_id,
        personal.sent_at, personal.unsubscribe_url, personal.preferences_url, personal.reply_to,
        personal.leave_address,
    )  # fmt: skip
    bodies = mail_text(rendered, personal).encode(), mail_html(rendered, personal).encode()
    return build(letterhead(rendered, content), envelope, *bodies)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(list(LetterKind)),
    number=st.integers(1, 10**12),
    links=st.tuples(PATHS, PATHS, PATHS, PATHS),
    name=NAMES,
    seconds=st.integers(0, 10**8),
    reply_to=st.sampled_from(
        ["", "reply+7.mzxw6ytbmzxw6ytbmzxw6ytb@in.example", f"reply+{10**18}.{'a' * 24}@{'b' * 60}.example"]
    ),
)
def test_a_filled_letter_is_the_letter_written_for_one(
    kind: LetterKind, number: int, links: tuple[str, ...], name: str, seconds: int, reply_to: str
) -> None:
    names = ("unsubscribe_url", "preferences_url", "view_url", "confirm_url")
    changes: dict[str, Any] = {field: f"https://x.example/{path}" for field, path in zip(names, links, strict=True)}
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    leave_address = reply_to.replace("reply+", "unsubscribe+")
    changes |= {"reply_to": reply_to, "leave_address": leave_address}
    personal = replace(fixtures.personal(number), name=name, sent_at=at, **changes)
    assert STENCILS[kind].message(personal).data == plainly(kind, personal)


def test_one_bad_reader_does_not_spoil_the_stencil() -> None:
    stencil = STENCILS[LetterKind.ALERT]
    with pytest.raises(AddressInvalid):
        stencil.message(fixtures.personal(address="nobody"))
    assert stencil.message(fixtures.personal()).data == plainly(LetterKind.ALERT, fixtures.personal())


@pytest.mark.parametrize("kind", list(LetterKind))
def test_eight_bits_are_written_as_they_are(kind: LetterKind) -> None:
    content, rendered = fixtures.SAMPLES[kind], RENDERED[kind]
    message = Stencil(rendered, content, "8bit").message(fixtures.personal())
    assert message.is_8bit
    text, html = sections(message.data)
    assert (text["Content-Transfer-Encoding"], html["Content-Transfer-Encoding"]) == ("8bit", "8bit")
    written = message.data.partition(b"\r\n\r\n<!DOCTYPE")[2].rpartition(b"\r\n--")[0].decode()
    assert f"<!DOCTYPE{written}".split() == mail_html(rendered, fixtures.personal()).split()
    assert max(len(line) for line in message.data.split(b"\r\n")) <= 998


def test_a_line_too_long_for_smtp_goes_in_base64_even_then() -> None:
    content, rendered = fixtures.SAMPLES[LetterKind.ALERT], RENDERED[LetterKind.ALERT]
    long = Rendered(rendered.subject, rendered.text, rendered.html.replace("</p>", "ب" * 600 + "</p>"))
    message = Stencil(long, content, "8bit").message(fixtures.personal())
    assert message.is_8bit
    text, html = sections(message.data)
    assert (text["Content-Transfer-Encoding"], html["Content-Transfer-Encoding"]) == ("8bit", "base64")
    assert max(len(line) for line in message.data.split(b"\r\n")) <= 998
