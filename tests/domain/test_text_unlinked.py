"""No web address in a stranger's words survives to become a link."""

import pytest

from notifier.domain.text.unlinked import unlinked


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("انظر https://evil.example/x?a=1، ثم عد", "انظر [رابط]، ثم عد"),
        ("(HTTP://EVIL.example).", "([رابط])."),
        ("www.evil.example!", "[رابط]!"),
        ("win at evil.example/prize now", "win at [رابط] now"),
        ("https://موقع.example/خبر", "[رابط]"),
        ("http://a.example,https://b.example", "[رابط]"),
    ],
)
def test_an_address_is_a_word(text: str, left: str) -> None:
    assert unlinked(text, "[رابط]") == left


@pytest.mark.parametrize("text", ["Node.js 3.13 و 1/2", "a@b.example", "١/٢ و and/or", "د. علي", "e.g. this/that", ""])
def test_what_is_no_address_stays(text: str) -> None:
    assert unlinked(text, "[رابط]") == text
