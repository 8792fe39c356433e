"""A hot thread: thousands follow it, a thousand comments come within an hour; who gets how many letters, and how fast.

The clock is simulated, the database is not. Every comment is taken in by itself, and timed; then more come in batches,
as fast as they can. Letters are planned as the scheduler would, and every person's are counted.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import select, text

from bench.place import environment, options, quiet_parts, say, server_version
from notifier import flow
from notifier.domain import topics
from notifier.domain.items import NewItem
from notifier.domain.tokens import address_hash
from notifier.domain.words import ItemKind
from notifier.models import LetterItem
from notifier.parts import Parts
from notifier.sites import NewSite, add_site
from tests.postgresql import running

QUICK, FULL = 1_000, 1_000
FOLLOWERS: Final = 10_000
BATCH, BATCHED = 100, {True: 3_000, False: 20_000}
BEGIN: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta(seconds=15)
ANSWERS, BY_FOLLOWERS = 0.3, 0.5
ARCHIVE: Final = 20_000
"""Comments of earlier days. PostgreSQL keeps the plan of a foreign key's check: made for empty tables, it reads them
from end to end until they are next analysed."""
WRITERS: Final = 200
"""Followers who write as well, and who asked for answers to whatever they write."""

_ARCHIVE: Final = text("""
WITH written AS (
  INSERT INTO items (site_id, kind, guid, version, content_hash, state, article_id, title, html, summary, url, language,
    author_name, author_hash, image_url, image_alt, facts, published_at, received_at, updated_at, announced_at,
    matched_at, nth, planned_count, worded_version)
  SELECT :site, 'comment', 'old-' || n, 1, md5(n::text), 'live', items.id, '', repeat('تعليق قديم ', 30),
    repeat('تعليق قديم ', 30), '', '', 'قارئ', md5(n::text), '', '', '{}', :at, :at, :at, :at, :at, n, 0, 1
  FROM items CROSS JOIN generate_series(1, :archive) AS n WHERE items.guid = 'old' RETURNING id, guid
), named AS (
  INSERT INTO topics (site_id, name, label) SELECT :site, 'replies:' || guid, '' FROM written RETURNING id
)
INSERT INTO item_topics (item_id, topic_id, position)
SELECT written.id, topics.id, 0 FROM written JOIN topics ON topics.name = 'thread:old'
""")
_READERS: Final = text("""
INSERT INTO subscribers (site_id, address, address_key, address_hash, name, language, time_zone, digest_hour,
  digest_weekday, confirmed_at, created_at, changed_at, letters_day, letters_that_day, may_track)
SELECT :site, one.address, one.address, one.hash, '', CASE WHEN one.n % 10 = 0 THEN 'en' ELSE 'ar' END, 'Asia/Baghdad',
  8, 5, :at, :at, :at, '', 0, false
