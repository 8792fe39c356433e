"""Readers who are owed every story at once, written in two statements, and the stories; PostgreSQL only."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, text

from notifier import flow
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Subscriber, Topic
from notifier.parts import Parts
from notifier.sites import NewSite, add_site

SECTION: Final = "سياسة"
_READERS: Final = text("""
INSERT INTO subscribers (site_id, address, address_key, address_hash, name, language, time_zone, digest_hour,
  digest_weekday, confirmed_at, created_at, changed_at, letters_day, letters_that_day, may_track)
SELECT :site, 'r' || n || '@drill.example', 'r' || n || '@drill.example', lpad(to_hex(n), 64, '0'), 'قارئ ' || n,
  CASE n % 10 WHEN 0 THEN 'en' WHEN 1 THEN 'fa' ELSE 'ar' END, 'Asia/Baghdad', 8, 5, :at, :at, :at, '', 0, false
FROM generate_series(1::bigint, :readers) AS n
""")
_SUBSCRIPTIONS: Final = text("""
INSERT INTO subscriptions (subscriber_id, topic_id, frequency, created_at, is_implicit, ended_reason)
SELECT id, :topic, 'instant', :at, false, '' FROM subscribers WHERE site_id = :site
""")
_ANALYSE: Final = text("ANALYZE subscribers, subscriptions")


def fill(parts: Parts, readers: int, now: datetime) -> int:
    """Make a site with so many readers of one section, who have been there for a while; gives its id."""
    with parts.db.writing() as session:
        site = add_site(session, NewSite("drill", "صحيفة التجربة", "news@drill.example"), now)
        topic = Topic(site_id=site.id, name=f"category:{SECTION}", label=SECTION)
        session.add(topic)
        session.flush()
        given = {"site": site.id, "readers": readers, "topic": topic.id, "at": now - timedelta(days=30)}
        session.execute(_READERS, given)
        session.execute(_SUBSCRIPTIONS, given)
        session.execute(_ANALYSE)
        return site.id


def publish(parts: Parts, site_id: int, guid: str) -> int:
    """A story that all of them are owed; gives the item's id. The workers plan it and send it."""
    story = NewItem(
        ItemKind.ARTICLE,
        guid,
        title="منسوب دجلة يرتفع بعد أمطار الشمال",
        html="<p>أعلنت وزارة الموارد المائية أن منسوب النهر ارتفع.</p>",
        categories=(SECTION,),
    )
    (receipt,) = flow.ingest_items(parts, site_id, [story], datetime.now(UTC))
    if receipt.item_id is None:
        raise RuntimeError(f"the story was not taken: {receipt}")
    return receipt.item_id


def addresses(parts: Parts) -> set[str]:
    """Everybody who is owed a story."""
    with parts.db.reading() as session:
        return set(session.scalars(select(Subscriber.address)))
