"""What every letter is on the wire, in every language: lines, encodings, headers, and nothing else."""

import re
import unicodedata
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.letters.parts import parts, sections

PERSONAL = fixtures.personal()
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language")
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_every_letter_is_fit_for_the_wire(renderer: Renderer, kind: LetterKind, language: str) -> None:
    content = fixtures.sample(kind, language)
    rendered = renderer.render(content)
    data = personalise(rendered, content, PERSONAL).data
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998
    head = data.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 78 + len("List-Unsubscribe: ") + len(PERSONAL.unsubscribe_url)
    for word in ENCODED_WORD.findall(head):
        assert len(word) <= 75
        # Each is whole characters by itself.
        assert "\ufffd" not in str(make_header(decode_header(word.decode())))
    message = message_from_bytes(data)
    assert {name: len(message.get_all(name) or []) for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert PERSONAL.address not in message["Message-ID"]
    assert str(make_header(decode_header(message["Subject"]))) == rendered.subject
    assert [section.get_content_type() for section in sections(data)] == ["text/plain", "text/html"]
    for part in parts(data):
        assert not CONTROLS.search(part.replace("\r\n", ""))
        assert unicodedata.is_normalized("NFC", part)


@pytest.mark.parametrize("kind", fixtures.KINDS)
def test_the_way_out_stands_in_the_headers_of_list_mail_only(renderer: Renderer, kind: LetterKind) -> None:
    content = fixtures.sample(kind, "ar")
    message = message_from_bytes(personalise(renderer.render(content), content, PERSONAL).data)
    assert ("List-Unsubscribe" in message) is ("List-Unsubscribe-Post" in message)
    if "List-Unsubscribe" in message:
        assert message["List-Unsubscribe"].startswith(f"<{PERSONAL.unsubscribe_url}>")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Id"].isascii()
    else:
        assert "List-Id" not in message