FROM unnest(CAST(:addresses AS text[]), CAST(:hashes AS text[])) WITH ORDINALITY AS one (address, hash, n)
""")
_FOLLOW: Final = text("""
INSERT INTO subscriptions (subscriber_id, topic_id, frequency, is_implicit, created_at, ended_reason)
SELECT subscribers.id, topics.id, 'instant', false, :at, '' FROM subscribers CROSS JOIN topics
WHERE topics.name = ANY (:names)
""")
_MINE: Final = text("""
WITH made AS (
  INSERT INTO topics (site_id, name, label) SELECT :site, 'mine:' || address_hash, '' FROM subscribers
  WHERE address = ANY (:writers) RETURNING id, name
)
INSERT INTO subscriptions (subscriber_id, topic_id, frequency, is_implicit, created_at, ended_reason)
SELECT subscribers.id, made.id, 'instant', false, :at, ''
FROM made JOIN subscribers ON made.name = 'mine:' || address_hash
""")
_PATTERNS: Final = text("""
SELECT letters, count(*) FROM (
  SELECT array_agg(letter_id ORDER BY letter_id) AS letters, subscriber_id
  FROM deliveries WHERE kind = 'reply' GROUP BY subscriber_id
) AS of_person GROUP BY letters
""")


@dataclass
class Talk:
    """Who writes what: three in ten answer somebody."""

    article: str
    dice: Random = field(default_factory=lambda: Random(5))  # noqa: S311 - the same talk each time
    written: list[str] = field(default_factory=list)
    of_followers: int = 0

    def comment(self) -> NewItem:
        """The next comment."""
        n = len(self.written)
        parent = self.dice.choice(self.written) if self.written and self.dice.random() < ANSWERS else ""
        is_follower = self.dice.random() < BY_FOLLOWERS
        self.of_followers += is_follower
        writer = f"r{self.dice.randrange(WRITERS)}@d.example" if is_follower else f"guest{n}@x.example"
        self.written.append(f"{self.article}-{n}")
        words = "يرى سكان الحي أن المشروع تأخر كثيراً، غير أنهم يرحبون به اليوم. " * self.dice.randint(1, 6)
        return NewItem(
            ItemKind.COMMENT,
            self.written[-1],
            html=f"<p>{words} ({n})</p>",
            author_name=f"قارئ {n % 97}",
            author_address=writer,
            article_guid=self.article,
            parent_guid=parent,
        )


def main() -> None:
    """Measure on a database of its own."""
    given = options(__doc__ or "", "comments", QUICK, FULL)
    begun = time.perf_counter()
    with running() as server:
        url = server.create()
        parts = quiet_parts(environment(database_url=url, chunk_size="5000"))
        try:
            site = fill(parts)
            hot = Talk("hot")
            waits, planned_s = hour(parts, site, hot, given.size)
            figures = counted(parts, hot)
            per_s = batches(parts, site, Talk("second"), BATCHED[given.quick])
            version = server_version(parts.db)
        finally:
            parts.db.close()
            server.drop(url)
    waits.sort()
    say(
        **figures,
        ingest_p50_ms=round(waits[len(waits) // 2] * 1000, 1),
        ingest_p99_ms=round(waits[int(len(waits) * 0.99)] * 1000, 1),
        ingest_per_s=round(per_s),
        longest_tick_s=round(max(planned_s), 2),
        all_seconds=round(time.perf_counter() - begun, 1),
        postgresql=version,
    )


def fill(parts: Parts) -> int:
    """A site with an archive, and two articles that everybody follows; gives the site's id."""
    before = BEGIN - timedelta(days=1)
    with parts.db.writing() as session:
        site = add_site(session, NewSite("bench", "صحيفة القياس", "news@bench.example"), before)
    for guid in ("old", "hot", "second"):
        flow.ingest_items(parts, site.id, [NewItem(ItemKind.ARTICLE, guid, title=f"خبر {guid}")], before)
    addresses = [f"r{n}@d.example" for n in range(FOLLOWERS)]
    hashes = [address_hash(site.pepper, one) for one in addresses]
    given: dict[str, Any] = {"site": site.id, "at": before}
    with parts.db.writing() as session:
        session.execute(_ARCHIVE, given | {"archive": ARCHIVE})
        session.execute(_READERS, given | {"addresses": addresses, "hashes": hashes})
        session.execute(_FOLLOW, {"at": before, "names": [topics.thread("hot"), topics.thread("second")]})
        session.execute(_MINE, given | {"writers": addresses[:WRITERS]})
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    return site.id


def hour(parts: Parts, site: int, talk: Talk, comments: int) -> tuple[list[float], list[float]]:
    """Take the comments in one by one, an hour's worth, and plan until nothing waits; gives what each took."""
    waits, planned_s = [], []
    for now, is_comment in moments(comments):
        began = time.perf_counter()
        if is_comment:
            flow.ingest_items(parts, site, [talk.comment()], now)
            waits.append(time.perf_counter() - began)
        else:
            flow.bundle_notices(parts, now)
            planned_s.append(time.perf_counter() - began)
    return waits, planned_s


def moments(comments: int) -> Iterator[tuple[datetime, bool]]:
    """The moments of an hour's comments and of the ticks between them, and those of the hours after."""
    came = ((BEGIN + HOUR * n / comments, True) for n in range(comments))
    ticks = ((BEGIN + TICK * n, False) for n in range(HOUR // TICK))
    yield from sorted([*came, *ticks])
    for minute in range(3 * 60):
        yield BEGIN + HOUR + timedelta(minutes=minute), False


def counted(parts: Parts, talk: Talk) -> dict[str, Any]:
    """Letters a person, and the comments that somebody should have and has not, or has twice."""
    comments = len(talk.written)
    owed = FOLLOWERS * comments - talk.of_followers
    letters, covered, doubled = 0, 0, 0
    most = Counter[int]()
    with parts.db.reading() as session:
        for of_person, people in session.execute(_PATTERNS):
            shown = session.scalars(select(LetterItem.item_id).where(LetterItem.letter_id.in_(of_person))).all()
            letters += len(of_person) * people
            covered += len(set(shown)) * people
            doubled += (len(shown) - len(set(shown))) * people
            most[len(of_person)] += people
    return {
        "followers": FOLLOWERS,
        "comments": comments,
        "letters": letters,
        "letters_per_person": round(letters / FOLLOWERS, 2),
        "letters_most": max(most, default=0),
        "letters_ratio": round(letters / owed, 5),
        "uncovered": owed - covered,
        "doubled": doubled,
    }


def batches(parts: Parts, site: int, talk: Talk, comments: int) -> float:
    """Comments a second, taken in a hundred at a time."""
    some = [[talk.comment() for _ in range(BATCH)] for _ in range(comments // BATCH)]
    began = time.perf_counter()
    for batch in some:
        flow.ingest_items(parts, site, batch, BEGIN + 5 * HOUR)
    return comments / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
