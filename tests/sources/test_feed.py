"""Reading feeds: what an entry becomes, in each format, and what is no feed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.words import ItemKind
from notifier.sources.feed import FeedInvalid, parse_feed, read_feed

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
URL = "https://example.invalid/feed/"


def sample(name: str) -> bytes:
    return (FEEDS / name).read_bytes()


def rss(inside: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>x</title>{inside}</channel></rss>'.encode()


def invalid(body: bytes, content_type: str = "text/xml") -> FeedInvalid:
    with pytest.raises(FeedInvalid) as caught:
        parse_feed(body, content_type, URL)
    return caught.value


def test_wordpress_entries_come_whole() -> None:
    feed = parse_feed(sample("wordpress-ar.xml"), "application/rss+xml; charset=UTF-8", URL)
    assert (len(feed.items), feed.title, feed.language, feed.hint_s) == (13, "ضفاف – أخبار النهر والمدينة", "ar", None)
    first = feed.items[0]
    assert (first.kind, first.guid) == (ItemKind.ARTICLE, "https://example.invalid/?p=5230")
    assert first.url == "https://example.invalid/news/5230/"
    assert first.author_name == "سلمى الجبوري"
    assert first.categories == ("رئيسي", "محليات")
    assert first.facts == {"comments": 14}
    assert first.published_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert first.image_url == "https://example.invalid/wp-content/uploads/2026/11/bridge.jpg"
    assert first.image_alt == "عابرون على جسر المشاة عند الصباح"
    assert "الطاقة الشمسية" in first.html
    assert first.summary.endswith("السابعة.…")
    assert feed.items[3].title == "“المنتخب” يبدأ معسكره التدريبي بغياب ثلاثة لاعبين"


def test_the_line_that_leads_back_to_the_site_is_dropped() -> None:
    items = read_feed(sample("wordpress-ar.xml"), "", URL)
    assert not [item for item in items if "ظهرت المقالة" in item.html + item.summary]


def test_atom_entries_come_whole() -> None:
    feed = parse_feed(sample("atom-fa.xml"), "application/atom+xml", "https://example.invalid/fa/feed")
    first, second = feed.items
    assert (first.title, first.language) == ("باران & برف در راه است", "fa")
    assert first.url == "https://example.invalid/fa/barf/"
    assert 'href="https://example.invalid/weather"' in first.html
    assert first.image_url == "https://example.invalid/fa/img/barf.jpg"
    assert first.author_name == "نرگس احمدی، بهرام رضایی"
    assert (first.categories, first.tags, first.facts) == (("هواشناسی",), ("زمستان",), {"comments": 6})
    assert first.published_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert (second.title, second.language) == ("A short note in English: 1 < 2", "en")
    assert second.summary == "The ferry runs again &amp; tickets cost &lt;5&gt; coins."
    assert "&lt;5&gt;" in second.html
    assert second.published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_json_feed_entries_come_whole() -> None:
    feed = parse_feed(sample("jsonfeed.json"), "application/feed+json", URL)
    first, second = feed.items
    assert (feed.title, first.language, first.guid) == ("ضفاف", "ar-IQ", "71")
    assert first.url == "https://example.invalid/notes/71"
    assert 'href="https://example.invalid/ferry"' in first.html
    assert first.image_url == "https://example.invalid/img/ferry.jpg"
    assert first.author_name == "سلمى الجبوري، نور عبد الله"
    assert first.categories == ("محليات", "نقل")
    assert first.published_at == datetime(2026, 11, 21, 6, 15, tzinfo=UTC)
    assert second.published_at is None
    assert second.html == "<p>سطر أول &lt; سطر ثان</p><p>فقرة ثانية</p>"
    assert second.title.startswith("سطر أول < سطر ثان")


def test_rss_091_with_its_doctype_and_windows_1256_is_read() -> None:
    (item,) = read_feed(sample("rss091-windows-1256.xml"), "text/xml; charset=utf-8", URL)
    assert item.title == "الميناء يستقبل أول سفينة هذا الموسم"
    assert item.guid == item.url == "https://example.invalid/old/1"
    assert item.summary == "رست السفينة فجرا وبدأ التفريغ ظهرا."
    assert item.published_at is None


def test_rdf_is_read_with_its_dublin_core() -> None:
    feed = parse_feed(sample("rdf.xml"), "application/rdf+xml", URL)
    (item,) = feed.items
    assert (item.author_name, item.categories, item.language) == ("زينب الكعبي", ("تاريخ",), "ar")
    assert item.published_at == datetime(2026, 11, 19, 15, tzinfo=UTC)
    assert feed.hint_s == 43_200


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("A &amp; B", "A & B"),
        ("A &amp;amp; B", "A & B"),
        ("<![CDATA[A &#8220;B&#8221;]]>", "A “B”"),
        ("<![CDATA[A & B]]>", "A & B"),
        ("&lt;b&gt;خبر&lt;/b&gt; مهم", "خبر مهم"),
        ("1 &lt; 2", "1 < 2"),
        ("a\u2028b\n c\x07\u202ed", "a b cd"),
        ("كتاب&zwnj;خانه &nbsp;&mdash; AT&T", "كتاب\u200cخانه — AT&T"),
        ("Tom&#0;&#x1F;&#99999999; x", "Tom x"),
    ],
)
def test_a_title_is_decoded_once_and_kept_on_one_line(written: str, title: str) -> None:
    (item,) = read_feed(rss(f"<item><guid>1</guid><title>{written}</title></item>"), "", URL)
    assert item.title == title


def test_an_entry_without_id_or_link_keeps_its_guid() -> None:
    entry = "<item><title>{}</title><pubDate>Sun, 22 Nov 2026 09:00:00 +0300</pubDate></item>"
    first, other = read_feed(rss(entry.format("a") + entry.format("b")), "", URL)
    assert first.guid.startswith("sha256:")
    assert first.guid != other.guid
    assert read_feed(rss(entry.format("a")), "", URL)[0].guid == first.guid


def test_an_overlong_guid_is_hashed() -> None:
    (item,) = read_feed(rss(f"<item><guid>{'g' * 900}</guid></item>"), "", URL)
    assert item.guid.startswith("sha256:")


@pytest.mark.parametrize(
    ("inside", "image"),
    [
        ('<media:content url="/a.jpg" medium="image"/>', "https://example.invalid/a.jpg"),
        (
            '<media:content url="/a.mp4" medium="video"/><media:thumbnail url="/t.jpg"/>',
            "https://example.invalid/t.jpg",
        ),
        ('<enclosure url="/e.png" type="image/png" length="1"/>', "https://example.invalid/e.png"),
        ('<enclosure url="/e.mp3" type="audio/mpeg" length="1"/>', ""),
        (
            '<description>&lt;img width="1" height="1" src="/pixel.gif"&gt;&lt;img src="/i.jpg"&gt;</description>',
            "https://example.invalid/i.jpg",
        ),
        (
            '<description>&lt;img src="data:image/gif;base64,R0" data-src="/lazy.jpg"&gt;</description>',
            "https://example.invalid/lazy.jpg",
        ),
        ('<media:content url="javascript:alert(1)" medium="image"/>', ""),
    ],
)
def test_the_image_is_found(inside: str, image: str) -> None:
    body = rss(f'<item xmlns:media="http://search.yahoo.com/mrss/"><guid>1</guid>{inside}</item>')
    assert read_feed(body, "", URL)[0].image_url == image


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "http://[bad", "https://x/" + "a/" * 1300]
)
def test_a_link_that_leads_nowhere_good_is_dropped(link: str) -> None:
    (item,) = read_feed(rss(f"<item><guid>1</guid><link>{link}</link></item>"), "", URL)
    assert item.url == ""


@pytest.mark.parametrize("date", ["", "قبل يومين", "Wed, 30 Nov -0001 00:00:00 +0000"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    (item,) = read_feed(rss(f"<item><guid>1</guid><pubDate>{date}</pubDate></item>"), "", URL)
    assert item.published_at is None


def test_categories_and_tags_are_told_apart() -> None:
    inside = '<category domain="category">سياسة</category><category domain="post_tag">موازنة</category>'
    inside += "<category>A &amp;amp; B</category>"
    (item,) = read_feed(rss(f"<item><guid>1</guid>{inside}</item>"), "", URL)
    assert (item.categories, item.tags) == (("سياسة", "A & B"), ("موازنة",))


def test_an_address_is_never_an_authors_name() -> None:
    for written, name in (
        ("desk@example.invalid", ""),
        ("desk@example.invalid (ريم السامرائي)", "ريم السامرائي"),
        ("ريم &lt;desk@example.invalid&gt;", "ريم"),
        ("ريم", "ريم"),
    ):
        (item,) = read_feed(rss(f"<item><guid>1</guid><author>{written}</author></item>"), "", URL)
        assert item.author_name == name


def test_a_guid_that_is_no_address_stays_when_the_feed_moves() -> None:
    body = rss("<item><guid>17</guid><link>/news/17</link></item>")
    here, there = read_feed(body, "", "http://example.invalid/feed"), read_feed(body, "", "https://example.invalid/rss")
    assert here[0].guid == there[0].guid == "17"
    assert there[0].url == "https://example.invalid/news/17"


def test_only_the_200_newest_are_kept_and_each_guid_once() -> None:
    entry = "<item><guid>{0}</guid><pubDate>{1}</pubDate></item>"
    entries = "".join(entry.format(n, f"2026-11-{1 + n % 28:02}T{n // 28:02}:00:00Z") for n in range(300))
    items = read_feed(rss(entries + entry.format(7, "2026-11-28T23:00:00Z")), "", URL)
    assert len({item.guid for item in items}) == len(items) == 200
    assert min(item.published_at for item in items if item.published_at) >= datetime(2026, 11, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("inside", "hint_s"),
    [
        ("<ttl>60</ttl>", 3600),
        ("<ttl>soon</ttl>", None),
        ('<u:updatePeriod xmlns:u="http://purl.org/rss/1.0/modules/syndication/">daily</u:updatePeriod>', 86_400),
        ('<u:updatePeriod xmlns:u="http://purl.org/rss/1.0/modules/syndication/"> hourly </u:updatePeriod>', None),
        ("", None),
    ],
)
def test_the_feeds_own_pace_is_told(inside: str, hint_s: int | None) -> None:
    assert parse_feed(rss(inside), "", URL).hint_s == hint_s


def test_a_web_page_is_named_as_such_with_the_feed_it_names() -> None:
    head = b'<head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>'
    body = b"<!DOCTYPE html><html>" + head + b"</html>"
    fault = invalid(body, "text/html")
    assert (fault.key, fault.feed_url) == ("web_page", "https://example.invalid/feed.xml")
    assert fault.feed_url in fault.detail
    assert invalid(b"<html><p>no feed here").feed_url == ""


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "empty"),
        (b" \n\xef\xbb\xbf", "empty"),
        (b"hello", "not_feed"),
        (b"<svg/>", "not_feed"),
        (b"<!-- never closed", "not_feed"),
        (b"\x89PNG\r\n\x1a\n", "not_feed"),
        (b'{"a": 1}', "not_feed"),
        (b"[1, 2]", "not_feed"),
        (b'{"version": "https://jsonfeed.org/version/1", ', "broken"),
        (b"[" * 200_000, "broken"),
        (b"<rss><channel><title>cut", "broken"),
    ],
)
def test_what_is_no_feed_is_refused_with_its_reason(body: bytes, key: str) -> None:
    assert invalid(body).key == key


def test_junk_before_the_declaration_and_a_cut_end_are_forgiven() -> None:
    body = b"\n\nWarning: x\n" + rss("<item><guid>1</guid><title>a</title></item>", "<?xml version='1.0'?>")
    assert [item.title for item in read_feed(body, "", URL)] == ["a"]
    assert [item.title for item in read_feed(body[:-20], "", URL)] == ["a"]


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read_feed(rss(""), "", URL) == ()


def _laughs() -> bytes:
    rows = ['<!ENTITY l0 "ha">', *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))]
    return rss("<item><title>&l11;</title></item>", f"<?xml version='1.0'?><!DOCTYPE rss [{''.join(rows)}]>")


def test_declared_entities_are_refused_before_parsing() -> None:
    began = time.monotonic()
    assert invalid(_laughs()).key == "entities"
    external = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert invalid(rss("<item><title>&x;</title></item>", external)).key == "entities"
    hidden = """<!-- a --><!DOCTYPE rss '>' [ "]" <!ENTITY x SYSTEM "http://127.0.0.1:9/">]>"""
    assert invalid(rss("<item><title>&x;</title></item>", hidden)).key == "entities"
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE rss>",
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE rss [<!ENTITY % latin PUBLIC "-//W3C//ENTITIES Latin 1//EN" "http://127.0.0.1:9/l.ent"> %latin;]>',
        "<!DOCTYPE rss [<!ELEMENT rss ANY>]>",
    ],
)
def test_a_doctype_without_entities_is_dropped(doctype: str) -> None:
    (item,) = read_feed(rss("<item><guid>1</guid><title>a &eacute; &unknown;</title></item>", doctype), "", URL)
    assert item.title == "a é &unknown;"


@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    "inside",
    [
        lambda: "<item><guid>1</guid>" + "".join(f"<category>{n}</category>" for n in range(40_000)) + "</item>",
        lambda: "<item " + " ".join(f"a{n}='1'" for n in range(50_000)) + "/>",
        lambda: "<a>" * 300_000,
        lambda: "<item><guid>1</guid><author>" + "a" * 1_000_000 + "</author></item>",
        lambda: "<item><guid>1</guid><description>" + "&lt;div&gt;" * 100_000 + "</description></item>",
        lambda: "<item><guid>1</guid><description>" + "&amp;" * 300_000 + "</description></item>",
    ],
    ids=["categories", "attributes", "depth", "author", "nested-html", "ampersands"],
)
def test_a_feed_built_to_keep_a_parser_busy_is_done_with_soon(inside: Callable[[], str]) -> None:
    began = time.monotonic()
    try:
        parse_feed(rss(inside()), "text/xml", URL)
    except FeedInvalid as fault:
        assert fault.key == "too_complex"  # noqa: PT017 - being read is as good
    assert time.monotonic() - began < 10


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"<rss><channel><item><title>", b"<feed><entry><content>", b"{", b""]))
def test_any_body_is_read_or_refused(rest: bytes, opening: bytes) -> None:
    try:
        read_feed(opening + rest, "text/xml", URL)
    except FeedInvalid as fault:
        assert fault.detail  # noqa: PT017 - refusing is one of two right answers
