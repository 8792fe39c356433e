"""Whatever a title holds, it comes out of every part as it went in, cleaned, and changes nothing else."""

import email
import re
from dataclasses import replace
from email.header import decode_header, make_header
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import Editorial, PersonalMark
from notifier.domain.lint import lint
from notifier.domain.text.clean import clean
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.letters.parts import parts

RENDERER = Renderer(templates_dir())
PERSONAL = fixtures.personal()
PLAIN = personalise(RENDERER.render(fixtures.ALERT), fixtures.ALERT, PERSONAL)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
TITLES = st.text(
    st.one_of(
        st.sampled_from("ابتثجح خدذر ،؛؟«»أإآةى٠١٢٣ ًّ"),
        st.sampled_from("Laravel C++ v3.13 <b>&amp;\"'{{}}{%=?"),
        st.sampled_from("אבגד 🇮🇶👩‍💻 می\u200cخواهد"),
        st.sampled_from("\r\n\0\t\x0b\x85\u2028\u2029\u200f\u200e" + BIDI + "".join(PersonalMark)),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=100,
).filter(clean)


@settings(max_examples=250, deadline=None)
@given(TITLES, TITLES)
def test_a_title_comes_out_as_it_went_in(title: str, sender: str) -> None:
    item = replace(fixtures.DAM, title=title, summary=title, author_name=sender, image_alt=title, categories=(title,))
    content = replace(fixtures.ALERT, items=(item,), site=replace(fixtures.SITE, sender_name=sender))
    data = personalise(RENDERER.render(content), content, PERSONAL).data
    message = email.message_from_bytes(data)
    expected = clean(title)
    assert message.keys() == email.message_from_bytes(PLAIN.data).keys()
    subject = str(make_header(decode_header(message["Subject"])))
    assert subject.removeprefix("\u200f") == expected
    text, html = parts(data)
    page = LexborHTMLParser(html)
    assert [node.text() for node in page.css("h1")] == [expected]
    assert [node.attributes["alt"] for node in page.css("img")] == [expected]
    assert any(line.lstrip("\u200f\u200e") == expected for line in text.split("\r\n"))
    for part in (subject, text, html):
        assert not any(control in part for control in (*BIDI, *PersonalMark, "\0", "\u2028"))
    assert "\u200f" not in html
    assert not re.search("(?m)(?<!^)[\u200f\u200e]", text)


@settings(max_examples=60, deadline=None)
@given(
    TITLES,
    st.lists(st.tuples(st.sampled_from(["p", "li", "b", "h2", "blockquote", "a href='https://x.example/'"]), TITLES)),
)
def test_an_editor_s_words_break_no_rule(title: str, pieces: list[tuple[str, str]]) -> None:
    html = "".join(f"<{tag}>{escape(words)}" for tag, words in pieces)
    content = replace(fixtures.SAMPLES[LetterKind.ISSUE], issue=Editorial(title, html))
    page = RENDERER.render(content)
    assert lint(unmarked(page.html), "ar") == []
    shown = LexborHTMLParser(page.html).body
    for _, words in pieces:
        assert clean(words).replace(" ", "") in re.sub(r"\s", "", shown.text() if shown else "")


@settings(max_examples=60, deadline=None)
@given(TITLES, TITLES)
def test_a_hostile_title_breaks_no_rule(title: str, words: str) -> None:
    item = replace(fixtures.DAM, title=title, summary=words, author_name=words, categories=(title,))
    remark = replace(fixtures.COMMENTS[0], summary=words, author_name=title, article=item)
    content = replace(fixtures.DIGEST, items=(item, replace(item, id=9), remark))
    page = RENDERER.render(content)
    assert lint(unmarked(page.html), "ar") == []


def unmarked(html: str) -> str:
    for mark in PersonalMark:
        html = html.replace(mark, "https://x.example/" if mark.value < PersonalMark.OPEN else "")
    return html
