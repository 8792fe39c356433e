"""Excerpts end where a sentence, a word or at least a character ends, and say that there is more."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.text.clean import clip
from notifier.domain.text.clusters import cut_before

CLUSTERS = st.sampled_from(
    [
        *("ب", "بّ", "نً", "هٰ", "ש\u05b8\u05c1", "می\u200c", "ه\u200d", "e\u0301", "क्\u200d"),
        *(
            "👩\u200d💻",
            "👨\u200d👩\u200d👧",
            "👍🏽",
            "❤\ufe0f",
            "🇮🇶",
            "🏴\U000e0067\U000e0062\U000e007f",
            "\u1100\u1161\u11a8",
        ),
    ]
)
TEXTS = st.lists(st.one_of(CLUSTERS, st.sampled_from(list(" .،؟!۔\n»)3") * 2)), max_size=60).map("".join)


def is_whole(text: str, at: int) -> bool:
    """Whether `at` parts two characters, told in another way than the code does: by what stands after it."""
    rest = text[at:]
    return not rest or not (
        unicodedata.category(rest[0]).startswith("M") or rest[0] == "\u200d" or "\U0001f3fb" <= rest[0] <= "\U0001f3ff"
    )


@given(TEXTS, st.integers(2, 50))
def test_an_excerpt_is_a_beginning_in_whole_characters(text: str, length: int) -> None:
    cut = clip(text, length)
    if len(text) <= length:
        assert cut == text
        return
    assert len(cut) <= length
    assert cut.endswith("…")
    kept = cut.removesuffix("…").removesuffix(" ")
    assert text.startswith(kept)
    assert is_whole(text, len(kept))
    assert not kept.endswith("\u200d") or text[len(kept)] in " .،؟!۔\n»)3"


@given(st.text(), st.integers(0, 40))
def test_a_cut_never_goes_forward(text: str, at: int) -> None:
    assert 0 <= cut_before(text, at) <= min(at, len(text))


@pytest.mark.parametrize(
    ("cluster", "size"),
    [
        ("👩\u200d💻", 3),
        ("بّ", 2),
        ("👍🏽", 2),
        ("❤\ufe0f", 2),
        ("🇮🇶", 2),
        ("👨\u200d👩\u200d👧", 5),
        ("نًّ", 3),
        ("\u1100\u1161\u11a8", 3),
    ],
)
def test_no_place_inside_a_character_will_do(cluster: str, size: int) -> None:
    assert len(cluster) == size
    text = f"ا{cluster}{cluster}ا"
    places = {cut_before(text, at) for at in range(len(text) + 1)}
    assert places == {0, 1, 1 + size, 1 + 2 * size, 2 + 2 * size}


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("سدّ الموصل آمن. والخزين كافٍ للموسم كله", 25, "سدّ الموصل آمن. …"),
        ("هل السد آمن؟ يجيب المدير عن السؤال", 20, "هل السد آمن؟ …"),
        ("قال: «السد آمن.» ثم مضى إلى مكتبه", 24, "قال: «السد آمن.» …"),
        ("ڈیم محفوظ ہے۔ پانی کافی ہے اور موسم", 20, "ڈیم محفوظ ہے۔ …"),
        ("ההסכם נחתם אתמול. השרים חזרו לירושלים", 26, "ההסכם נחתם אתמול. …"),
        ("بەنداوەکە پارێزراوە. ئاو بەسە بۆ وەرزەکە", 30, "بەنداوەکە پارێزراوە. …"),
        ("سد امن است. آب می\u200cرسد و می\u200cماند", 20, "سد امن است. …"),
        ("يقول د. علي حسن إن السد آمن تمامًا", 14, "يقول د. علي…"),
        ("العنوان ص.ب. ١١٢٧ في شارع المتنبي", 18, "العنوان ص.ب. ١١٢٧…"),
        ("جملة. ثم كلام طويل لا ينتهي أبدًا", 24, "جملة. ثم كلام طويل لا…"),
        ("كلمة أخرى، طويلة", 12, "كلمة أخرى…"),
    ],
)
def test_an_excerpt_ends_with_a_sentence_where_it_can(text: str, length: int, expected: str) -> None:
    assert clip(text, length) == expected


def test_one_endless_character_leaves_only_the_ellipsis() -> None:
    assert clip("ا" + "\u064b" * 50, 10) == "…"
