"""What a form of the preference page asks for, as a change; a value that cannot be right is refused."""

from datetime import date, datetime, time
from typing import Final

from notifier.consent.changing import PreferenceChange
from notifier.consent.preferences import Preferences
from notifier.consent.signup import Invalid
from notifier.domain.schedule import local
from notifier.domain.text.clean import clean
from notifier.domain.text.spoken import Spoken
from notifier.web.wire import Typed

FIELD: Final = "frequency:"
"""Before a topic's name: the field that holds its frequency."""
AS_SHOWN: Final = "="
"""Before the frequency that a row of the form showed: whoever sends it back has not touched that row."""
SHOWN: Final = "shown"
"""Names the checkboxes that a form showed: of those that are not ticked nothing is sent."""
NUMBER_MAX: Final = 2
"""Digits of an hour or a weekday."""


def wish(form: Typed, found: Preferences, languages: frozenset[str]) -> PreferenceChange:
    """The change. Raises `Invalid`."""
    if form.one("stop"):
        return PreferenceChange({one.topic: "" for one in found.choices if one.frequency}, is_stopped=True)
    # Of a page that has been open for long, rows that nobody touched say nothing of what the reader wants by now.
    sent = {topic: value for topic, value in form.after(FIELD) if not value.startswith(AS_SHOWN)}
    now_is = {one.topic: "muted" if one.is_muted else one.frequency or "" for one in found.choices}
    return PreferenceChange(
        frequencies={topic: sent[topic] for topic, was in now_is.items() if sent.get(topic, was) != was},
        language=_language(form, found, languages),
        time_zone=_sent(form, "time_zone"),
        digest_hour=_number(form, "digest_hour"),
        digest_weekday=_number(form, "digest_weekday"),
        digest_days=_days(form),
        quiet=_quiet(form),
        paused_until=_pause(form, found.hours.time_zone),
        is_resumed=bool(form.one("resume")),
    )


def name_of(form: Typed) -> str:
    """The name that was typed, cleaned."""
    return clean(form.one("name"))


def _language(form: Typed, found: Preferences, languages: frozenset[str]) -> str | None:
    fields = {name: _sent(form, name) for name in ("language", "digits", "calendar")}
    if all(value is None for value in fields.values()):
        return None
    now = found.spoken
    language = now.language if fields["language"] is None else fields["language"]
    if language != now.language and language not in languages:
        raise Invalid("language", "invalid_language")
    digits = f"-nu-{fields['digits']}" if fields["digits"] else ""
    calendar = f"-ca-{fields['calendar']}" if fields["calendar"] else ""
    wanted = Spoken.read(f"{language}-u{calendar}{digits}")
    if bool(digits) != bool(wanted.digits) or bool(calendar) != bool(wanted.calendar):
        raise Invalid("language", "invalid_script")
    return Spoken(
        language,
        now.digits if fields["digits"] is None else wanted.digits,
        now.calendar if fields["calendar"] is None else wanted.calendar,
    ).tag


def _days(form: Typed) -> int | None:
    if "digest_day" not in form.many(SHOWN):
        return None
    days = {_small(raw, "days", "invalid_days") for raw in form.many("digest_day")}
    return sum(1 << day for day in days)


def _quiet(form: Typed) -> tuple[int, int] | tuple[()] | None:
    sent = _sent(form, "quiet_from"), _sent(form, "quiet_until")
    if sent == (None, None):
        return None
    if not any(sent):
        return ()
    if not all(sent):
        raise Invalid("quiet", "invalid_quiet")
    return _small(sent[0] or "", "quiet", "invalid_hour"), _small(sent[1] or "", "quiet", "invalid_hour")


def _pause(form: Typed, time_zone: str) -> datetime | None:
    raw = form.one("pause_date") or form.one("pause_until")
    if not raw or not form.one("pause"):
        if form.one("pause"):
            raise Invalid("pause", "invalid_pause")
        return None
    try:
        return local(datetime.combine(date.fromisoformat(raw), time(0)), time_zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("pause", "invalid_pause") from error


def _sent(form: Typed, name: str) -> str | None:
    return form.one(name) if form.many(name) else None


def _number(form: Typed, name: str) -> int | None:
    raw = _sent(form, name)
    return None if raw is None else _small(raw, "digest_hour", "invalid_hour")


def _small(raw: str, field: str, key: str) -> int:
    if not (raw.isdecimal() and len(raw) <= NUMBER_MAX):
        raise Invalid(field, key)
    return int(raw)
