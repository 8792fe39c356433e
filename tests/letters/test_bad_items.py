"""An item in a bad state makes a sensible letter, or is left out."""

from dataclasses import replace
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import Editorial, ItemView, LetterContent
from notifier.domain.lint import lint
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, RenderFailed, mail_html, mail_text
from tests.letters import fixtures

PERSONAL = fixtures.personal()
ISSUE = fixtures.SAMPLES[LetterKind.ISSUE]


def page(renderer: Renderer, content: LetterContent) -> LexborHTMLParser:
    """The letter, which keeps every rule."""
    html = mail_html(renderer.render(content), PERSONAL)
    assert lint(html, content.language) == []
    return LexborHTMLParser(html)


def with_item(kind: LetterKind, item: ItemView) -> LetterContent:
    content = fixtures.SAMPLES[kind]
    return replace(content, items=(item, *content.items[1:]))


@pytest.mark.parametrize("kind", [LetterKind.ALERT, LetterKind.DIGEST, LetterKind.ISSUE])
def test_without_a_title_the_first_words_of_the_summary_stand_for_it(renderer: Renderer, kind: LetterKind) -> None:
    made = page(renderer, with_item(kind, replace(fixtures.DAM, title="", image_alt="")))
    titles = [node.text() for node in made.css("h1, h2, h3")]
    assert any(title.startswith("سجّلت محطات القياس شمال المدينة") and len(title) <= 120 for title in titles)
    assert all(title.strip() for title in titles)


def test_a_notice_that_is_its_own_title_is_said_once(renderer: Renderer) -> None:
    notice = replace(fixtures.DAM, title="", summary="انقطاع الماء عن الكرخ حتى المساء.", image_url="")
    text = mail_text(renderer.render(with_item(LetterKind.ALERT, notice)), PERSONAL)
    assert text.count("انقطاع الماء") == 1


def test_an_item_without_a_word_is_left_out(renderer: Renderer) -> None:
    silent = replace(fixtures.STORIES[1], title="\u200f \0", summary="", url="https://aldhifaf.example/silent")
    made = page(renderer, replace(fixtures.DIGEST, items=(*fixtures.DIGEST.items, silent)))
    assert "silent" not in str(made.html)
    with pytest.raises(RenderFailed, match="NothingToSay"):
        renderer.render(replace(fixtures.ALERT, items=(silent,)))


@pytest.mark.parametrize("kind", [LetterKind.ALERT, LetterKind.DIGEST, LetterKind.REPLY])
def test_a_title_of_ten_thousand_words_is_cut(renderer: Renderer, kind: LetterKind) -> None:
    long = replace(fixtures.DAM, title="كلمة طويلة " * 5000)
    content = with_item(kind, long)
    if kind is LetterKind.REPLY:
        content = replace(content, items=tuple(replace(one, article=long) for one in fixtures.COMMENTS))
    rendered = renderer.render(content)
    assert len(rendered.subject) < 200
    assert max(len(node.text()) for node in page(renderer, content).css("h1, h2, h3, p")) <= 400


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"image_width": 0, "image_height": 0},
        {"image_width": -5, "image_height": "large"},
        {"image_width": 1, "image_height": 10**9},
        {"image_width": 10**9, "image_height": 1},
        {"image_width": True, "image_height": None},
    ],
)
def test_a_picture_of_no_known_size_keeps_its_place(renderer: Renderer, facts: dict[str, Any]) -> None:
    made = page(renderer, with_item(LetterKind.ALERT, replace(fixtures.DAM, facts=facts, image_alt="")))
    (picture,) = made.css("img")
    assert 100 <= int(picture.attributes["height"] or 0) <= 900
    assert picture.attributes["alt"] == fixtures.DAM.title


@pytest.mark.parametrize("url", ["", "data:image/png;base64,", "javascript:alert(1)", "media/tigris.jpg", "https://"])
def test_a_picture_that_cannot_be_fetched_is_none(renderer: Renderer, url: str) -> None:
    assert not page(renderer, with_item(LetterKind.DIGEST, replace(fixtures.DAM, image_url=url))).css("img")


def test_an_address_with_an_apostrophe_is_one_like_others(renderer: Renderer) -> None:
    made = page(renderer, with_item(LetterKind.ALERT, replace(fixtures.DAM, url="https://x.example/it's?b='c'#d'e")))
    assert "https://x.example/it%27s?b=%27c%27#d%27e" in {node.attributes.get("href") for node in made.css("a")}


@pytest.mark.parametrize(
    "html",
    [
        "<div><table><tr><td><b><ul><li>نص لا ينتهي <a href='https://x.example/",
        "<p>نص<b>غامق<i>مائل<blockquote>اقتباس<h2>عنوان<ol><li>بند",
        "<p>نص <!-- تعليق لا يغلق " + "<a href='" * 1000,
        "<ul>" * 500 + "<li>نص",
        "<p>نص</p><script>alert(1)</script><style>p{direction:ltr}</style><bdi>x</bdi><p style='direction:ltr'>y",
    ],
)
def test_an_editors_html_may_be_in_any_state(renderer: Renderer, html: str) -> None:
    made = page(renderer, replace(ISSUE, issue=Editorial("عنوان العدد", html)))
    assert "نص" in " ".join(node.text() for node in made.css("p"))
    assert "alert" not in str(made.html)


def test_an_issue_of_nothing_fails(renderer: Renderer) -> None:
    for issue in (None, Editorial("")):
        with pytest.raises(RenderFailed, match="NothingToSay"):
            renderer.render(replace(ISSUE, issue=issue, items=()))


@pytest.mark.parametrize(
    "picked",
    [None, 7, "نعم", [], {}, {"text": ""}, {"text": 7, "author": "س"}, {"author": "س", "url": "https://x.example"}],
)
def test_a_strange_pick_is_no_pick(renderer: Renderer, picked: object) -> None:
    story = replace(fixtures.DAM, facts={"comments": 4, "picked_comment": picked})
    made = page(renderer, replace(fixtures.DIGEST, items=(story, *fixtures.STORIES[3:4])))
    assert "الأكثر نقاشًا" not in (made.body.text() if made.body else "")
