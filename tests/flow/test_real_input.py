"""Real input: a WordPress feed and an article pushed over HTTP, both ending as a right digest."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from notifier import polling
from notifier.domain.words import Frequency, SourceKind
from notifier.sites import add_key, add_source
from notifier.sources.fetch import Fetcher
from notifier.web.app import create_app
from tests.sources.sites import page, site
from tests.world import World, html_of, text_of

FEED = Path(__file__).parent.parent / "data" / "feeds" / "wordpress-ar.xml"
SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "seed-article.txt"
OWN = """وزارة الموارد المائية: منسوب دجلة يرتفع بعد أمطار الشمال

أعلنت وزارة الموارد المائية، الاثنين 23 تشرين الثاني 2026، أن منسوب نهر دجلة ارتفع بعد أمطار غزيرة.

مصادر: بريد الموقع – متابعات – وكالات

164 عدد القراءات
0 0 votes
Posted in رئيسي, سياسة.
"""


def test_a_wordpress_feed_becomes_a_digest(world: World) -> None:
    world.now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    world.reader("a@example.org", "category:سياسة")
    world.parts = replace(world.parts, fetch=Fetcher(5, 5_000_000, ("127.0.0.1",)))
    with site() as web:
        web.pages["/feed/"] = page(FEED.read_bytes(), ("Content-Type", "application/rss+xml; charset=UTF-8"))
        with world.parts.db.writing() as session:
            source = add_source(session, world.site, SourceKind.FEED, web.url("/feed/"), world.now).id
        polled = polling.poll_source(world.parts, source, world.now)
    assert polled is not None
    assert not polled.error
    world.work()
    fresh = [item for item in polled.items if item.announce and "سياسة" in item.categories]
    assert fresh, "the sample has political news of the last day"
    world.now = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    world.tick()
    (letter,) = world.letters()
    for item in polled.items:
        assert (item.title in plain(text_of(letter))) == (item in fresh), item.title
    assert 'dir="rtl"' in html_of(letter)


@pytest.mark.parametrize("text", [OWN, SAMPLE], ids=["own", "sample"])
def test_an_article_pushed_over_http_becomes_a_digest_with_its_sources_and_counts(
    world: World, text: str | Path
) -> None:
    if isinstance(text, Path):
        if not text.exists():
            pytest.skip("the sample article does not lie beside this checkout")
        text = text.read_text(encoding="utf-8")
    article = told(text)
    world.reader("a@example.org", "category:رئيسي", frequency=Frequency.INSTANT)
    world.reader("b@example.org", "category:سياسة")
    with world.parts.db.writing() as session:
        key = add_key(session, world.site, "test", ["items:write"], world.now)
    with TestClient(create_app(world.parts, now=world.clock)) as client:
        answer = client.put(
            f"/api/v1/sites/{world.site.slug}/items/164",
            content=json.dumps(article),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
    assert answer.status_code == 201, answer.text
    world.work()
    (alert,) = world.letters()
    assert "وكالات" in text_of(alert)
    assert "١٦٤" in text_of(alert), "the number of reads, in the site's digits"
    world.now += timedelta(hours=20)
    world.tick()
    digest = world.letters()[1]
    assert digest["To"] == "b@example.org"
    assert article["title"] in plain(text_of(digest))


def told(text: str) -> dict[str, Any]:
    """The article as a newsroom's program would push it."""
    paragraphs = [line.strip() for line in text.splitlines() if line.strip()]
    sources = next(line for line in paragraphs if line.startswith("مصادر:"))
    body = paragraphs[1 : paragraphs.index(sources)]
    categories = re.search(r"Posted in (.+)\.", text)
    views = re.search(r"(\d+) عدد القراءات", text)
    assert categories is not None
    assert views is not None
    return {
        "kind": "article",
        "title": paragraphs[0],
        "html": "".join(f"<p>{paragraph}</p>" for paragraph in body),
        "url": "https://rafidain.example/164",
        "categories": categories[1].split(", "),
        "facts": {"sources": sources.removeprefix("مصادر:").strip(), "views": int(views[1]), "votes": 0},
    }


def plain(text: str) -> str:
    """Without the marks of direction that a text part may begin its lines with."""
    return text.replace("\u200f", "").replace("\u200e", "")
