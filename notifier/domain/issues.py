"""An issue's words and whom it is for, as values: read from forms and programs, checked, and kept as JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self

from notifier.domain.desk_words import WinnerRule
from notifier.domain.html import clean_line
from notifier.domain.importing.formats import NAMES
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.weburl import web_url

TITLE_MAX: Final = 300
INTRO_MAX: Final = 50_000
ITEMS_MAX: Final = 50
SUBJECTS_MAX: Final = 5
DAYS_MAX: Final = 3650
BUCKETS: Final = 10_000
"""Subscribers are dealt into so many parts, by their ids."""
LISTS: Final = ("topics", "languages", "sources", "tags")
"""The lines of an audience that name something; any of what a line names will do."""
LEFT: Final = "issues"
"""What the mute of those who left the editors' letters is called, and the evidence of it."""
KNOWN_SOURCES: Final = ("form", "widget", "thread", "operator", "desk", "api", "wpdiscuz", "comments-reloaded")
"""Ways in which consent comes here by itself."""
SOURCES: Final = (*KNOWN_SOURCES, "again", "old-link", "undo", *NAMES)
"""All that a reader's consent can have come by: imports too, and links that confirm, or begin again what was ended."""
_LANGUAGE: Final = re.compile(rf"(?:{'|'.join(LANGUAGES)})(?:-[A-Za-z0-9]{{1,8}})*", re.ASCII)


class IssueRefused(ValueError):  # noqa: N818 - it says what happened, as DeskError does
    """What somebody asked of an issue cannot be done; `key` names the sentence that says why."""

    def __init__(self, key: str, field: str = "") -> None:
        super().__init__(key)
        self.key, self.field = key, field


@dataclass(frozen=True, slots=True)
class Audience:
    """Confirmed readers, all of them or those who fit every line that is not empty.

    What nobody measures is not asked for: `alive_days` goes by what readers did here (signed up, changed something,
    commented, were seen by the site), never by opened letters.
    """

    topics: tuple[str, ...] = ()
    """Whoever follows any of them."""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """How their consent came: any of these `SOURCES`."""
    joined_days: int = 0
    """At most so long ago; 0 for ever."""
    alive_days: int = 0
    """A sign of life within so many days; 0 for whenever."""
    tags: tuple[str, ...] = ()
    """Whoever bears any of them."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From what was typed or sent. Raises IssueRefused, for a language or a source too that no reader can have."""
        audience = cls.stored(given)
        if not all(map(_LANGUAGE.fullmatch, audience.languages)):
            raise IssueRefused("audience_language", "languages")
        if not set(audience.sources).issubset(SOURCES):
            raise IssueRefused("audience_source", "sources")
        return audience

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> Self:
        """From what is kept: a list that was taken once is not refused when it is shown or sent."""
        topics, languages, sources, tags = (_words(kept.get(name), name) for name in LISTS)
        joined, alive = (_days(kept.get(name), name) for name in ("joined_days", "alive_days"))
        return cls(topics, languages, sources, joined, alive, tags)

    @property
    def kept(self) -> dict[str, Any]:
        """As JSON: only what is asked for."""
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items() if one}


@dataclass(frozen=True, slots=True)
class Composed:
    """What an editor wrote and chose, but for the items."""

    title: str
    language: str
    intro: str = ""
    cover_url: str = ""
    cover_alt: str = ""
    subjects: tuple[str, ...] = ()
    sample_percent: int = 20
    sample_hours: int = 2
    winner_rule: WinnerRule = WinnerRule.HAND
    audience: Audience = Audience()

    def checked(self, languages: frozenset[str]) -> Self:
        """The same, tidy. Raises IssueRefused for what cannot be sent."""
        title = clean_line(self.title)
        subjects = tuple(dict.fromkeys(filter(None, map(clean_line, self.subjects))))
        if not title:
            raise IssueRefused("title_missing", "title")
        if len(title) > TITLE_MAX or any(len(one) > TITLE_MAX for one in subjects):
            raise IssueRefused("title_long", "title")
        if len(subjects) > SUBJECTS_MAX:
            raise IssueRefused("subjects_many", "subjects")
        if len(self.intro) > INTRO_MAX:
            raise IssueRefused("intro_long", "intro")
        if self.language not in languages:
            raise IssueRefused("language_unknown", "language")
        if self.cover_url and not web_url(self.cover_url):
            raise IssueRefused("cover_wrong", "cover_url")
        if not (1 <= self.sample_percent <= 90 and 1 <= self.sample_hours <= 72):  # noqa: PLR2004 - said by the sentence
            raise IssueRefused("sample_wrong", "sample_percent")
        return type(self)(
            title, self.language, self.intro, web_url(self.cover_url), clean_line(self.cover_alt)[:TITLE_MAX], subjects,
            self.sample_percent, self.sample_hours, self.winner_rule, self.audience,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """Now, at one moment, or when the clocks where the readers live show `wall` (a naive time)."""

    at: datetime | None = None
    wall: datetime | None = None


def _days(value: object, name: str) -> int:
    if value in (None, "", 0):
        return 0
    try:
        days = int(str(value))
    except ValueError:
        raise IssueRefused("days_wrong", name) from None
    if not 0 <= days <= DAYS_MAX:
        raise IssueRefused("days_wrong", name)
    return days


def _words(value: object, name: str) -> tuple[str, ...]:
    given: Sequence[object] = value if isinstance(value, list | tuple) else [value] if value else []
    words = tuple(dict.fromkeys(str(one) for one in given if one))
    if len(words) > 200 or any(len(one) > 600 for one in words):  # noqa: PLR2004 - more than any form has, and topics' own limit
        raise IssueRefused("audience_long", name)
    return words
