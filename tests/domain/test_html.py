"""Outside HTML and text: nothing harmful stays, nothing readable goes."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.domain.html import clean_line, excerpt, sanitise, to_text

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</div>",
                "<div>",
                "<a\thref='http://x'",
                "<img\tsrc=http://y/z.png",
                ">",
                "&lt;",
                "&#1;",
                "&#x202e;",
                "&#x338;",
                "&#0;",
                "\x00",
                "\u0338",
                "\u202e",
                "\x85",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                "<svg>",
                "<style>",
                "&lt;",
                "\u200c",
                "ا",
                "&",
                '"',
                "'",
            ]
        ),
        st.text(max_size=5),
        st.characters(),
    )
).map("".join)


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\x01script:alert(1)'>x</a>",
        "<a href='\x14javascript:alert(1)'>x</a>",
        "<a href='jav&#x09;ascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='//evil.example/x'>x</a>",
        "<iframe src='https://evil.example'>alert</iframe>",
        "<form action='https://evil.example'><input name=q><button>alert</button></form>",
        "<style>p{background:url(https://evil.example)}</style>",
        "<p style='color:red' class=x id=y onclick=alert(1)>x</p>",
        "<object data=x></object><embed src=x><base href='https://evil.example'><meta http-equiv=refresh>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<<script>script>alert(1)<</script>/script>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<img src='mailto:x@example.invalid'>",
    ],
)
def test_nothing_that_runs_or_loads_is_kept(payload: str) -> None:
    clean = sanitise(f"<p>قبل</p>{payload}<p>بعد</p>")
    assert not re.search(
        r"<(?:script|svg|style|iframe|form|input|button|object|embed|base|meta|math)|<[^>]*\s(?:on|style|class|id)\w*=|"
        r"(?:href|src)=\"(?!https?://)",
        clean,
    )
    assert "قبل" in clean


def test_news_html_is_kept() -> None:
    html = (
        '<h2>عنوان</h2><p dir="rtl" lang="ar">نص <strong>مهم</strong><br>سطر</p><ul><li>أول</li></ul>'
        '<blockquote>قول</blockquote><table><tbody><tr><td colspan="2">١</td></tr></tbody></table>'
        '<figure><img src="https://example.invalid/a.png" alt="a &gt; b"><figcaption>شرح</figcaption></figure>'
    )
    assert sanitise(html) == html


def test_links_lead_out_safely() -> None:
    links = '<a href="https://x.example/?a=1&amp;b=2" dir="ltr">x</a><a href="mailto:a@example.invalid">y</a>'
    rel = 'rel="noopener noreferrer"'
    expected = f'<a href="https://x.example/?a=1&amp;b=2" {rel}>x</a><a href="mailto:a@example.invalid" {rel}>y</a>'
    assert sanitise(links) == expected


def test_a_direction_is_ltr_or_rtl() -> None:
    assert sanitise('<p dir="RTL">a</p><p dir="auto">b</p>') == '<p dir="rtl">a</p><p>b</p>'


def test_an_image_without_a_source_goes() -> None:
    assert sanitise('<p>a<img alt="x > y" src="/relative.png">b</p>') == "<p>ab</p>"


def test_controls_and_bidi_overrides_go_even_as_entities() -> None:
    assert sanitise("<p>ا\x00ب&#x202e;ج&#1;د\u2066ه&#x2067;</p>") == "<p>ابجده</p>"


def test_zwnj_and_arabic_letters_stay() -> None:
    assert sanitise("<p>می\u200cخواهم كتاب ي ی ک</p>") == "<p>می\u200cخواهم كتاب ي ی ک</p>"


def test_an_overlay_cannot_tear_a_tag_open() -> None:
    clean = sanitise("<p>&#x338;<b>x</b></p>")
    assert unicodedata.normalize("NFC", clean) == clean == "<p><b>x</b></p>"


@pytest.mark.long
@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    "piece", ["<div>", "<div></x>", "<div><table><tr><td></div>", "<b><p>", "&", "&amp;", "<", "<p>"]
)
def test_html_built_to_keep_a_parser_busy_is_done_with_soon(piece: str) -> None:
    html = piece * (1_000_000 // len(piece))
    began = time.monotonic()
    sanitise(html)
    to_text(html)
    assert time.monotonic() - began < 8


@settings(deadline=None)
@given(MARKUP)
@example("<p>\ud800")
@example("<p>&lt\u037escript>")
def test_sanitising_never_raises_and_leaves_no_controls(html: str) -> None:
    clean = sanitise(html)
    assert not CONTROL.search(clean)
    assert unicodedata.is_normalized("NFC", clean)
    assert not CONTROL.search(to_text(html).replace("\n", ""))


@settings(deadline=None)
@given(MARKUP)
def test_sanitising_twice_changes_nothing_more(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once


def test_text_keeps_paragraphs_and_decodes_entities() -> None:
    html = (
        "<h2>عنوان</h2>\n<p>سطر&nbsp;أول &amp;amp; آخر<br>سطر   ثان</p>نص<ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>1</td><td>2</td></tr></table><script>x</script><style>y</style><!-- z -->"
        "<div>d<div>e</div>f</div>"
    )
    assert to_text(html) == "عنوان\n\nسطر أول &amp; آخر\nسطر ثان\n\nنص\n\n• a\n• b\n\n1 2\n\nd\n\ne\n\nf"


@pytest.mark.parametrize("html", ["", "  ", "<p></p>", "<!-- -->", "<script>x</script>", "<frameset>"])
def test_html_without_words_is_an_empty_text(html: str) -> None:
    assert to_text(html) == ""


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("قصير", 10, "قصير"),
        ("a  b\n\nc", 10, "a b c"),
        ("جملة أولى تامة. جملة ثانية طويلة", 22, "جملة أولى تامة."),
        ("هل انتهى الأمر؟ نعم انتهى تمامًا", 24, "هل انتهى الأمر؟"),
        ("كلمة وكلمة، وكلمات كثيرة", 14, "كلمة وكلمة…"),
        ("نسبة 3.5 في المئة من السكان", 16, "نسبة 3.5 في…"),
        ("abcdefghij", 5, "abcd…"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
    ],
)
def test_an_excerpt_ends_where_a_reader_would_pause(text: str, limit: int, cut: str) -> None:
    assert excerpt(text, limit) == cut


@pytest.mark.parametrize("limit", range(1, 12))
def test_an_excerpt_never_parts_a_letter_from_its_marks(limit: int) -> None:
    cut = excerpt("مُّمُّمی\u200cخوا", limit).removesuffix("…")
    rest = "مُّمُّمی\u200cخوا"[len(cut) :]
    assert not rest or not (unicodedata.combining(rest[0]) or rest[0] == "\u200c")
    assert not cut.endswith("\u200c")


@settings(deadline=None)
@given(st.text(), st.integers(0, 40))
def test_an_excerpt_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("a\u2028b\u2029c\x85d\x0be\x0cf\r\ng\th", "a b c d e f g h"),
        ("\x00x\x07\x9fy", "xy"),
        ("\u202eabc\u2066d\u200f\u061c\ufeff", "abcd"),
        ("می\u200cخواهم \u200d", "می\u200cخواهم \u200d"),
        ("A &amp; B", "A &amp; B"),
        ("e\u0301", "é"),
        ("  كثير   الفراغ  ", "كثير الفراغ"),
    ],
)
def test_a_line_is_one_clean_line(given_text: str, line: str) -> None:
    assert clean_line(given_text) == line


@settings(deadline=None)
@given(st.text(alphabet=st.characters()))
@example("\ud800")
def test_a_line_never_holds_controls(text: str) -> None:
    line = clean_line(text)
    assert not CONTROL.search(line)
    assert len(line.splitlines()) <= 1
    assert clean_line(line) == line
