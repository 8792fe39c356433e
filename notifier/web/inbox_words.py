"""How the development inbox puts letters into words: times, sizes, recipients and what the check found."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from notifier.domain.lint import lint
from notifier.domain.text.ago import ago
from notifier.domain.text.bidi import direction_of
from notifier.domain.text.dates import Dates
from notifier.domain.text.locales import LANGUAGES, base_language
from notifier.domain.text.strings import Voice
from notifier.domain.words import Digits
from notifier.embedded.inbox import Entry, Letter

GMAIL_CLIPS_AT: Final = 102 * 1024
FRESH: Final = timedelta(seconds=15)
TAGS_MAX: Final = 10_000
"""The check climbs from each text to the root: on endlessly nested tags it would take minutes."""
_KILO: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A letter's line, ready to be set."""

    id: int
    subject: str
    direction: str
    sender: str
    recipient: str
    more: str
    """`and 2 more recipients`, or ""."""
    at: datetime
    ago: str
    moment: str
    size: str
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """The HTML part against Gmail's limit."""

    size: str
    limit: str
    percent: int
    is_clipped: bool


@dataclass(frozen=True, slots=True)
class Remarks:
    """One rule that a letter breaks, and where."""

    rule: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One language at one moment."""

    voice: Voice
    now: datetime

    def say(self, key: str, **values: object) -> str:
        """A sentence of the inbox, in its plural form where it counts."""
        return self.voice.say(f"pages.inbox.{key}", **values)

    def row(self, entry: Entry) -> Row:
        """A letter's line."""
        dates = Dates(self.voice.language, Digits.LOCALE, _machine_zone())
        is_recent = timedelta(0) <= self.now - entry.received_at < timedelta(days=1)
        more = len(entry.rcpt_to) - 1
        return Row(
            id=entry.id,
            subject=entry.subject,
            direction=direction_of(entry.subject, "", "ltr"),
            sender=entry.sender_name or entry.sender_address,
            recipient=entry.rcpt_to[0] if entry.rcpt_to else "",
            more=self.say("more_recipients", count=more) if more > 0 else "",
            at=entry.received_at,
            ago=ago(entry.received_at, self.now, self.voice) if is_recent else dates.day(entry.received_at),
            moment=dates.moment(entry.received_at, self.now),
            size=self.size(entry.size),
            is_fresh=timedelta(0) <= self.now - entry.received_at < FRESH,
        )

    def size(self, size: int) -> str:
        """`31 KB`: one decimal below ten."""
        if size < _KILO:
            return self.say("bytes", size=size)
        unit, amount = ("kilobytes", size / _KILO) if size < _KILO**2 else ("megabytes", size / _KILO**2)
        return self.say(unit, size=round(amount, 1) if amount < 10 else round(amount))  # noqa: PLR2004 - two digits are enough

    def weight(self, html_size: int) -> Weight:
        """The HTML part against Gmail's limit."""
        return Weight(
            size=self.size(html_size),
            limit=self.size(GMAIL_CLIPS_AT),
            percent=min(100, round(100 * html_size / GMAIL_CLIPS_AT)),
            is_clipped=html_size > GMAIL_CLIPS_AT,
        )


def checked(letter: Letter) -> tuple[Remarks, ...] | None:
    """What the check remarks on our own letter; None for one that does not say its language."""
    language = base_language(letter.header("Content-Language"))
    if language not in LANGUAGES or not letter.html or letter.html.count("<") > TAGS_MAX:
        return None
    places: dict[str, list[str]] = defaultdict(list)
    try:
        findings = lint(letter.html, language)
    # Anybody may claim a language and send anything as HTML; a page that shows it must not fall over with it.
    except Exception:  # noqa: BLE001 - the reason stands above
        return None
    for finding in findings:
        places[finding.rule].append(finding.where)
    return tuple(Remarks(rule, tuple(where)) for rule, where in places.items())


@lru_cache
def _machine_zone() -> str:
    """The zone of the machine's own clock, where the system tells it by name; else UTC."""
    name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (KeyError, ValueError, OSError):
        return "UTC"
