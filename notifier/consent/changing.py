"""One change to what a reader has: kept whole or not at all, and what can be taken back of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, true
from sqlalchemy.orm import Session

from notifier.consent.covered import note_covered
from notifier.consent.evidence import note
from notifier.consent.preferences import Choice, Preferences, hours_of, muting, preferences
from notifier.consent.signup import NAME_MAX, Invalid
from notifier.consent.subscriptions import end, end_topics, let_go, set_frequency, subscribe
from notifier.consent.undoing import PAUSED_UNTIL, Act, Undo, latest
from notifier.db import upsert
from notifier.domain.schedule import EVERY_DAY, Hours, is_zone
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Mute, Subscriber

HOURS_OF_DAY = 24
DAYS_OF_WEEK = 7
MUTED = "muted"
"""In place of a frequency: followed, and quiet."""
PAUSE_MAX = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """What a reader sent; None leaves a thing as it is. A topic with frequency "" is ended, with "muted" kept quiet."""

    frequencies: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    language: str | None = None
    """A tag, with digits and calendar where they are the reader's own."""
    time_zone: str | None = None
    digest_hour: int | None = None
    digest_weekday: int | None = None
    digest_days: int | None = None
    """Bits, Monday's the lowest."""
    quiet: tuple[int, int] | tuple[()] | None = None
    """From and until which hour; () for the site's own."""
    paused_until: datetime | None = None
    is_resumed: bool = False
    """Whether letters come again from now on."""
    is_stopped: bool = False
    """Whether everything ends, shown or not, and the editors' letters with it: what an act of editors had ended stays
    ended too."""


def change(session: Session, subscriber_id: int, wanted: PreferenceChange, now: datetime, ip: str = "") -> Undo | None:
    """Apply a change whole or not at all; gives what can be taken back of it.

    Raises `Invalid` for a value that cannot be right.
    """
    subscriber = session.get_one(Subscriber, subscriber_id, with_for_update=True)
    before = preferences(session, subscriber_id)
    assert before, "the row is locked"  # noqa: S101 - for mypy
    _change_schedule(session, subscriber, wanted, now)
    if wanted.name is not None:
        subscriber.name = " ".join(wanted.name.split())[:NAME_MAX]
    if wanted.language is not None:
        subscriber.language = wanted.language
    paused = _pause(subscriber, wanted, now)
    _change_topics(session, subscriber, before, wanted, now)
    stopped = end(session, subscriber, true(), "preferences", now).said if wanted.is_stopped else []
    confirmed_at = subscriber.confirmed_at
    # The editors' letters and corrections ask nothing but whether somebody is confirmed.
    is_over = wanted.is_stopped and let_go(subscriber, now)
    detail: dict[str, Any] = {"frequencies": wanted.frequencies | dict.fromkeys(stopped, "")}
    if paused:
        detail[PAUSED_UNTIL] = subscriber.paused_until.isoformat() if subscriber.paused_until else ""
    note(session, subscriber, ConsentAction.CHANGED, "preferences", now, source="preferences", ip=ip, detail=detail)
    is_undoable = is_over or _is_undoable(wanted)
    left = Undo(subscriber_id, Act.LEFT, now, confirmed_at) if is_undoable else None
    # A button that is pressed twice has ended nothing the second time.
    return paused or left or (latest(session, subscriber, now) if wanted.is_stopped else None)


def _change_topics(
    session: Session, subscriber: Subscriber, before: Preferences, wanted: PreferenceChange, now: datetime
) -> None:
    known = {one.topic: one for one in before.choices}
    for topic, raw in wanted.frequencies.items():
        choice = known.get(topic) or Choice(topic, "", None)
        if raw:
            # What ends stays as quiet as it was: whoever takes that back finds it so.
            _mute(session, subscriber, choice, now, is_wanted=raw == MUTED)
        if raw == MUTED:
            if choice.article_id is None:
                raise Invalid("frequency", "invalid_frequency")
        elif raw == "":
            end_topics(session, subscriber, [topic], "preferences", now)
        else:
            frequency = _frequency(raw)
            if subscriber.confirmed_at is None:
                raise Invalid("topics", "not_confirmed")
            set_frequency(session, subscriber, topic, frequency, now)
            subscribe(session, subscriber, [topic], frequency, now)


def _mute(session: Session, subscriber: Subscriber, choice: Choice, now: datetime, *, is_wanted: bool) -> None:
    if choice.article_id is None or is_wanted == choice.is_muted:
        return
    what = muting(choice.article_id)
    if is_wanted:
        row = {"subscriber_id": subscriber.id, "what": what, "created_at": now}
        session.execute(upsert(session, Mute).values(**row).on_conflict_do_nothing())
    else:
        session.execute(delete(Mute).where(Mute.subscriber_id == subscriber.id, Mute.what == what))
    subscriber.changed_at = now


def _is_undoable(wanted: PreferenceChange) -> bool:
    return any(raw in {"", MUTED} for raw in wanted.frequencies.values())


def _pause(subscriber: Subscriber, wanted: PreferenceChange, now: datetime) -> Undo | None:
    before = subscriber.paused_until
    if wanted.is_resumed:
        # Not None: what came meanwhile is not made up for.
        subscriber.paused_until = min(before, now) if before else None
    if wanted.paused_until is None:
        return None
    if not now < wanted.paused_until <= now + PAUSE_MAX:
        raise Invalid("pause", "invalid_pause")
    subscriber.paused_until = wanted.paused_until
    # Letters that were planned before are looked at again.
    subscriber.changed_at = now
    return Undo(subscriber.id, Act.PAUSED, now, before)


def _change_schedule(session: Session, subscriber: Subscriber, wanted: PreferenceChange, now: datetime) -> None:
    before, was_quiet = hours_of(subscriber), (subscriber.quiet_from_h, subscriber.quiet_until_h)
    after = Hours(
        before.time_zone if wanted.time_zone is None else wanted.time_zone,
        before.hour if wanted.digest_hour is None else wanted.digest_hour,
        before.weekday if wanted.digest_weekday is None else wanted.digest_weekday,
        before.days if wanted.digest_days is None else wanted.digest_days,
    )
    quiet = was_quiet if wanted.quiet is None else wanted.quiet or (None, None)
    if (after, quiet) == (before, was_quiet):
        return
    if not is_zone(after.time_zone):
        raise Invalid("time_zone", "invalid_time_zone")
    if not (0 <= after.hour < HOURS_OF_DAY and 0 <= after.weekday < DAYS_OF_WEEK):
        raise Invalid("digest_hour", "invalid_hour")
    if not 0 < after.days <= EVERY_DAY:
        raise Invalid("days", "invalid_days")
    if not all(hour is None or 0 <= hour < HOURS_OF_DAY for hour in quiet):
        raise Invalid("quiet", "invalid_hour")
    note_covered(session, subscriber, now)
    subscriber.time_zone, subscriber.digest_hour = after.time_zone, after.hour
    subscriber.digest_weekday, subscriber.digest_days = after.weekday, after.days
    subscriber.quiet_from_h, subscriber.quiet_until_h = quiet


def _frequency(raw: str) -> Frequency:
    try:
        return Frequency(raw)
    except ValueError as error:
        raise Invalid("frequency", "invalid_frequency") from error
