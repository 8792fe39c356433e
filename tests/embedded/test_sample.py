"""The sample site: enough news, in sound order and clean text."""

import html
import re
import struct
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from notifier.domain.items import NewItem
from notifier.domain.letter import direction
from notifier.domain.words import ItemKind
from notifier.embedded import sample
from notifier.embedded.sample.data import table

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
CATEGORIES = {"رئيسي", "سياسة", "اقتصاد", "رياضة", "ثقافة", "تقنية"}
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LATIN_MARK_AFTER_ARABIC = re.compile(r"[\u0620-\u064a\u0660-\u06d3\u06d5][\u064b-\u0652]?[”»)]?\s?[,;?]")


def all_comments() -> tuple[NewItem, ...]:
    return sample.comments(NOW) + sample.late_comments(NOW)


def all_articles() -> tuple[NewItem, ...]:
    return (*sample.articles(NOW, BASE), sample.late_story(NOW, BASE))


def texts() -> Iterator[tuple[str, str]]:
    """Every text a reader may see, with its language."""
    for item in (*all_articles(), *all_comments()):
        plain = html.unescape(re.sub(r"<[^>]+>", " ", item.html))
        sources = str(item.facts.get("sources", ""))
        for text in (item.title, plain, item.summary, item.author_name, item.image_alt, sources, *item.tags):
            yield item.language, text
    for reader in sample.readers():
        yield reader.language, reader.name
    yield "ar", sample.site().postal_address


def published(item: NewItem) -> datetime:
    assert item.published_at is not None
    return item.published_at


def test_the_newsroom_is_full() -> None:
    items = sample.articles(NOW)
    assert len(items) >= 32
    per_category = Counter(name for item in items for name in item.categories)
    assert set(per_category) == CATEGORIES
    assert min(per_category.values()) >= 5
    assert any(len(item.categories) > 1 for item in items)
    assert sum(published(item) > NOW - timedelta(hours=24) for item in items) >= 24


def test_every_article_is_whole() -> None:
    for item in all_articles():
        assert item.kind is ItemKind.ARTICLE
        assert 10 <= len(item.title) <= 90
        assert 40 <= len(item.summary) <= 160
        assert 3 <= item.html.count("<p>") <= 5
        assert item.author_name
        assert set(item.facts) - {"picked_comment"} == {
            "sources",
            "views",
            "comments",
            "rating",
            "votes",
            "reading_minutes",
        }
        assert "{" not in item.html


def test_the_articles_come_oldest_first() -> None:
    moments = [published(item) for item in sample.articles(NOW)]
    assert moments == sorted(moments)


def test_the_day_of_publication_is_written_as_in_iraq() -> None:
    assert "الاثنين 23 تشرين الثاني 2026" in sample.late_story(NOW).html


def test_titles_and_bodies_exercise_both_directions() -> None:
    titles = [item.title for item in all_articles()]
    assert any(re.match("[A-Za-z]", title) for title in titles)
    for word in ("Laravel", "OPEC+", "iPhone 18", "5G", "%", "“", "«"):
        assert any(word in title for title in titles), word
    bodies = " ".join(item.html for item in all_articles())
    assert "+964 770 123 4567" in bodies
    assert "@qasab.example" in bodies


def test_the_comments_are_many_and_reach_three_levels_of_replies() -> None:
    items = sample.comments(NOW)
    assert len(items) >= 64
    assert len({item.article_guid for item in items}) >= 8
    depths: dict[str, int] = {}
    for item in items:
        depths[item.guid] = depths[item.parent_guid] + 1 if item.parent_guid else 0
    assert Counter(depths.values())[3] >= 8
    assert {item.language for item in items} == {"ar", "en", "fa", "ckb"}


def test_guids_and_addresses_of_pages_are_unique() -> None:
    items = (*all_articles(), *all_comments())
    assert len({item.guid for item in items}) == len(items)
    assert len({item.url for item in items}) == len(items)
    assert all(urlsplit(item.url).hostname == "qasab.example" for item in items)


def test_a_parent_comes_before_its_replies_and_under_the_same_article() -> None:
    known = {item.guid: item for item in sample.articles(NOW)}
    for item in all_comments():
        assert item.kind is ItemKind.COMMENT
        article = known[item.article_guid]
        answered = known[item.parent_guid] if item.parent_guid else article
        assert published(answered) < published(item) <= NOW
        assert answered is article or answered.article_guid == item.article_guid
        known[item.guid] = item


