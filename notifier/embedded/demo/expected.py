"""Which letters the demo owes to whom, told from the sample data alone: the flow is not asked."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.items import NewItem
from notifier.domain.words import Frequency
from notifier.embedded import sample
from notifier.embedded.demo.story import NEWCOMER

Letters = Counter[tuple[str, str]]
"""(address, kind of letter) -> how many."""

_PERIODS = {
    Frequency.HOURLY: timedelta(hours=1),
    Frequency.DAILY: timedelta(days=1),
    Frequency.WEEKLY: timedelta(days=7),
}


def expected(began_at: datetime, dawn: datetime, late_most: timedelta) -> Letters:
    """Every letter from the start of the demo until just after `dawn`, the first digest hour.

    `late_most`: how late a digest may be that fell due before the demo began.
    """
    letters: Letters = Counter({(NEWCOMER, kind): 1 for kind in ("confirm", "welcome", "alert", "reply")})
    story = sample.late_story(dawn)
    for reader in sample.readers():
        if reader.frequency is Frequency.INSTANT:
            letters[reader.address, "alert"] += bool(_matches(story, reader))
            # A second letter about the same thread would come a quarter of an hour later.
            threads = _bundles(sample.comments(began_at), reader) | _bundles(sample.late_comments(dawn), reader)
            letters[reader.address, "reply"] += len(threads)
        else:
            slots = sorted(_slots(reader, began_at, dawn, late_most))
            # Comments wait for their digest, however old: none was sent before the demo began.
            since = [datetime.min.replace(tzinfo=UTC), *slots]
            letters[reader.address, "digest"] += sum(
                _has_articles(reader, slot, began_at) or _has_comments(reader, after, slot, began_at)
                for after, slot in zip(since, slots, strict=False)
            )
    return +letters


def _slots(reader: sample.SampleReader, began_at: datetime, dawn: datetime, late_most: timedelta) -> set[datetime]:
    """The reader's digest slots: the last one before the start, if not too long ago, and what comes until dawn."""
    quarter = timedelta(minutes=15)
    grid = [dawn - quarter * n for n in range(7 * 24 * 4)]
    mine = [slot for slot in grid if _is_slot(reader, slot)]
    before = [slot for slot in mine if slot <= began_at][:1]
    return {slot for slot in before if began_at - slot <= late_most} | {slot for slot in mine if slot > began_at}


def _is_slot(reader: sample.SampleReader, slot: datetime) -> bool:
    local = slot.astimezone(ZoneInfo(reader.time_zone))
    if reader.frequency is Frequency.HOURLY:
        return slot.astimezone(UTC).minute == 0
    hour = 8 if reader.digest_hour is None else reader.digest_hour
    is_hour = (local.hour, local.minute) == (hour, 0)
    return is_hour and (reader.frequency is Frequency.DAILY or local.strftime("%a") == "Sat")


def _has_articles(reader: sample.SampleReader, slot: datetime, began_at: datetime) -> bool:
    since = slot - _PERIODS[reader.frequency]
    return any(
        since < (one.published_at or slot) <= slot and _matches(one, reader) for one in sample.articles(began_at)
    )


def _has_comments(reader: sample.SampleReader, after: datetime, slot: datetime, began_at: datetime) -> bool:
    waiting = [one for one in sample.comments(began_at) if after < (one.published_at or slot) <= slot]
    return bool(_bundles(waiting, reader))


def _matches(article: NewItem, reader: sample.SampleReader) -> bool:
    return bool({f"category:{name}" for name in article.categories} & set(reader.topics))


def _bundles(comments: tuple[NewItem, ...] | list[NewItem], reader: sample.SampleReader) -> set[str]:
    """The articles under which these comments concern the reader: each is one letter."""
    return {
        one.article_guid
        for one in comments
        if {f"thread:{one.article_guid}", f"replies:{one.parent_guid}"} & set(reader.topics)
        and one.author_address.casefold() != reader.address.casefold()
    }
