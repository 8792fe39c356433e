"""Pictures of letters: from whom, through whom, how large."""

from typing import Any

import pytest

from notifier.domain.pictures import PATH, PURPOSE, Pictures, logo_size, size
from notifier.domain.tokens import Signer

SIGNER = Signer(["tests-only-0123456789-abcdefghijklmnop"])
OURS = "https://letters.example"
SITE = "https://www.news.example"
LISTED = Pictures(OURS, frozenset({"cdn.example"}), None)
PROXIED = Pictures(OURS, frozenset({"cdn.example"}), SIGNER)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.news.example/a.jpg",
        "https://news.example/a.jpg",
        "https://media.news.example/a.jpg",
        "https://cdn.example/a.jpg",
        "https://eu.cdn.example/a.jpg",
        f"{OURS}/static/a.png",
    ],
)
def test_https_of_the_site_itself_and_of_listed_hosts_is_shown_from_there(url: str) -> None:
    assert LISTED.url(url, SITE) == PROXIED.url(url, SITE) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/a.jpg",
        "https://elsewhere.example/a.jpg",
        "https://evilnews.example/a.jpg",
        "https://cdn.example.evil.example/a.jpg",
        "https://letters.example.evil.example/a.jpg",
    ],
)
def test_all_else_comes_through_us_or_not_at_all(url: str) -> None:
    assert LISTED.url(url, SITE) == ""
    shown = PROXIED.url(url, SITE)
    assert shown.startswith(f"{OURS}{PATH}")
    assert SIGNER.open(PURPOSE, shown.removeprefix(f"{OURS}{PATH}")) == url


@pytest.mark.parametrize("url", ["", "javascript:x", "data:image/png;base64,AAAA", "file:///etc/passwd", "//x/a.jpg"])
def test_what_is_no_web_address_is_dropped(url: str) -> None:
    assert PROXIED.url(url, SITE) == ""


def test_a_site_without_a_home_page_has_no_host_of_its_own() -> None:
    assert LISTED.url("https://elsewhere.example/a.jpg", "") == ""


def test_a_sealed_address_cannot_be_changed_nor_used_for_anything_else() -> None:
    token = SIGNER.seal(PURPOSE, "https://elsewhere.example/خبر.jpg")
    assert SIGNER.open(PURPOSE, token) == "https://elsewhere.example/خبر.jpg"
    assert SIGNER.open("u", token) is None
    assert SIGNER.open(PURPOSE, SIGNER.sign("u", 1, 2)) is None
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert SIGNER.open(PURPOSE, changed) is None
    assert Signer(["another-key-0123456789-abcdefghijkl", *["tests-only-0123456789-abcdefghijklmnop"]]).open(
        PURPOSE, token
    )


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, (600, 338)),
        ({"image_width": 1200, "image_height": 800}, (600, 400)),
        ({"image_width": 300, "image_height": 200}, (300, 200)),
        ({"image_width": 600, "image_height": 3000}, (180, 900)),
        ({"image_width": 1200}, (600, 338)),
        ({"image_width": "1200", "image_height": True}, (600, 338)),
        ({"image_width": -3, "image_height": 10**9}, (600, 338)),
        ({"image_bytes": 0, "image_width": 1200, "image_height": 800}, None),
        ({"image_width": 1, "image_height": 1}, None),
        ({"image_width": 600, "image_height": 2}, None),
    ],
)
def test_a_picture_is_as_large_as_its_shape_allows(facts: dict[str, Any], shown: tuple[int, int] | None) -> None:
    assert size(facts) == shown


def test_a_logo_fits_its_place() -> None:
    assert logo_size(960, 120) == (260, 32)
    assert logo_size(100, 400) == (11, 44)
    assert logo_size(120, 30) == (120, 30)
