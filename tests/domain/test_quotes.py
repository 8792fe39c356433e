"""Of an answer by mail only what the reader wrote is left, whatever program wrote it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.html import to_text
from notifier.domain.quotes import own_words, unquoted_html
from notifier.domain.quotes.attributions import OURS, plain
from notifier.domain.text.clean import paragraphs
from notifier.domain.text.strings import Strings
from notifier.settings import templates_dir
from tests.domain.reply_samples import AR, SAMPLES, TEXTS, Sample


def said(sample: Sample) -> str:
    return own_words(to_text(unquoted_html(sample.body)) if sample.is_html else sample.body)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_an_answer_is_what_its_writer_wrote(sample: Sample) -> None:
    assert said(sample) == sample.said


@pytest.mark.parametrize("sample", TEXTS, ids=lambda one: one.name)
def test_line_ends_and_spaces_at_them_change_nothing(sample: Sample) -> None:
    assert own_words(sample.body.replace("\n", "  \r\n")) == sample.said


@pytest.mark.parametrize("language", ["ar", "ckb", "en", "fa", "he", "ur"])
def test_the_line_that_our_letters_begin_with_is_known_in_every_language(language: str) -> None:
    line = Strings.load(templates_dir() / "strings").voice(language).say("letters.reply.above")
    assert OURS.fullmatch(plain(line))
    assert own_words(f"{AR}\n\n\u200f{line}\nx") == AR


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_it_and_nothing_is_added(text: str) -> None:
    said = own_words(text)
    assert set(said.split("\n")) <= {"", *paragraphs(text)}
    assert not any(ord(one) < 32 and one != "\n" for one in said)


@pytest.mark.parametrize(
    "line",
    [
        "كتب " * 50_000,
        "> " * 100_000,
        "-" * 200_000,
        "On 1:1 2026 " * 20_000 + "wrote:",
        "a\n" * 100_000,
        "في 12:00 كتب @:\n" * 15_000,
        "──" * 100_000,
        "iPhone " * 30_000 + "gönderildi",
    ],
    ids=range(8),
)
def test_nothing_keeps_it_busy(line: str) -> None:
    began = time.process_time()
    own_words(line)
    assert time.process_time() - began < 3
