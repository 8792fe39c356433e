"""A reader's own name in every kind of letter: it stands in To and nowhere else, and adds no header."""

import email
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest

from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, Stencil
from tests.letters import fixtures
from tests.letters.parts import parts

NAMES = {
    "script": "Zqx<script>alert(1)</script>\"'> {{7*7}}",
    "override": "\u202eZqx\u202c \u2066مرحبا\u2069",
    "nothing to see": "Zqx\u200b\u200d\u2060\ufeff",
    "long": "Zqx" + "ط" * 197,
    "headers": "Zqx\r\nBcc: all@example.org\r\n\r\nHi",
    "controls": "Zqx\x00\x1b[31m\x7f",
    "emoji": "Zqx 👩\u200d👩\u200d👧\u200d👦🇮🇶",
    "marks": "Zqx\ue000\ue001\uf8ff",
    "half a pair": "Zqx\ud83d",
    "an address": 'Zqx" <other@example.org>, x',
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kind", LetterKind)
def test_a_name_of_any_kind_is_a_name_in_a_letter_of_any_kind(renderer: Renderer, kind: LetterKind, name: str) -> None:
    content = fixtures.SAMPLES[kind]
    stencil = Stencil(renderer.render(content), content)
    personal = fixtures.personal()
    plain = email.message_from_bytes(stencil.message(replace(personal, name="Layla")).data)
    made = stencil.message(replace(personal, name=name)).data
    letter = email.message_from_bytes(made)
    assert letter.keys() == plain.keys()
    # First the addresses, then the words: what is encoded in a name is no syntax (RFC 2047, section 5).
    ((phrase, address),) = getaddresses([letter["To"]])
    assert address == personal.address
    shown = str(make_header(decode_header(phrase)))
    assert clean(name).startswith(shown.rstrip("…"))
    assert ("Zqx" in shown) is ("Layla" in plain["To"]), "where a stranger may have typed the address, no name at all"
    assert b"\nBcc:" not in made
    assert max(map(len, made.split(b"\r\n"))) <= 998
    for part in parts(made):
        assert "Zqx" not in part
