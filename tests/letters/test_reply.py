"""The letter about comments: what comes next, how much it shows, how it is muted, and nothing of strangers' links."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import ItemView, LetterContent
from notifier.stages.render import Renderer, mail_html, mail_text
from notifier.stages.render.renderer import HTML_BYTES_MAX
from tests.letters import fixtures

LANGUAGES = ("ar", "ckb", "en", "fa", "he", "ur")
OURS = {"aldhifaf.example", "letters.aldhifaf.example"}


def text(renderer: Renderer, content: LetterContent) -> str:
    return " ".join(mail_text(renderer.render(content), fixtures.personal()).split())


def quiet(minutes: float, language: str = "en") -> LetterContent:
    return replace(fixtures.REPLY, language=language, next_at=fixtures.AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (14.5, "at least 15 minutes after"),
        (30, "at least 30 minutes after"),
        (60, "at least 1 hour after"),
        (90, "at least 90 minutes after"),
        (240, "at least 4 hours after"),
        (250, "at least 4 hours after"),
        (0, "when there is a new comment"),
        (-5, "when there is a new comment"),
    ],
)
def test_it_says_how_long_it_is_quiet_from_here_on(renderer: Renderer, minutes: float, said: str) -> None:
    assert said in text(renderer, quiet(minutes))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ar", "قبل مرور ساعتين على"),
        ("ckb", "٢ کاتژمێر"),
        ("en", "2 hours"),
        ("fa", "۲ ساعت"),
        ("he", "שעתיים"),
        ("ur", "گھنٹے"),
    ],
)
def test_it_counts_in_the_reader_s_language_and_digits(renderer: Renderer, language: str, said: str) -> None:
    assert said in text(renderer, quiet(120, language))


def test_the_last_before_the_digest_says_so(renderer: Renderer) -> None:
    said = text(renderer, replace(quiet(30), turns_daily=True))
    assert "once a day, in your daily newsletter" in said
    assert "30 minutes" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_has_a_link_for_each_mute(renderer: Renderer, language: str) -> None:
    rendered, personal = renderer.render(replace(fixtures.REPLY, language=language)), fixtures.personal()
    links = [f"{personal.unsubscribe_url}/mute/{how}" for how in ("thread", "kind", "all")]
    html = LexborHTMLParser(mail_html(rendered, personal))
    hrefs = [node.attributes["href"] for node in html.css("a")]
    lines = mail_text(rendered, personal).split("\r\n")
    assert [link for link in links if hrefs.count(link) == 1 and lines.count(link) == 1] == links


def test_no_other_kind_of_letter_offers_a_mute(renderer: Renderer) -> None:
    for content in (fixtures.DIGEST, fixtures.ALERT):
        assert "/mute/" not in mail_text(renderer.render(content), fixtures.personal())


def test_the_rest_is_a_number_that_links_to_the_article(renderer: Renderer) -> None:
    rendered, personal = renderer.render(replace(quiet(30), more=97)), fixtures.personal()
    html = LexborHTMLParser(mail_html(rendered, personal))
    (more,) = [node for node in html.css("a") if "97 more comments" in node.text()]
    assert more.attributes["href"] == fixtures.DAM.url
    assert "100 new comments" in html.text()


def test_many_long_comments_stay_under_what_gmail_clips(renderer: Renderer) -> None:
    words = "كلام طويل مع تشكيلٍ وأرقام ١٢٣ 👩‍💻 " * 60
    comments = tuple(
        fixtures.comment(100 + n, f"قارئ {n}", words, n, article=fixtures.DAM, parent=fixtures.QUESTION)
        for n in range(200)
    )
    rendered = renderer.render(replace(fixtures.REPLY, items=comments))
    html = mail_html(rendered, fixtures.personal())
    assert len(html.encode()) < HTML_BYTES_MAX
    shown = html.count("<h2")
    assert shown > 15, "of each comment no more than what is read"
    assert "/mute/thread" in html


GREEDY = {
    "lines": "\n".join(["ا", "a"] * 300),
    "turns of direction": "اa" * 600,
    "both": "ا\n" * 45 + "اa" * 580,
}
"""As much HTML as a comment can be."""


@pytest.mark.parametrize("words", GREEDY.values(), ids=GREEDY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_comment_is_too_heavy_for_a_letter(renderer: Renderer, words: str, language: str) -> None:
    parent = replace(fixtures.QUESTION, summary=words, author_name="اa" * 40)
    article = replace(fixtures.DAM, title="اa" * 150)
    greedy = fixtures.comment(50, "اa" * 40, words, 5, article=article, parent=parent)
    for content in (fixtures.REPLY, fixtures.DIGEST):
        rendered = renderer.render(replace(content, language=language, items=(greedy,)))
        assert len(mail_html(rendered, fixtures.personal()).encode()) < HTML_BYTES_MAX


@pytest.mark.parametrize("words", GREEDY.values(), ids=GREEDY)
def test_greedy_comments_cost_the_others_no_place(renderer: Renderer, words: str) -> None:
    greedy = tuple(fixtures.comment(50 + n, "x", words, 700 + n, article=fixtures.DAM) for n in range(20))
    for content in (fixtures.REPLY, fixtures.DIGEST):
        shown = text(renderer, replace(content, language="en", items=(*greedy, *content.items)))
        said = [item.title or item.summary.split("\n")[0].replace("\u200e", "") for item in content.items]
        assert [words for words in said if words not in shown] == []
    assert "23 new comments" in text(renderer, quiet_of(*greedy, *fixtures.COMMENTS))


def quiet_of(*comments: ItemView) -> LetterContent:
    return replace(quiet(30), items=comments)


def test_a_comment_of_many_lines_is_said_whole_in_forty_paragraphs(renderer: Renderer) -> None:
    words = [f"سطر {n}" for n in range(100)]
    rendered = renderer.render(quiet_of(fixtures.comment(50, "كرار", "\n".join(words), 5)))
    html = LexborHTMLParser(mail_html(rendered, fixtures.personal()))
    lines = [node.text() for node in html.css("p") if node.text().startswith("سطر")]
    assert len(lines) == 40
    assert " ".join(lines) == " ".join(words)


HOSTILE = (
    '<a href="https://evil.example/a">اضغط هنا</a><img src="https://evil.example/p.gif">',
    "خبر عاجل https://evil.example/b وأيضًا www.evil.example",
    "evil.example/prize",
    "javascript:alert(1) data:text/html,<b>x</b>",
    "[x](https://evil.example/c) <https://evil.example/d>",
)


HIDDEN = (
    "https:\u2061//evil.example/h",
    "www\u2063.evil.example",
    "evil.example\u200b/n",
    "\u206ahttps://evil.example",
)


@pytest.mark.parametrize("words", [*HOSTILE, *HIDDEN])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_nothing_of_a_commenter_is_a_link_or_a_picture(renderer: Renderer, words: str, language: str) -> None:
    parent = replace(fixtures.QUESTION, summary=words, author_name=HIDDEN[0])
    comment = fixtures.comment(50, HIDDEN[1], words, 5, article=fixtures.DAM, parent=parent)
    named = replace(comment, id=51, author_name=words, parent=None)
    for content in (fixtures.REPLY, fixtures.DIGEST):
        rendered = renderer.render(replace(content, language=language, items=(comment, named)))
        html = LexborHTMLParser(mail_html(rendered, fixtures.personal()))
        assert {urlsplit(node.attributes["href"] or "").hostname for node in html.css("a")} <= OURS
        assert [node for node in html.css("img") if "evil" in (node.attributes["src"] or "")] == []
        for part in (html.text(), mail_text(rendered, fixtures.personal())):
            assert "https://evil" not in part
            assert "www.evil" not in part
            assert "evil.example/" not in part


def test_the_subject_is_the_first_letter_s_whatever_the_title_is_now(renderer: Renderer) -> None:
    first = replace(fixtures.REPLY, subject_title=fixtures.DAM.title)
    corrected = replace(fixtures.DAM, title="عنوان مصحّح")
    later = replace(first, items=tuple(replace(one, article=corrected) for one in first.items))
    assert renderer.render(later).subject == renderer.render(first).subject
    assert "عنوان مصحّح" in renderer.render(later).html
