"""Every letter keeps the rules of right-to-left mail, and the linter sees it when one does not."""

from dataclasses import replace

import pytest

from notifier.domain.lint import Expected, lint
from notifier.domain.words import LetterKind
from notifier.stages.render import Renderer, mail_html
from tests.letters import fixtures

PERSONAL = fixtures.personal()
LINKS = Expected(PERSONAL.unsubscribe_url, PERSONAL.view_url)


def expected(kind: LetterKind) -> Expected:
    return LINKS if kind.is_list_mail else Expected()


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_every_letter_in_every_language_keeps_the_rules(renderer: Renderer, kind: LetterKind, language: str) -> None:
    html = mail_html(renderer.render(fixtures.sample(kind, language)), PERSONAL)
    assert lint(html, language, expected(kind)) == []


@pytest.mark.parametrize("colour", ["#ffee00", "#ffffff", "#000000", "#7f7f7f", "#c8102e", "red", "#767676"])
@pytest.mark.parametrize("kind", fixtures.KINDS)
def test_any_colour_of_a_site_stays_readable(renderer: Renderer, kind: LetterKind, colour: str) -> None:
    content = replace(fixtures.SAMPLES[kind], site=replace(fixtures.SITE, colour=colour))
    assert lint(mail_html(renderer.render(content), PERSONAL), "ar", expected(kind)) == []


BREAKAGES = [
    ("<!DOCTYPE html>", "<!DOCTYPE html4>", "doctype"),
    ('lang="ar" dir="rtl" style="direction:rtl"', 'lang="ar" style="direction:rtl"', "direction-missing"),
    ('<html lang="ar"', "<html", "lang-missing"),
    ('<td class="gutter" dir="rtl"', '<td class="gutter"', "direction-missing"),
    ('align="right"', "", "align-missing"),
    ('align="right"', 'align="left"', "against-direction"),
    ("text-align:right", "text-align:left", "against-direction"),
    ("padding:20px 36px 18px", "padding:20px 36px 18px;float:left", "against-direction"),
    ("padding:20px 36px 18px", "padding-inline:36px", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:0;display:flex", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:0;letter-spacing:1px", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:var(--x)", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:0;text-align:start", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:0;position:absolute", "forbidden-style"),
    ("padding:20px 36px 18px", "padding:0;font-style:italic", "forbidden-style"),
    ('<span dir="ltr" style="unicode-bidi:isolate;direction:ltr">', "<span>", "not-isolated"),
    ('<span dir="ltr" style="unicode-bidi:isolate;direction:ltr">', '<span dir="ltr">', "island"),
    ('<span dir="ltr"', '<span dir="auto"', "dir-auto"),
    ("<a href", '<a dir="rtl" href', "dir-on-link"),
    ("</h3>", "</h3><bdi>x</bdi>", "forbidden-tag"),
    ("</h3>", "</h3>\u2067", "control"),
    ("</h3>", "</h3>\ue000", "mark"),
    ("<![endif]-->", "", "conditionals"),
    ('<table role="presentation" dir="rtl" align="center" width="600"', '<table width="600"', "ghost-direction"),
    ('role="presentation"', "", "role"),
    ("alt=", "data-alt=", "alt"),
    ('height="338"', "", "image-size"),
    ("<h2", "<h1", "headings"),
    ("<h2", "<h4", "headings"),
    ("font-size:17px", "font-size:13px", "font-size"),
    ("line-height:1.75", "line-height:1.2", "line-height"),
    ("color:#5a5750", "color:#b0b0b0", "contrast"),
    (".soft{color:#b9b5ac", ".soft{color:#55524c", "contrast"),
    ("prefers-color-scheme:dark", "prefers-contrast:more", "dark-missing"),
    ("[data-ogsc]", "[data-x]", "dark-missing"),
    ('class="preheader"', 'class="prehead"', "preheader"),
    ('href="https://aldhifaf.example/news/1"', 'href="javascript:x"', "link"),
    (PERSONAL.unsubscribe_url, "https://x.example/", "unsubscribe"),
    (PERSONAL.view_url, "https://x.example/", "view-in-browser"),
    ("</body>", "<!--" + "x" * 100_000 + "--></body>", "size"),
]


@pytest.mark.parametrize(("good", "bad", "rule"), BREAKAGES)
def test_the_linter_sees_a_broken_rule(renderer: Renderer, good: str, bad: str, rule: str) -> None:
    html = mail_html(renderer.render(fixtures.DIGEST), PERSONAL)
    assert good in html
    assert rule in {finding.rule for finding in lint(html.replace(good, bad), "ar", LINKS)}


def test_a_letter_is_judged_by_the_direction_of_its_language(renderer: Renderer) -> None:
    english = mail_html(renderer.render(fixtures.sample(LetterKind.DIGEST, "en")), PERSONAL)
    assert "against-direction" in {finding.rule for finding in lint(english, "ar")}
    assert not lint(english, "en")
