"""Poll a WordPress: look, take in what is new or changed, take back what is gone, remember what was seen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from notifier import flow, observe, settings
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Source
from notifier.parts import Parts
from notifier.polling.claim import note
from notifier.polling.memory import Sightings
from notifier.sources.poll import Polled, Watched, marked, next_poll_in
from notifier.sources.wordpress import Looked, Rest, Seen, Sighted, Terms, basic, look

JITTER: Final = 0.1
_log = observe.log(__name__)


def poll_wordpress(parts: Parts, source: Source, now: datetime) -> Polled:
    """Look at it; what was found before a fault is taken in all the same, and noted as seen only afterwards."""
    memory = Sightings(parts.db, source.id)
    looked = _look(parts, source, memory, now)
    news = _news(parts, source, [one.item for one in looked.found], now)
    taken = _take_in(parts, source, looked.found, news, now)
    for one in looked.gone:
        flow.retract_item(parts, source.site_id, one.guid, now, may_return=True)
    memory.keep([*taken, *(replace(one, is_live=False) for one in looked.gone)])
    polled = _polled(parts, source, looked, news)
    note(parts, source, polled, now, looked.progress)
    _log.info("polled", source=source.id, seen=len(taken), gone=len(looked.gone), error=polled.error_key)
    return polled


def _look(parts: Parts, source: Source, memory: Sightings, now: datetime) -> Looked:
    secret = settings.source_secret(source.secret_name)
    if source.secret_name and secret is None:
        error = f"Its password is missing: the environment has no {source.secret_name}."
        return Looked((), (), dict(source.progress), error=error, error_key="no_secret")
    authorization = basic(secret.get_secret_value()) if secret else ""
    rest = Rest(parts.fetch, source.url, authorization)
    return look(rest, memory, source.progress, Terms(now, parts.settings.wordpress_recheck))


def _news(parts: Parts, source: Source, items: Sequence[NewItem], now: datetime) -> list[NewItem]:
    """The items, told apart: what is old is filed. Of a first look no comment is news: its plugin mailed it already."""
    is_first = source.last_ok_at is None
    knobs = parts.settings
    watched = Watched(source.url, knobs.wordpress_interval_s, knobs.feed_news_h, is_first=is_first)
    return [
        replace(item, announce=False) if is_first and item.kind is ItemKind.COMMENT else item
        for item in marked(items, watched, now)
    ]


def _take_in(
    parts: Parts, source: Source, found: Sequence[Seen], items: Sequence[NewItem], now: datetime
) -> list[Sighted]:
    """Ingest all of it; gives what was not refused. An answer may come before what it answers."""
    receipts = flow.ingest_items(parts, source.site_id, items, now, source.id)
    for receipt in receipts:
        if receipt.error:
            _log.warning("refused", source=source.id, guid=receipt.guid, error=receipt.error)
    return [seen.sighted for seen, receipt in zip(found, receipts, strict=True) if not receipt.error]


def _polled(parts: Parts, source: Source, looked: Looked, items: Iterable[NewItem]) -> Polled:
    knobs = parts.settings
    failures = source.failures + 1 if looked.error else 0
    pause_s = next_poll_in(knobs.wordpress_interval_s, failures, looked.retry_after_s)
    if looked.has_more and not looked.error:
        pause_s = knobs.wordpress_gap_s
    return Polled(
        items=tuple(items),
        etag="",
        last_modified="",
        # Many sites on one host, or many notifiers of one site, must not come back in step.
        next_poll_in_s=round(pause_s * (1 + JITTER * parts.dice())),
        failures=failures,
        error=looked.error,
        error_key=looked.error_key,
        notice=looked.notice,
    )
