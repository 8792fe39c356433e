"""Rows for every page of the desk, many of each kind, written table by table and not one by one."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select

from notifier import census, tally
from notifier.domain.schedule import EVERY_DAY
from notifier.models import (
    Alarm,
    ApiKey,
    Arrangement,
    AuditEvent,
    BulkAct,
    Call,
    ConsentEvent,
    Delivery,
    Endpoint,
    Import,
    ImportFault,
    Issue,
    IssueItem,
    Item,
    ItemTopic,
    Mute,
    Notice,
    Run,
    Site,
    Sitting,
    Source,
    Subscriber,
    SubscriberNote,
    SubscriberTag,
    Subscription,
    Suppression,
    Tag,
    TemplateVersion,
    Topic,
    Trial,
    User,
    Wave,
)
from notifier.parts import Parts

FIRST: Final = 1000
"""Ids begin here; the first row of each kind is the one that a page is about."""
STATES: Final = (
    ("sent", None), ("failed", "refused"), ("dropped", "unsubscribed"), ("expired", "too_old"), ("queued", None),
)  # fmt: skip
PLAN: Final = {
    "columns": {"email": 0}, "basis": "x", "source": "csv", "topics": [], "words": {}, "frequency": "daily",
    "language": "", "tag": "", "asks": False, "encoding": "utf-8", "delimiter": ",", "begin": 1,
}  # fmt: skip
Rows = list[dict[str, Any]]


class Crowd:
    """Makes as many of everything as are asked for; what is there stays."""

    def __init__(self, parts: Parts, site_id: int, now: datetime) -> None:
        self._parts, self._site, self._now, self._made = parts, site_id, now, 0

    def grow(self, size: int) -> None:
        """Until there are `size` of each."""
        some = range(FIRST + self._made, FIRST + size)
        self._made = size
        with self._parts.db.writing() as session:
            owner = session.scalar(select(func.min(User.id)))
            for model, rows in (*self._people(some), *self._sent(some), *self._made_here(some, owner)):
                session.execute(insert(model), rows)
            tally.rebuild(session)
        census.count(self._parts, self._now)

    def _people(self, some: range) -> list[tuple[type[Any], Rows]]:
        site, now = {"site_id": self._site}, self._now
        mine = {**site, "created_at": now}
        made = {"subscriber_id": FIRST, "created_at": now}
        return [
            (Topic, [{**site, "id": n, "name": f"category:c{n}", "label": f"قسم {n}"} for n in some]),
            (Subscriber, [
                {**mine, "id": n, "address": f"r{n}@example.org", "address_key": f"r{n}@example.org",
                 "address_hash": f"{n:064x}", "language": "ar", "time_zone": "Asia/Baghdad", "digest_hour": 9,
                 "digest_weekday": 2, "digest_days": EVERY_DAY, "changed_at": now,
                 "confirmed_at": now if n % 3 else None}
                for n in some
            ]),
            (Subscription, [{**made, "topic_id": n, "frequency": "daily"} for n in some]),
            (Subscription, [
                {**made, "subscriber_id": n, "topic_id": FIRST, "frequency": "daily"} for n in some if n > FIRST
            ]),
            (Suppression, [
                {**site, "address_hash": f"{n:064x}", "reason": "asked", "source": "desk", "at": now}
                for n in some if n % 2
            ]),
            (Suppression, [
                {**site, "address_hash": f"{n + (1 << 200):064x}", "domain": f"d{n}.example", "reason": "asked",
                 "source": "desk", "at": now}
                for n in some
            ]),
            (ConsentEvent, [
                {**site, "subscriber_id": FIRST, "address_hash": f"{FIRST:064x}", "purpose": "site", "at": now,
                 "action": "confirmed", "source": "form"}
                for _ in some
            ]),
            (Tag, [{**mine, "id": n, "name": f"وسم {n}"} for n in some]),
            (SubscriberTag, [{"tag_id": n, "subscriber_id": FIRST} for n in some]),
            (SubscriberTag, [{"tag_id": FIRST, "subscriber_id": n} for n in some if n > FIRST]),
            (SubscriberNote, [{"subscriber_id": FIRST, "actor": "x", "words": f"{n}", "at": now} for n in some]),
            (Mute, [{**made, "what": f"thread:{n}"} for n in some]),
        ]  # fmt: skip

    def _sent(self, some: range) -> list[tuple[type[Any], Rows]]:
        site, now = {"site_id": self._site}, self._now
        mine = {**site, "created_at": now}
        letter = {
            **mine, "letter_id": 1, "kind": "digest", "lane": "digests", "next_attempt_at": now, "expires_at": now,
        }  # fmt: skip
        issued = {"kind": "issue", "about_id": FIRST, "lane": "bulk"}
        items = [
            {**site, "id": n, "kind": "article", "guid": f"g{n}", "title": f"خبر {n}", "content_hash": "", "url": f"https://naba.example/{n}",
             "published_at": now, "received_at": now, "updated_at": now , "announced_at": now, "matched_at": now}
            for n in some
        ]  # fmt: skip
        state = [dict(zip(("state", "reason"), STATES[n % len(STATES)], strict=True)) for n in some]
        return [
            (Item, items),
            (ItemTopic, [{"item_id": n, "topic_id": FIRST, "position": 0} for n in some]),
            (Run, [{**mine, "id": n, "frequency": "daily", "slot": _before(now, n), "planned_at": now} for n in some]),
            (Delivery, [
                {**letter, "subscriber_id": n, "about_id": FIRST, **state[n % len(state)]} for n in some if n > FIRST
            ]),
            (Delivery, [{**letter, "subscriber_id": FIRST, "about_id": n, **state[n % len(state)]} for n in some]),
            (Delivery, [{**letter, **issued, "subscriber_id": n, **state[n % len(state)]} for n in some]),
            (Notice, [
                {"subscriber_id": FIRST, "item_id": n, "article_id": FIRST, "reason": "thread", "frequency": "instant",
                 "created_at": now, "due_at": now, "dropped_at": now, "dropped_reason": "unsubscribed"}
                for n in some
            ]),
            (Arrangement, [
                {**site, "frequency": "daily", "slot": _before(now, -n), "changed_at": now, "is_held": True}
                for n in some
            ]),
        ]  # fmt: skip

    def _made_here(self, some: range, owner: int | None) -> list[tuple[type[Any], Rows]]:
        site, now = {"site_id": self._site}, self._now
        mine = {**site, "created_at": now}
        acted = {**mine, "actor": "user:1", "touched_at": now}
        return [
            (Issue, [
                {**mine, "id": n, "title": f"نشرة {n}", "language": "ar", "changed_at": now, "subjects": [],
                 "audience": {"topics": ["category:c1000"]} if n % 2 else {}}
                for n in some
            ]),
            (IssueItem, [{"issue_id": FIRST, "item_id": n, "position": n} for n in some]),
            (Wave, [{"issue_id": FIRST, "time_zone": f"zone/{n}", "due_at": now} for n in some]),
            (Trial, [{"issue_id": FIRST, "user_id": owner, "created_at": now} for _ in some]),
            (Import, [
                {**acted, "id": n, "name": "list.csv", "digest": "", "size": 1, "state": "done", "plan": PLAN,
                 "counts": {"new": n}}
                for n in some
            ]),
            (ImportFault, [{"import_id": FIRST, "line": n, "reason": "at_sign"} for n in some]),
            (BulkAct, [{**acted, "kind": "tag", "about": FIRST, "last_id": n, "words": f"{n}"} for n in some]),
            (AuditEvent, [{"actor": f"user:{owner}", "action": "issue.made", "at": now, **site} for _ in some]),
            (Source, [{**mine, "kind": "feed", "url": f"https://e.example/{n}", "next_poll_at": now} for n in some]),
            (ApiKey, [{**mine, "name": f"{n}", "key_hash": f"{n:064x}", "scopes": ["items:write"]} for n in some]),
            (Endpoint, [
                {**mine, "id": n, "url": f"https://e.example/{n}", "events": ["issue.sent"]} for n in some
            ]),
            (Call, [
                {"endpoint_id": FIRST, "event": "issue.sent", "next_attempt_at": now, "created_at": now} for _ in some
            ]),
            (User, [
                {"id": n, "address": f"u{n}@naba.example", "role": "editor", "created_at": now} for n in some
            ]),
            (Sitting, [
                {"user_id": owner, "token_hash": f"{n:064x}", "created_at": now, "seen_at": now} for n in some
            ]),
            (TemplateVersion, [{**mine, "part": "digest", "text": f"{n}", "actor": "user:1"} for n in some]),
            (Alarm, [
                {**site, "about": f"stream:{n}", "raised_at": now, "last_at": now, "window_at": now} for n in some
            ]),
            (Site, [
                {"slug": f"site{n}", "name": f"{n}", "sender_name": "x", "sender_address": "x@x.example",
                 "pepper": "p", "created_at": now}
                for n in some
            ]),
        ]  # fmt: skip


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days - FIRST + 1 if days > 0 else days + FIRST - 1)
