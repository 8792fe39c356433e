"""Direction: runs of the other way are isolated by code, whatever a title holds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.text.bidi import RLM, Phrase, direction_of, first_strong, isolate, mark_line, mark_subject
from notifier.domain.text.clean import clean, clip, paragraphs

TITLES = st.text(
    st.one_of(
        st.sampled_from("ابتثج خدذر ،؛؟أإآةى٠١٢٣۴"),
        st.sampled_from("Laravel C++ #1 @me .NET 3.13 (PHP) <b>&\"'"),
        st.sampled_from("אבגד 🇮🇶👩‍💻 می\u200cخواهد +964-770"),
        st.sampled_from("\n\0\u202e\u2066\u2069\u200f\u061c\ue000"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=80,
)


def short(html: str) -> str:
    """`[ltr:…]` for each span, to read a result at a glance."""
    opened = re.sub(
        r'<span dir="(\w+)" style="unicode-bidi:isolate;direction:\1(?:;white-space:nowrap)?">', r"[\1:", html
    )
    return opened.replace("</span>", "]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أطلقت Laravel 12.1 نسختها", "أطلقت [ltr:Laravel 12.1] نسختها"),
        ("لغة C++ ثم C# على .NET.", "لغة [ltr:C++] ثم [ltr:C#] على [ltr:.NET]."),
        ("اتصل +964 770 123 4567 اليوم", "اتصل [ltr:+964 770 123 4567] اليوم"),
        ("هاتف:+9647701234567", "هاتف:[ltr:+9647701234567]"),
        ("أو 0770 123 4567، أو ٠٧٧٠ ١٢٣ ٤٥٦٧.", "أو [ltr:0770 123 4567]، أو [ltr:٠٧٧٠ ١٢٣ ٤٥٦٧]."),
        ("راسل a.b@x.org، وزر https://x.org/a?b=1.", "راسل [ltr:a.b@x.org]، وزر [ltr:https://x.org/a?b=1]."),
        ("زر https://x.org/خبر/1.", "زر [ltr:https://x.org/[rtl:خبر/1]]."),
        ("(PHP) و Laravel (v12) ثم", "([ltr:PHP]) و [ltr:Laravel (v12)] ثم"),
        ("Python، Java، Go", "[ltr:Python]، [ltr:Java]، [ltr:Go]"),
        ("Laravel 12!", "[ltr:Laravel 12!]"),
        ("من 2024 إلى 2026", "من 2024 إلى 2026"),
        ("النتيجة ٣-١ والأسعار ١٢٫٥٪", "النتيجة ٣-١ والأسعار ١٢٫٥٪"),
        ('a < b & "c"', "[ltr:a &lt; b &amp; &quot;c&quot;]"),
        ("", ""),
    ],
)
def test_foreign_runs_in_arabic_are_isolated(text: str, expected: str) -> None:
    assert short(isolate(text, "rtl")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Read قصة 12 now", "Read [rtl:قصة 12] now"),
        ("أهلًا", "[rtl:أهلًا]"),
        (Phrase("أطلقت Laravel نسختها", "rtl"), "[rtl:أطلقت [ltr:Laravel] نسختها]"),
        ("call سعد +964 770 123 4567", "call [rtl:سعد] +964 770 123 4567"),
    ],
)
def test_foreign_runs_in_english_are_isolated(text: str, expected: str) -> None:
    assert short(isolate(text, "ltr")) == expected


def test_short_runs_do_not_break_at_the_end_of_a_line() -> None:
    assert "white-space:nowrap" in isolate("نسخة Laravel 12 صدرت", "rtl")
    assert "white-space:nowrap" in isolate("هاتف +964 770 123 4567 اليوم", "rtl")
    assert "white-space:nowrap" not in isolate("نسخة Laravel Framework Twelve صدرت", "rtl")


@settings(max_examples=400, deadline=None)
@given(TITLES, st.sampled_from(["rtl", "ltr"]))
def test_isolating_changes_no_character(text: str, base: str) -> None:
    html = isolate(text, base)
    body = LexborHTMLParser(f"<p>{html}</p>").css_first("p")
    assert body is not None
    assert body.text() == clean(text)
    assert html.count("<span") == html.count("</span>")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ue000]", html)


def test_direction_comes_from_the_language_not_the_first_word() -> None:
    assert direction_of("Laravel 12 يصل رسميًا", "ar", "rtl") == "rtl"
    assert direction_of("Thanks a lot", "ar", "rtl") == "ltr"
    assert direction_of("Google Maps ما زال يعرض الطريق مفتوحًا", "", "rtl") == "rtl"
    assert direction_of("I love the word نخلة", "", "rtl") == "ltr"
    assert direction_of("12 🎉", "", "rtl") == "rtl"
    assert first_strong("12 (نعم) yes") == "rtl"
    assert first_strong("12") is None


@pytest.mark.parametrize("language", ["en", "en-US", "ku", "de", "x"])
def test_a_language_that_most_letters_contradict_is_not_believed(language: str) -> None:
    for default in ("rtl", "ltr"):
        assert direction_of("شركة Google تعلن عن خدمة جديدة", language, default) == "rtl"
        assert direction_of("I love the word نخلة", language, default) == "ltr"
        assert direction_of("Microsoft تطلق Windows", "ar", default) == "rtl"


def test_lines_and_subjects_get_a_mark_only_where_they_would_flip() -> None:
    assert mark_line("Laravel 12 يصل", "rtl") == RLM + "Laravel 12 يصل"
    assert mark_line("يصل Laravel", "rtl") == "يصل Laravel"
    assert mark_line("خبر كامل", "ltr") == "خبر كامل"
    assert mark_subject("Laravel 12 يصل", "rtl") == RLM + "Laravel 12 يصل"
    assert mark_subject("Laravel 12", "rtl") == "Laravel 12"
    assert mark_subject("خبر Laravel", "ltr") == "خبر Laravel"


def test_cleaning_keeps_spelling_and_drops_controls() -> None:
    assert clean("می\u200cخواهد") == "می\u200cخواهد"
    assert clean("👩‍💻") == "👩‍💻"
    assert clean("a\u2028b\x0bc\r\nd") == "a b c d"
    assert clean("\u202eسطو\u202c\u2066x\u2069\0\ue000") == "سطوx"
    assert clean("e\u0301") == "é"
    assert clean("يٰ ی ك ک") == "يٰ ی ك ک"
    assert paragraphs("أ\n\n ب\u2029ج") == ("أ", "ب", "ج")


def test_clipping_cuts_between_words() -> None:
    assert clip("كلمة أخرى طويلة", 12) == "كلمة أخرى…"
    assert clip("قصير", 12) == "قصير"
    assert len(clip("ط" * 50, 12)) == 12
