"""Every letter is HTML that no parser has to put right: as others see it, and with the branch for Outlook."""

import re

import pytest

from notifier.domain.letter import PersonalMark
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, mail_html, public_page
from tests.letters import fixtures
from tests.letters.wellformed import faults

GHOST = re.compile(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", re.DOTALL)


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_no_parser_has_to_put_a_letter_right(renderer: Renderer, kind: LetterKind, language: str) -> None:
    rendered = renderer.render(fixtures.sample(kind, language))
    html = mail_html(rendered, fixtures.personal())
    head, opening, body = html.partition("<body")
    assert faults(html) == []
    assert faults(head + opening + GHOST.sub(r"\1", body)) == []
    if PersonalMark.VIEW in rendered.html:
        assert faults(public_page(rendered)) == []


BROKEN = [
    ("<p>one", "<p> is never closed"),
    ("<p>one</b></p>", "</b> where <p> is open"),
    ("<b><span>one</b></span>", "</b> where <span> is open"),
    ('<p class="a" class="b">one</p>', "<p> has class 2 times"),
    ('<p id="a">one</p><p id="a">two</p>', "id 'a' stands 2 times"),
    ("<p style='color:red;color:blue'>one</p>", "<p> styles color twice"),
    ("<p class=''>one</p>", "<p> has an empty class"),
    ("<a href='x'><p>one</p></a>", "<p> in <a>"),
    ("<br/>", "<br/> closes nothing in HTML"),
    ("<p><table><tr><td>x</td></tr></table></p>", "a parser moves, drops or adds elements"),
    ("<table><tr><p>one</p><td>x</td></tr></table>", "a parser moves, drops or adds elements"),
    ("<p>one<p>two</p></p>", "a parser moves, drops or adds elements"),
    ("<a href='x'><a href='y'>one</a></a>", "a parser moves, drops or adds elements"),
]


@pytest.mark.parametrize(("inside", "fault"), BROKEN)
def test_what_is_broken_is_seen(inside: str, fault: str) -> None:
    page = "<!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>"
    assert faults(page.format("<p>good</p>")) == []
    assert fault in faults(page.format(inside))
