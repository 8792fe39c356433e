"""A site with many readers, written by a few set-based statements; PostgreSQL only."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from notifier import flow
from notifier.domain.items import NewItem
from notifier.domain.schedule import Hours, last_slot
from notifier.domain.words import Frequency, ItemKind
from notifier.models import Run
from notifier.parts import Parts
from notifier.sites import NewSite, add_site

CATEGORIES: Final = 20
ARTICLES: Final = 40
HOURS: Final = Hours("Asia/Baghdad", 8, 5)
_PROSE: Final = (
    "قال مسؤولون في البلدية إن العمل في الجسر الجديد سينتهي قبل موسم الأمطار.",
    "وأضافوا أن الميزانية تكفي لتعبيد الطرق المؤدية إليه من ضفتي النهر.",
    "ويرى سكان الحي أن المشروع تأخر كثيراً، غير أنهم يرحبون به اليوم.",
    "وتقول شركة Rafidain Works إن نسبة الإنجاز بلغت 82% حتى الآن.",
)

_READERS: Final = text("""
INSERT INTO subscribers (site_id, address, address_key, address_hash, name, language, time_zone, digest_hour,
  digest_weekday, confirmed_at, created_at, changed_at, letters_day, letters_that_day, may_track)
SELECT :site, 'r' || n || '@d' || n % 97 || '.example', 'r' || n || '@d' || n % 97 || '.example',
  lpad(to_hex(n), 64, '0'), 'قارئ ' || n,
  CASE n * 7919 % :kinds / 7 % 10 WHEN 0 THEN 'en' WHEN 1 THEN 'fa' ELSE 'ar' END,
  :zone, :hour, :weekday, :at, :at, :at, '', 0, false
FROM generate_series(1::bigint, :readers) AS n
""")

# Offsets 0, 1 to 9 and 10 to 19 around a circle of twenty: three topics that are never the same.
_SUBSCRIPTIONS: Final = text("""
INSERT INTO subscriptions (subscriber_id, topic_id, frequency, created_at, is_implicit, ended_reason)
SELECT reader.id, (CAST(:topics AS bigint[]))[1 + (kind % 20 + away) % 20],
  CASE
    WHEN roll < :mixed THEN (ARRAY['instant', 'hourly', 'daily', 'weekly'])[1 + (n * 7919 + nth * 104729) / 97 % 4]
    WHEN roll < 100 - (100 - :mixed) * :others / 100 THEN :usual
    ELSE (ARRAY['instant', 'hourly', 'weekly'])[1 + n % 3]
  END,
  reader.created_at, false, ''
FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) AS n FROM subscribers WHERE site_id = :site) AS reader
CROSS JOIN LATERAL (SELECT n * 7919 % :kinds AS kind, n * 48271 % 65537 % 100 AS roll) AS of_reader
CROSS JOIN LATERAL (VALUES (0, 0), (1, 1 + kind / 20 % 9), (2, 10 + kind / 180 % 10)) AS topic (nth, away)
""")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who reads: each has three of twenty categories."""

    readers: int
    kinds: int
    """A prime; how many choices of three categories there are at the most (with a language each)."""
    mixed: int = 0
    """Per cent of the readers who chose a frequency for each of their topics."""
    others: int = 0
    """Per cent of the rest who chose another frequency than the usual."""
    usual: Frequency = Frequency.DAILY
    sentences: int = 4
    """Of each article: what its summary is made of, and so the size of the letters."""


def fill(parts: Parts, crowd: Crowd, now: datetime) -> int:
    """Write a site, its articles, its readers and a daily digest run that is due; gives the run's id."""
    slot = last_slot(Frequency.DAILY, HOURS, now)
    with parts.db.writing() as session:
        site_id = add_site(session, NewSite("bench", "صحيفة القياس", "news@bench.example"), slot).id
    for n in range(ARTICLES):
        flow.ingest_items(parts, site_id, [_article(n, crowd.sentences)], slot - timedelta(minutes=30 * (n + 1)))
    with parts.db.writing() as session:
        _add_readers(session, site_id, crowd, slot - timedelta(days=30))
        run = Run(site_id=site_id, frequency=Frequency.DAILY, slot=slot, created_at=now)
        session.add(run)
    _analyse(parts)
    return run.id


def breaking() -> NewItem:
    """A story of every category."""
    return replace(_article(ARTICLES), categories=tuple(f"قسم {n}" for n in range(CATEGORIES)))


def _article(n: int, sentences: int = 4) -> NewItem:
    paragraphs = "".join(f"<p>{sentence} ({n})</p>" for sentence in _PROSE[:sentences])
    return NewItem(
        ItemKind.ARTICLE,
        f"article-{n}",
        title=f"الجسر الجديد يقترب من الاكتمال بعد سنوات من الانتظار، المرحلة {n}",
        html=paragraphs,
        url=f"https://bench.example/news/{n}",
        author_name=f"كاتب {n % 7}",
        categories=(f"قسم {n % CATEGORIES}", f"قسم {(n * 7 + 3) % CATEGORIES}"),
        published_at=None,
    )


def _add_readers(session: Session, site_id: int, crowd: Crowd, at: datetime) -> None:
    given: dict[str, Any] = {"site": site_id, "readers": crowd.readers, "kinds": crowd.kinds}
    hours = {"zone": HOURS.time_zone, "hour": HOURS.hour, "weekday": HOURS.weekday}
    session.execute(_READERS, {**given, **hours, "at": at})
    names = text("SELECT id FROM topics WHERE site_id = :site AND name LIKE 'category:%' ORDER BY id")
    topics = list(session.scalars(names, {"site": site_id}))
    given |= {"topics": topics, "mixed": crowd.mixed, "others": crowd.others, "usual": crowd.usual.value}
    session.execute(_SUBSCRIPTIONS, given)


def _analyse(parts: Parts) -> None:
    """What autovacuum would have done long ago to readers who came over months."""
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) subscribers, subscriptions"))
        connection.execute(text("ANALYZE items, item_topics, topics"))
