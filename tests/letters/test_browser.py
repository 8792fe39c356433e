"""Letters in a real browser, whole and as mail clients leave them: direction, order of words, width, accessibility."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from notifier.domain.clients import gmail, gmx, outlook
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, mail_html
from tests.chromium import EDGES, OVERFLOW, WRONG_BLOCKS, WRONG_ORDER, hard_to_read
from tests.letters import fixtures

pytestmark = pytest.mark.browser
PHONE, DESKTOP = {"width": 320, "height": 800}, {"width": 1200, "height": 800}
SIDES = {"rtl": ["rtl", "right"], "ltr": ["ltr", "left"]}
CLIENTS: dict[str, Callable[[str], str]] = {
    "whole": lambda html: html,
    "gmail in an English page": partial(gmail, host="ltr"),
    "gmail in an Arabic page": partial(gmail, host="rtl"),
    "gmx in an English page": partial(gmx, host="ltr"),
    "gmx in an Arabic page": partial(gmx, host="rtl"),
    "outlook": outlook,
}
# What axe has to say on pages, and letters are not: they have no landmarks, and clients set the page's language.
NOT_FOR_LETTERS = ["region", "landmark-one-main", "page-has-heading-one", "meta-viewport"]


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=PHONE)
    context.route("**/*", lambda route: route.abort())
    yield context.new_page()
    context.close()


def letter(renderer: Renderer, kind: LetterKind, language: str) -> str:
    return mail_html(renderer.render(fixtures.sample(kind, language)), fixtures.personal())


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_direction_survives_mail_clients(page: Any, renderer: Renderer, client: str, language: str) -> None:
    way = "ltr" if language == "en" else "rtl"
    for kind in fixtures.KINDS:
        page.set_content(CLIENTS[client](letter(renderer, kind, language)))
        # Outlook is no phone's: its letters are 600 pixels wide.
        for size in (PHONE, DESKTOP) if client != "outlook" else (DESKTOP,):
            page.set_viewport_size(size)
            assert page.evaluate(OVERFLOW) == [], kind
            assert page.evaluate(WRONG_BLOCKS, SIDES[way]) == [], kind
            assert page.evaluate(WRONG_ORDER) == [], kind


@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "outlook"])
def test_no_word_is_wider_than_a_phone(page: Any, renderer: Renderer, client: str) -> None:
    url = "https://aldhifaf.example/reports/2026/11/the-water-of-the-tigris-and-the-dam-at-mosul-full-text"
    page.set_viewport_size(PHONE)
    for words in ("ه" * 70, "ha" * 35, url, f"See {url}", f"انظر {url}"):
        said = fixtures.comment(
            50, words, words, 5, article=fixtures.DAM, parent=replace(fixtures.QUESTION, summary=words)
        )
        story = replace(fixtures.DAM, title=words, summary=words, author_name=words, categories=(words,), language="")
        for content in (fixtures.REPLY, fixtures.DIGEST, fixtures.ALERT):
            items = {LetterKind.REPLY: (said,), LetterKind.DIGEST: (story, story, said)}.get(content.kind, (story,))
            for language in ("ar", "en"):
                rendered = renderer.render(replace(content, language=language, items=items))
                page.set_content(CLIENTS[client](mail_html(rendered, fixtures.personal())))
                assert page.evaluate(OVERFLOW) == [], (content.kind, language, words)


@pytest.mark.parametrize("client", CLIENTS)
def test_numbers_and_names_read_the_right_way(page: Any, renderer: Renderer, client: str) -> None:
    page.set_viewport_size(DESKTOP)
    page.set_content(CLIENTS[client](letter(renderer, LetterKind.DIGEST, "ar")))
    for left_to_right in ("+964 770 123 4567", "Laravel 12", "FIFA Arab Cup", "https://tadreeb"):
        first, last = page.evaluate(EDGES, left_to_right)
        assert first < last, left_to_right
    for right_to_left in ("مناسيب دجلة", "أسود الرافدين"):
        first, last = page.evaluate(EDGES, right_to_left)
        assert first > last, right_to_left


def test_a_letter_that_lost_its_direction_would_be_seen(page: Any, renderer: Renderer) -> None:
    html = letter(renderer, LetterKind.DIGEST, "ar")
    bare = re.sub(r"(?<!-)direction:(?:rtl|ltr);?|text-align:\w+;?| align=\"\w+\"", "", gmx(html, "ltr"))
    page.set_viewport_size(DESKTOP)
    page.set_content(bare)
    assert len(page.evaluate(WRONG_BLOCKS, SIDES["rtl"])) > 20
    page.set_content(re.sub(r"unicode-bidi:isolate;direction:ltr", "", gmx(html, "rtl")))
    assert len(page.evaluate(WRONG_ORDER)) > 5
    page.set_viewport_size(PHONE)
    page.set_content('<p style="width:900px">x</p>')
    assert page.evaluate(OVERFLOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_everybody_can_read_it(browser: Any, renderer: Renderer, scheme: str, language: str) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)
    context.route("**/*", lambda route: route.abort())
    page = context.new_page()
    for kind in fixtures.KINDS:
        page.set_content(letter(renderer, kind, language))
        assert hard_to_read(page, NOT_FOR_LETTERS) == [], kind
    context.close()


def test_what_few_could_read_would_be_seen(page: Any, renderer: Renderer) -> None:
    html = letter(renderer, LetterKind.DIGEST, "ar").replace("color:#5a5750", "color:#c0c0c0").replace(" alt=", " x=")
    page.set_content(html)
    found = {one.partition(":")[0] for one in hard_to_read(page, NOT_FOR_LETTERS)}
    assert {"color-contrast", "image-alt"} <= found
