"""Signed links and topic names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain import topics
from notifier.domain.items import NewItem
from notifier.domain.retry import retry_in
from notifier.domain.tokens import Signer, address_hash, new_token
from notifier.domain.words import ItemKind

SIGNER = Signer(["first key, long enough to sign", "an older key"])


def test_a_link_is_read_for_its_own_purpose_only() -> None:
    token = SIGNER.sign("u", 5, 81)
    assert SIGNER.read("u", token) == (5, 81)
    assert SIGNER.read("p", token) is None


def test_every_bit_flip_of_a_link_is_refused() -> None:
    token = SIGNER.sign("u", 5, 81).encode()
    for place in range(len(token)):
        for bit in range(8):
            changed = bytearray(token)
            changed[place] ^= 1 << bit
            assert SIGNER.read("u", changed.decode("latin-1")) is None


def test_a_link_made_with_a_retired_key_stays_valid() -> None:
    old = Signer(["an older key"]).sign("u", 1)
    assert SIGNER.read("u", old) == (1,)
    assert Signer(["first key, long enough to sign"]).read("u", old) is None


@given(st.text())
def test_no_text_makes_the_reader_of_links_raise(text: str) -> None:
    assert SIGNER.read("u", text) is None


def test_random_tokens_differ_and_are_long() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert all(len(new_token()) >= 43 for _ in range(10))


def test_an_address_hash_depends_on_the_sites_pepper() -> None:
    assert address_hash("a", "x@example.org") != address_hash("b", "x@example.org")


def test_spellings_of_one_category_meet() -> None:
    assert topics.category("  سياسة ") == topics.category("سياسة")
    assert topics.category("World  News") == topics.category("world news")
    assert topics.category("سیاسة") != topics.category("سياسة"), "Farsi yeh stays itself"


def test_an_item_carries_its_topics_in_the_sites_order_and_once() -> None:
    item = NewItem(ItemKind.ARTICLE, "1", categories=("رئيسي", "سياسة", "رئيسي"), tags=("نفط",), author_name="هدى")
    names = [name for name, _ in topics.carried(item)]
    assert names == ["category:رئيسي", "category:سياسة", "tag:نفط", "author:هدى", "site"]


def test_a_comment_carries_its_thread_and_what_it_answers() -> None:
    item = NewItem(ItemKind.COMMENT, "c2", article_guid="1", parent_guid="c1", categories=("سياسة",))
    assert [name for name, _ in topics.carried(item)] == ["thread:1", "replies:c1"]


@pytest.mark.parametrize(
    "raw", ["", "category:", "secret:x", "site:x", "thread:\x00", "category:" + "x" * 700, "nonsense"]
)
def test_what_is_no_topic_is_none(raw: str) -> None:
    assert topics.normalise(raw) is None


def test_a_forms_topic_is_brought_to_its_canonical_spelling() -> None:
    assert topics.normalise(" category: World  NEWS ") == "category:world news"
    assert topics.normalise("thread:Ab-1") == "thread:Ab-1"


def test_retries_wait_five_ten_twenty_forty_and_then_sixty_minutes() -> None:
    waits = [retry_in(n, 300, 3600, 0.5).total_seconds() / 60 for n in range(1, 8)]
    assert waits == [5, 10, 20, 40, 60, 60, 60]
    assert retry_in(1, 300, 3600, 0).total_seconds() == 240
    assert retry_in(1, 300, 3600, 1).total_seconds() == 360


def test_answers_to_my_own_comments_are_a_topic_of_the_article() -> None:
    assert topics.mine("https://r.iq/?p=164") == "mine:https://r.iq/?p=164"
    assert topics.normalise(" mine:https://r.iq/?p=164 ") == "mine:https://r.iq/?p=164"
