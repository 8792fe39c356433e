"""Whatever titles, names and comments hold, they come out of every part as they went in, cleaned, and nothing more."""

import email
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import Editorial, LetterContent, PersonalMark
from notifier.domain.lint import lint
from notifier.domain.text.clean import clean, clip, paragraphs
from notifier.domain.views import NAME_MAX, few_lines
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.letters.parts import parts
from tests.letters.wellformed import faults

RENDERER = Renderer(templates_dir())
ORDINARY = {
    content.kind: email.message_from_bytes(
        personalise(RENDERER.render(content), content, fixtures.personal()).data
    ).keys()
    for content in (fixtures.ALERT, fixtures.REPLY)
}
"""The headers of a letter in which nobody wrote anything odd."""
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029" + BIDI + "".join(PersonalMark) + "]")
MARKS = "\u200f\u200e"
TEXTS = st.text(
    st.one_of(
        st.sampled_from("ابتثجح خدذر ،؛؟«»أإآةى٠١٢٣ ًّ"),
        st.sampled_from("Laravel C++ v3.13 <b>&amp;\"'{{}}{%=?"),
        st.sampled_from("אבגד 🇮🇶👩‍💻 می\u200cخواهد"),
        st.sampled_from("\r\n\0\t\x0b\x85\u2028\u2029" + MARKS + BIDI + "".join(PersonalMark)),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=100,
).filter(clean)


@dataclass(frozen=True)
class Words:
    """What strangers may have written."""

    title: str
    name: str
    comment: str


WORDS = st.builds(Words, TEXTS, TEXTS, TEXTS)


def alert(words: Words) -> LetterContent:
    title, name = words.title, words.name
    item = replace(fixtures.DAM, title=title, summary=title, author_name=name, image_alt=title, categories=(title,))
    return replace(fixtures.ALERT, items=(item,), site=replace(fixtures.SITE, sender_name=name))


def reply(words: Words) -> LetterContent:
    article = replace(fixtures.DAM, title=words.title)
    remark = replace(fixtures.COMMENTS[1], summary=words.comment, author_name=words.name, article=article)
    return replace(fixtures.REPLY, items=(remark,), subject_title=words.title)


def read(header: str) -> str:
    return str(make_header(decode_header(header)))


def sent(content: LetterContent, plain: LetterContent, name: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the letter as its reader gets it; its headers are as many as the plain one's."""
    reader = fixtures.personal(name=name)
    data = personalise(RENDERER.render(content), content, reader).data
    message = email.message_from_bytes(data)
    assert message.keys() == ORDINARY[plain.kind]
    called, address = parseaddr(message["To"])
    assert (read(called), address) == (clean(name), reader.address)
    if content.site != plain.site:
        called, address = parseaddr(message["From"])
        assert (read(called), address) == (clean(content.site.sender_name), content.site.sender_address)
    text, html = parts(data)
    subject = read(message["Subject"])
    for part in (subject, text, html):
        assert not CONTROLS.search(part.replace("\r\n", ""))
    assert not any(mark in html for mark in MARKS)
    assert not re.search(f"(?m)(?<!^)[{MARKS}]", text)
    return subject, text, html


def shown(name: str) -> str:
    """A name as letters have it: an endless one has an end."""
    return clip(clean(name), NAME_MAX)


def kept_together(text: str) -> str:
    """Text with the spaces that keep the words of a short fact on one line taken for what they are."""
    return text.replace("\u00a0", " ")


def a_title_comes_out_as_it_went_in(words: Words) -> None:
    subject, text, html = sent(alert(words), fixtures.ALERT, words.name)
    expected = clean(words.title)
    assert subject.removeprefix("\u200f") == expected
    page = LexborHTMLParser(html)
    assert [node.text() for node in page.css("h1")] == [expected]
    assert [node.attributes["alt"] for node in page.css("img")] == [expected]
    assert any(line.lstrip(MARKS) == expected for line in text.split("\r\n"))
    assert any(shown(words.name) in kept_together(node.text()) for node in page.css("td"))


def a_comment_comes_out_as_it_went_in(words: Words) -> None:
    subject, text, html = sent(reply(words), fixtures.REPLY, words.name)
    assert clean(words.title) in subject
    lines = [line.lstrip(MARKS) for line in text.split("\r\n")]
    said = [node.text() for node in LexborHTMLParser(html).css("p, h1, h2, h3")]
    for paragraph in few_lines(paragraphs(words.comment)):
        assert paragraph in lines
        assert paragraph in said
    assert any(shown(words.name) in line for line in lines)
    assert any(shown(words.name) in kept_together(line) for line in said)


CHECKS = (a_title_comes_out_as_it_went_in, a_comment_comes_out_as_it_went_in)


@pytest.mark.parametrize("check", CHECKS)
def test_what_strangers_wrote(check: Callable[[Words], None]) -> None:
    settings(max_examples=80, deadline=None)(given(WORDS)(check))()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("check", CHECKS)
def test_what_five_thousand_strangers_wrote(check: Callable[[Words], None]) -> None:
    settings(max_examples=5000, deadline=None)(given(WORDS)(check))()


def breaks_no_rule(words: Words) -> None:
    item = replace(
        fixtures.DAM, title=words.title, summary=words.comment, author_name=words.name, categories=(words.title,)
    )
    remark = replace(fixtures.COMMENTS[0], summary=words.comment, author_name=words.name, article=item)
    content = replace(fixtures.DIGEST, items=(item, replace(item, id=9), remark))
    html = unmarked(RENDERER.render(content).html)
    assert lint(html, "ar") == []
    assert faults(html) == []


def test_hostile_words_break_no_rule() -> None:
    settings(max_examples=40, deadline=None)(given(WORDS)(breaks_no_rule))()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_thousand_hostile_words_break_no_rule() -> None:
    settings(max_examples=1000, deadline=None)(given(WORDS)(breaks_no_rule))()


@settings(max_examples=40, deadline=None)
@given(
    TEXTS,
    st.lists(st.tuples(st.sampled_from(["p", "li", "b", "h2", "blockquote", "a href='https://x.example/'"]), TEXTS)),
)
def test_an_editor_s_words_break_no_rule(title: str, pieces: list[tuple[str, str]]) -> None:
    html = "".join(f"<{tag}>{escape(words)}" for tag, words in pieces)
    content = replace(fixtures.SAMPLES[LetterKind.ISSUE], issue=Editorial(title, html))
    page = RENDERER.render(content)
    assert lint(unmarked(page.html), "ar") == []
    page_body = LexborHTMLParser(page.html).body
    for _, words in pieces:
        assert clean(words).replace(" ", "") in re.sub(r"\s", "", page_body.text() if page_body else "")


def unmarked(html: str) -> str:
    for mark in PersonalMark:
        html = html.replace(mark, "https://x.example/" if mark.value < PersonalMark.OPEN else "")
    return html