def test_articles_count_their_comments() -> None:
    counts = Counter(item.article_guid for item in sample.comments(NOW))
    for item in sample.articles(NOW):
        assert item.facts["comments"] == counts[item.guid]


def test_the_late_replies_answer_one_readers_comment() -> None:
    late = sample.late_comments(NOW)
    parents = {item.guid: item for item in sample.comments(NOW)}
    [parent] = {item.parent_guid for item in late}
    asker = parents[parent].author_address
    assert len(late) == 3
    assert [r.address for r in sample.readers() if f"replies:{parent}" in r.topics] == [asker]
    assert asker not in {item.author_address for item in late}


def test_the_late_story_leads_politics() -> None:
    story = sample.late_story(NOW, BASE)
    assert story.categories == ("رئيسي", "سياسة")
    assert story.published_at == NOW


def test_there_are_twenty_readers_in_three_languages() -> None:
    people = sample.readers()
    assert Counter(reader.language for reader in people) == {"ar": 12, "en": 4, "fa": 4}
    assert len({reader.address for reader in people}) == 20
    assert {reader.frequency.value for reader in people} == {"instant", "hourly", "daily", "weekly"}
    assert all(reader.address.split("@")[1] in {"example.org", "example.com", "example.net"} for reader in people)
    assert len({ZoneInfo(reader.time_zone).key for reader in people}) >= 6


def test_every_topic_of_a_reader_exists() -> None:
    articles = {item.guid for item in sample.articles(NOW)}
    authors = {item.guid: item.author_address for item in sample.comments(NOW)}
    for reader in sample.readers():
        for topic in reader.topics:
            kind, _, what = topic.partition(":")
            match kind:
                case "category":
                    assert what in CATEGORIES
                case "thread":
                    assert what in articles
                case _:
                    assert kind == "replies"
                    assert authors[what] == reader.address


def test_a_readers_comments_carry_the_readers_name() -> None:
    names = {reader.address: reader.name for reader in sample.readers()}
    for item in all_comments():
        assert names.get(item.author_address, item.author_name) == item.author_name


def test_everybody_lives_at_an_example_domain() -> None:
    for item in all_comments():
        assert re.search(r"@(qasab\.example|example\.(org|com|net))$", item.author_address)


def test_text_is_nfc_and_holds_no_bidi_controls() -> None:
    for _, text in texts():
        assert unicodedata.is_normalized("NFC", text), text
        assert not BIDI_CONTROLS.search(text), text


def test_right_to_left_sentences_use_their_own_punctuation() -> None:
    for language, text in texts():
        if direction(language) == "rtl":
            assert not LATIN_MARK_AFTER_ARABIC.search(text), text
            assert '"' not in text, text


def test_quotes_are_paired() -> None:
    for _, text in texts():
        marks = "".join(re.findall("[“”«»]", text))
        while marks != (marks := marks.replace("“”", "").replace("«»", "")):
            pass
        assert not marks, text


def test_pictures_are_served_from_the_demo_and_all_exist() -> None:
    shown = [item for item in all_articles() if item.image_url]
    assert len(shown) >= 8
    assert {item.image_url for item in shown} == {f"{BASE}/sample/{name}.png" for name in sample.picture_names()}
    assert all(item.image_alt for item in shown)
    assert not any(item.image_url or item.image_alt for item in sample.articles(NOW))


@pytest.mark.parametrize("name", sample.picture_names())
def test_a_picture_is_a_small_png_and_always_the_same(name: str) -> None:
    data = sample.picture(name)
    assert data is not None
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (1200, 630)
    assert len(data) < 60 * 1024
    sample.picture.cache_clear()
    assert sample.picture(name) == data


def test_an_unknown_picture_is_none() -> None:
    assert sample.picture("../secrets") is None


def test_loading_takes_less_than_a_tenth_of_a_second() -> None:
    table.cache_clear()
    began = time.process_time()  # not the wall clock: the machine may be busy with other things
    sample.articles(NOW, BASE)
    sample.comments(NOW)
    sample.readers()
    assert time.process_time() - began < 0.1
