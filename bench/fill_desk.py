"""What stands behind the pages of the desk: sixty digests, tags, suppressions and consent, by set-based statements."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text

from bench.fill import Crowd, fill
from notifier import census, tally
from notifier.models import Site
from notifier.parts import Parts

LETTERS_EACH: Final = 5
KINDS: Final = 65_521
DAYS: Final = 60
ISSUES: Final = 200
IMPORTS: Final = 60
ARCHIVE: Final = 50_000
"""Articles of former years, that nobody is owed."""

# Of each hundred: two failed, two dropped, one too old, the rest sent. The last send is for every reader, and half of
# its letters wait.
_DELIVERIES: Final = """
INSERT INTO deliveries (site_id, letter_id, subscriber_id, kind, about_id, lane, state, reason, detail, attempts,
  account, next_attempt_at, expires_at, created_at, finished_at)
SELECT :site, 1, reader.id, 'digest', send, 'digests',
  CASE WHEN waits THEN 'queued' WHEN roll < 2 THEN 'failed' WHEN roll < 4 THEN 'dropped'
    WHEN roll = 4 THEN 'expired' ELSE 'sent' END,
  CASE WHEN waits THEN NULL WHEN roll = 0 THEN 'refused' WHEN roll = 1 THEN 'attempts'
    WHEN roll < 4 THEN 'unsubscribed' WHEN roll = 4 THEN 'too_old' END,
  '250 2.0.0 queued as 4XyZ' || n, 1, 'default', at, at + interval '20 hours', at,
  CASE WHEN NOT waits THEN at + interval '10 minutes' END
FROM generate_series(1, :sends) AS send
CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - (:sends - send) * interval '1 day' AS at,
  CASE send WHEN :sends THEN 0 ELSE (send * 7919 % 5) * (:readers - :each) / 5 END AS first,
  CASE send WHEN :sends THEN :readers ELSE :each END AS many) AS size
CROSS JOIN LATERAL (SELECT id, row_number() OVER (ORDER BY id) AS n FROM subscribers WHERE site_id = :site
  ORDER BY id LIMIT size.many OFFSET size.first) AS reader
CROSS JOIN LATERAL (SELECT (n * 31 + send) % 100 AS roll, send = :sends AND n % 2 = 0 AS waits) AS dice
ORDER BY send, reader.id
"""
_OTHERS: Final = (
    """
INSERT INTO runs (site_id, frequency, slot, created_at, planned_at, planned_count, seen, quiet)
SELECT :site, 'daily', CAST(:now AS timestamptz) - (:sends - send) * interval '1 day' - interval '7 minutes',
  :now, :now, :each, '[]', '[]' FROM generate_series(1, :sends) AS send
""",
    """
INSERT INTO consent_events (site_id, subscriber_id, address_hash, purpose, action, at, wording_hash, source, ip, detail)
SELECT site_id, id, address_hash, 'site', 'confirmed', confirmed_at, '', CASE WHEN id % 3 = 0 THEN 'mailchimp'
  ELSE 'form' END, '', '{}' FROM subscribers WHERE site_id = :site ORDER BY id
""",
    """
INSERT INTO suppressions (site_id, address_hash, domain, reason, source, at, lifted_reason)
SELECT site_id, address_hash, '', 'bounced', 'smtp', :now, '' FROM subscribers WHERE site_id = :site AND id % 100 = 7
""",
    """
INSERT INTO suppressions (site_id, address_hash, domain, reason, source, at, lifted_reason)
VALUES (:site, 'gone.example', 'gone.example', 'asked', 'desk', :now, '')
""",
    """
INSERT INTO suppressions (site_id, address_hash, domain, reason, source, at, lifted_reason)
SELECT :site, md5(domain) || md5(domain), domain, 'by hand', 'desk', :now, '' FROM unnest(ARRAY['d7.example',
  'd13.example']) AS domain
""",
    "INSERT INTO tags (site_id, name, created_at) SELECT :site, 'وسم ' || n, :now FROM generate_series(1, 20) AS n",
    """
INSERT INTO subscriber_tags (tag_id, subscriber_id)
SELECT tags.id, subscribers.id FROM tags JOIN subscribers ON subscribers.site_id = :site
  AND subscribers.id % (tags.id * 5) = 1 WHERE tags.site_id = :site
