"""Letters of every kind and language leave with signatures that a receiver can verify."""

import re
from dataclasses import replace

import pytest

from notifier.domain.dkim import DkimKey, DkimSigner
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.letters.parts import parts
from tests.receiver import AT, ED25519, RSA, signatures, tags, verdicts

SIGNER = DkimSigner([RSA, ED25519])
PERSONAL = fixtures.personal(sent_at=AT)


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_every_letter_verifies(renderer: Renderer, kind: LetterKind, language: str) -> None:
    content = fixtures.sample(kind, language)
    rendered = renderer.render(content)
    signed = personalise(rendered, content, PERSONAL, SIGNER)
    assert verdicts(signed.data) == [True, True]
    plain = personalise(rendered, content, PERSONAL)
    assert signed.data.endswith(plain.data), "signing changes nothing of the letter"
    assert verdicts(plain.data) == []
    listed = tags(signatures(signed.data)[0])["h"].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(listed)


def test_every_header_of_a_letter_is_signed(renderer: Renderer) -> None:
    for content in fixtures.SAMPLES.values():
        data = personalise(renderer.render(content), content, PERSONAL, SIGNER).data
        head = data.partition(b"\r\n\r\n")[0].decode()
        present = {name.lower() for name in re.findall(r"(?m)^([\w-]+):", head)} - {"dkim-signature"}
        assert present <= set(tags(signatures(data)[0])["h"].split(":"))
        assert len(present) >= 10


@pytest.mark.parametrize(
    "name",
    ["", "ليلى " * 20, "ليلى عبد الكريم Al-Basri (Layla) من البصرة، حي الجزائر", "Layla", "ا" * 300, 'a "b" <c>'],
)
def test_names_and_subjects_of_any_length_verify(renderer: Renderer, name: str) -> None:
    title = f"نشرة {name} و Laravel 12 " * 3
    content = replace(fixtures.ALERT, site=replace(fixtures.SITE, sender_name=name or "الضفاف"))
    rendered = replace(renderer.render(content), subject=title)
    personal = replace(PERSONAL, name=name, unsubscribe_url="https://x.example/u/" + "kq3v9xT2" * 40)
    data = personalise(rendered, content, personal, SIGNER).data
    assert data.count(b"\r\n =?utf-8?") >= 1
    assert verdicts(data) == [True, True]


def test_an_address_outside_ascii_verifies(renderer: Renderer) -> None:
    personal = replace(PERSONAL, address="ليلى@الضفاف.example")
    data = personalise(renderer.render(fixtures.ALERT), fixtures.ALERT, personal, SIGNER).data
    assert verdicts(data) == [True, True]


def test_one_letter_changed_on_the_way_is_refused(renderer: Renderer) -> None:
    data = personalise(renderer.render(fixtures.DIGEST), fixtures.DIGEST, PERSONAL, SIGNER).data
    link = b"List-Unsubscribe: <https://letters.aldhifaf.example/u/"
    forged = (
        data.replace(link, link[:-3] + b"x/"),
        data.replace(b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", b""),
        data.replace(b"\r\n\r\n", b"\r\nList-Unsubscribe: <https://evil.example>\r\n\r\n", 1),
        data.replace(b"\r\n\r\n", b"\r\nFrom: x@evil.example\r\n\r\n", 1),
        b"From: x@evil.example\r\n" + data,
        data.replace(b"\r\n\r\n--=_", b"\r\n\r\nBefore.\r\n--=_", 1),
        data + b"After.\r\n",
    )
    for other in forged:
        assert other != data
        assert verdicts(other) == [False, False]


def test_a_site_whose_domain_has_no_key_sends_unsigned(renderer: Renderer) -> None:
    content = replace(fixtures.ALERT, site=replace(fixtures.SITE, sender_address="desk@elsewhere.example"))
    data = personalise(renderer.render(content), content, PERSONAL, SIGNER).data
    assert signatures(data) == []
    assert len(parts(data)) == 2


def test_a_sender_under_the_keys_domain_or_written_in_arabic_is_signed(renderer: Renderer) -> None:
    arabic = DkimKey("xn--mgba8b3bbo.example", "r1", RSA.private)
    for address, key in (("desk@News.Aldhifaf.example", RSA), ("desk@الضفاف.example", arabic)):
        content = replace(fixtures.ALERT, site=replace(fixtures.SITE, sender_address=address))
        data = personalise(renderer.render(content), content, PERSONAL, DkimSigner([key])).data
        assert verdicts(data, key) == [True]
