"""Pictures and the logo in letters: sized, described, from where they may come, composed where they are blocked."""

from dataclasses import replace
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import Logo
from notifier.domain.lint import lint
from notifier.domain.pictures import PATH, Pictures
from notifier.domain.tokens import Signer
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, mail_html
from tests.letters import fixtures

OURS = "https://letters.example"
PROXIED = Pictures(OURS, frozenset(), Signer(["tests-only-0123456789-abcdefghijklmnop"]))
LOGO = Logo("https://aldhifaf.example/logo.png", 520, 88)


def html_of(renderer: Renderer, site: Any = fixtures.SITE, **changes: Any) -> str:
    content = replace(fixtures.ALERT, site=site, items=(replace(fixtures.DAM, **changes),))
    return mail_html(renderer.render(content), fixtures.personal())


def images(html: str) -> list[dict[str, str | None]]:
    return [node.attributes for node in LexborHTMLParser(html).css("img")]


@pytest.mark.parametrize(
    ("facts", "width", "height"),
    [
        ({}, "600", "338"),
        ({"image_width": 1600, "image_height": 900}, "600", "338"),
        ({"image_width": 320, "image_height": 320}, "320", "320"),
    ],
)
def test_a_picture_says_its_size_and_its_words(
    renderer: Renderer, facts: dict[str, Any], width: str, height: str
) -> None:
    html = html_of(renderer, facts=facts)
    (image,) = images(html)
    assert (image["width"], image["height"], image["alt"]) == (width, height, fixtures.DAM.image_alt)
    assert f"max-width:{width}px" in str(image["style"])
    assert ("margin:0 auto" in str(image["style"])) == (width != "600")
    assert lint(html, "ar") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": {"image_bytes": 0}},
        {"facts": {"image_width": 1, "image_height": 1}},
        {"image_url": "javascript:alert(1)"},
        {"image_url": "data:image/gif;base64,R0lGOD"},
    ],
)
def test_what_is_nothing_to_look_at_is_left_out(renderer: Renderer, changes: dict[str, Any]) -> None:
    html = html_of(renderer, **changes)
    assert images(html) == []
    assert "tint" not in html.partition("<body")[2].partition("h1")[0]


def test_without_words_of_its_own_a_picture_has_the_title(renderer: Renderer) -> None:
    assert images(html_of(renderer, image_alt=" "))[0]["alt"] == fixtures.DAM.title


def test_a_blocked_picture_is_its_words_on_a_tinted_ground(renderer: Renderer) -> None:
    html = html_of(renderer)
    cell = LexborHTMLParser(html).css("td.tint img")[0]
    style = str(cell.attributes["style"])
    for said in ("font-size:16px", "color:#5a5750", "text-align:center", "display:block"):
        assert said in style
    assert "soft" in str(cell.attributes["class"])


def test_pictures_come_from_where_they_may() -> None:
    renderer = Renderer(templates_dir(), pictures=PROXIED)
    assert images(html_of(renderer))[0]["src"] == fixtures.DAM.image_url
    (foreign,) = images(html_of(renderer, image_url="http://elsewhere.example/a.jpg"))
    assert str(foreign["src"]).startswith(f"{OURS}{PATH}")
    dropping = Renderer(templates_dir(), pictures=replace(PROXIED, signer=None))
    assert images(html_of(dropping, image_url="https://elsewhere.example/a.jpg")) == []


@pytest.mark.parametrize("language", fixtures.LANGUAGES)
@pytest.mark.parametrize("kind", fixtures.KINDS)
def test_the_logo_stands_in_the_masthead_on_a_ground_of_its_own(
    renderer: Renderer, kind: LetterKind, language: str
) -> None:
    sample = fixtures.sample(kind, language)
    html = mail_html(renderer.render(replace(sample, site=replace(sample.site, logo=LOGO))), fixtures.personal())
    assert lint(html, language) == []
    (logo,) = [image for image in images(html) if image["class"] == "logo"]
    assert (logo["src"], logo["alt"]) == (LOGO.url, sample.site.name)
    assert (logo["width"], logo["height"]) == ("260", "44")
    # No dark rule knows the class: the ground stays white, and the words of a blocked logo dark.
    assert "background-color:#ffffff" in str(logo["style"])
    assert "color:#1d1b18" in str(logo["style"])
    assert ".logo{" not in html


@pytest.mark.parametrize(
    "logo", [None, Logo("", 10, 10), Logo("javascript:x", 10, 10), Logo("https://x.example/a.png", 0, 0)]
)
def test_without_a_logo_the_name_stands_there(renderer: Renderer, logo: Logo | None) -> None:
    html = html_of(renderer, replace(fixtures.SITE, logo=logo))
    band = LexborHTMLParser(html).css("td.band")[0]
    assert not band.css("img")
    assert fixtures.SITE.name in (band.text() or "")
