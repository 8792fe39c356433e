"""Mail clients as we simulate them: what each drops, and that nothing hostile holds them up."""

import time

import pytest

from notifier.domain.clients import CLIENTS, gmail, gmx, outlook

LETTER = """<!DOCTYPE html><html lang="ar" dir="rtl" style="direction:rtl"><head><title>t</title>
<!--[if mso]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->
<style>.a{color:red}@media (max-width:480px){.a{color:blue}.b{c:d}}.c{color:green}</style></head>
<body dir="rtl" class="page"><!-- note --><!--[if mso]><table width="600"><tr><td><![endif]-->
<!--[if !mso]><!--><p>not for Word</p><!--<![endif]--><!--[if !mso]><p>nobody</p><![endif]-->
<div dir="rtl" style="direction:rtl;max-width:600px;border-radius:4px">one <bdi>two</bdi>
<a href="https://x.example/" style="display:inline-block;padding:9px;color:#fff">three</a></div>
<p style="mso-hide:all">four</p><p style="mso-padding-alt:10px">five</p>
<!--[if mso]></td></tr></table><![endif]--></body></html>"""


def test_gmail_keeps_the_body_and_its_inline_styles() -> None:
    left = gmail(LETTER, "ltr")
    assert left.startswith('<!DOCTYPE html><html dir="ltr"><body style="margin:0">')
    for gone in ("<style", "<!--", "<bdi", "<title", 'class="page"', 'lang="ar"'):
        assert gone not in left
    for kept in ('<div dir="rtl" style="direction:rtl;max-width:600px', "one two", "not for Word"):
        assert kept in left
    assert '<html dir="rtl">' in gmail(LETTER, "rtl")


def test_gmx_drops_every_direction_but_that_of_the_styles() -> None:
    left = gmx(LETTER, "ltr")
    assert left.count("dir=") == 1
    assert "direction:rtl" in left


def test_outlook_shows_the_branch_for_word_and_what_word_knows() -> None:
    left = outlook(LETTER, "ltr")
    assert '<table width="600"><tbody><tr><td>' in left
    assert '<html lang="ar" dir="rtl"' in left
    for gone in ("not for Word", "nobody", "@media", "blue", "max-width", "border-radius", "inline-block", "[if", "96"):
        assert gone not in left, gone
    for kept in (".a{color:red}.c{color:green}", "direction:rtl", "color:#fff"):
        assert kept in left, kept
    assert '<p style="mso-hide:all;display:none">four' in left
    assert '<p style="padding:10px">five' in left


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "html", ["", "<", "<!--", "<style>@media{", "<!--[if mso]>", "<!--[if !mso]><!--><p>x", "<p>no page</p>", "\0"]
)
def test_what_is_no_letter_is_no_trouble(client: str, html: str) -> None:
    assert isinstance(CLIENTS[client](html, "ltr"), str)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("piece", ["<!--", "<!--[if mso]>", "<style>@media{", "<style", "@media", "<p style='", "<td "])
def test_no_letter_takes_long(client: str, piece: str) -> None:
    began = time.process_time()
    CLIENTS[client](piece * 9_000, "ltr")
    assert time.process_time() - began < 2