""",
    """
INSERT INTO issues (site_id, title, intro, html, cover_url, cover_alt, language, subjects, sample_percent, sample_hours,
  winner_rule, is_winner_known, audience, state, created_at, changed_at)
SELECT :site, 'نشرة ' || n, '', '', '', '', 'ar', '[]', 20, 2, 'hand', false,
  CASE WHEN n = :issues THEN CAST(:audience AS json) ELSE '{}' END, 'draft', :now, :now
FROM generate_series(1, :issues) AS n
""",
    """
INSERT INTO imports (site_id, actor, name, digest, size, is_local, state, plan, position, done_bytes, counts, error,
  created_at, touched_at)
SELECT :site, 'bench', 'list.csv', '', 1, false, 'done', CAST(:plan AS json), 1, 1, '{"new": 1}', '', :now, :now
FROM generate_series(1, :imports)
""",
    """
INSERT INTO items (site_id, kind, guid, version, worded_version, content_hash, state, title, html, summary, url,
  language, author_name, author_hash, image_url, image_alt, facts, published_at, received_at, updated_at, announced_at,
  matched_at, planned_count, waits_count)
SELECT :site, 'article', 'archive-' || n, 1, 1, '', 'live', 'خبر قديم رقمه ' || n, '<p>نص الخبر</p>', '',
  'https://bench.example/archive/' || n, 'ar', '', '', '', '', '{}', at, at, at, at, at, 0, 0
FROM generate_series(1, :archive) AS n
CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - interval '90 days' - n * interval '30 minutes' AS at) AS long_ago
""",
    "UPDATE sites SET tracking = 'counts' WHERE id = :site",
    """
INSERT INTO trace_sums (site_id, letter_kind, about_id, kind, onlooker, count)
SELECT :site, CASE WHEN n > 50 THEN 'digest' ELSE 'alert' END, day * CASE WHEN n > 50 THEN 1 ELSE n END, did, who, n
FROM generate_series(1, :sends) AS day, generate_series(1, 51) AS n, unnest(ARRAY['open', 'click']) AS did,
  unnest(ARRAY['person', 'proxy', 'apple', 'machine']) AS who
ON CONFLICT DO NOTHING
""",
    """
INSERT INTO day_sums (site_id, measure, day, name, count)
SELECT :site, did, to_char(CAST(:now AS timestamptz) - (:sends - day) * interval '1 day', 'YYYY-MM-DD'), who, day * 997
FROM generate_series(1, :sends) AS day, unnest(ARRAY['open', 'click']) AS did,
  unnest(ARRAY['person', 'proxy', 'apple', 'machine']) AS who
""",
    """
INSERT INTO import_faults (import_id, line, reason, words)
SELECT max(imports.id), n, 'at_sign', 'nobody' FROM imports, generate_series(1, :readers / 30) AS n GROUP BY n
""",
)
_PLAN: Final = (
    '{"columns": {"email": 0}, "basis": "they signed up", "source": "csv", "topics": [], "words": {},'
    ' "frequency": "daily", "language": "", "tag": "", "asks": false, "encoding": "utf-8", "delimiter": ",",'
    ' "begin": 1}'
)
_AUDIENCE: Final = '{"topics": ["category:قسم 3", "category:قسم 4"], "languages": ["ar"]}'


def fill_desk(parts: Parts, readers: int, now: datetime) -> None:
    """Readers with three subscriptions each, and sixty daily digests behind them."""
    fill(parts, Crowd(readers, KINDS, mixed=20, others=25), now)
    with parts.db.writing() as session:
        session.execute(text("DELETE FROM runs"))
        session.execute(text("ALTER SEQUENCE runs_id_seq RESTART"))
        given: dict[str, Any] = {
            "site": session.scalars(select(Site.id)).one(), "sends": DAYS, "readers": readers,
            "each": readers * (LETTERS_EACH - 1) // (DAYS - 1), "now": now, "issues": ISSUES, "imports": IMPORTS,
            "plan": _PLAN, "audience": _AUDIENCE, "archive": ARCHIVE,
        }  # fmt: skip
        for statement in (_DELIVERIES, *_OTHERS):
            session.execute(text(statement), given)
        tally.rebuild(session)
    with parts.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    census.count(parts, now)
