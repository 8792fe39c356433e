"""What one row of a list says: somebody, and what became of their consent; or why it cannot be taken."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.importing.formats import Field
from notifier.domain.importing.plan import Plan
from notifier.domain.text.digits import western
from notifier.domain.text.locales import LANGUAGES

NAME_MAX: Final = 200
ROW_TAGS_MAX: Final = 20
TAG_MAX: Final = 100


class Fate(StrEnum):
    """What the list says about somebody's consent."""

    ACTIVE = "active"
    PENDING = "pending"
    """They never confirmed."""
    OFF = "off"
    """They left this one list, and may be on another."""
    GONE = "gone"
    """They left."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"


class Fault(StrEnum):
    """Why a row is bad; each is a sentence in the desk's strings."""

    EMPTY = "empty"
    AT_SIGN = "at_sign"
    LOCAL_PART = "local_part"
    DOMAIN = "domain"
    TOO_LONG = "too_long"
    FIELDS = "fields"
    """Fewer fields than the column of the address needs."""
    QUOTES = "quotes"
    """A quotation mark that is never closed."""
    CHARACTERS = "characters"
    """Bytes that are no text in this encoding, or that no database can hold."""
    STATUS = "status"
    """A word that we do not know: nobody is taken for a reader on a guess."""
    DATE = "date"
    """No date, or one that has not come yet."""


class Read(NamedTuple):
    """Somebody in a list. A tuple, for there are millions of them."""

    address: str
    key: str
    name: str
    language: str
    fate: Fate
    at: datetime | None
    topics: str
    """The cell as it is, for what it means is worked out once for each that differs."""
    tags: str


_WORDS: Final = {
    Fate.ACTIVE: ("", "subscribed", "active", "enabled", "confirmed", "free", "paid", "comped", "yes", "true", "1",
                  "مشترك", "نشط", "فعال", "چالاک", "פעיל"),
    Fate.PENDING: ("pending", "unconfirmed", "nonsubscribed", "non-subscribed", "transactional", "inactive"),
    Fate.GONE: ("unsubscribed", "disabled", "archived", "deleted", "no", "false", "0", "ملغي", "غير مشترك"),
    Fate.BOUNCED: ("bounced", "cleaned", "bounce", "hard_bounce", "undeliverable"),
    Fate.COMPLAINED: ("complained", "complaint", "spam", "abuse"),
    Fate.BLOCKED: ("blocklisted", "blacklisted", "blocked", "banned", "suppressed"),
}  # fmt: skip
FATES: Final = {word: fate for fate, words in _WORDS.items() for word in words}
_ABROAD: Final = {"mailpoet": {"inactive": Fate.ACTIVE}}
"""Words that mean something else in one program: MailPoet's inactive agreed, but have not opened anything for long."""
_LANGUAGES: Final = {
    "arabic": "ar", "العربية": "ar", "عربي": "ar", "english": "en", "الإنجليزية": "en", "persian": "fa",
    "farsi": "fa", "فارسی": "fa", "hebrew": "he", "עברית": "he", "urdu": "ur", "اردو": "ur", "sorani": "ckb",
    "ku": "ckb", "kurdish": "ckb", "کوردی": "ckb", "الكردية": "ckb",
}  # fmt: skip
_WORSE: Final = list(Fate)
_STRONGER: Final = [
    Fate.OFF,
    Fate.PENDING,
    Fate.ACTIVE,
    *(one for one in Fate if one not in {Fate.OFF, Fate.PENDING, Fate.ACTIVE}),
]
"""Of rows about several lists: one that they are on counts more than one that they left, all that is said of the person
more than both."""
_NOWHERE: Final = sys.maxsize
"""Of a column that the list does not have."""
_SPACES: Final = re.compile(r"\s+")
_UNUSABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ud800-\udfff]")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class Reader:
    """Reads rows as a plan says."""

    def __init__(self, plan: Plan, now: datetime, language: str) -> None:
        """`language`: of who says no other, in a list that says no other."""
        at = plan.columns
        self._needed = at[Field.EMAIL]
        self._default = plan.language or language
        self._now = now
        self._date, self._topics, self._tags, self._spoken = (
            at.get(field, _NOWHERE) for field in (Field.DATE, Field.TOPICS, Field.TAGS, Field.LANGUAGE)
        )
        names = (Field.NAME,) if Field.NAME in at else (Field.FIRST_NAME, Field.LAST_NAME)
        self._names = [at[field] for field in names if field in at]
        words = {**FATES, **_ABROAD.get(plan.source, {})}
        of_list = {word: Fate.OFF if fate is Fate.GONE else fate for word, fate in words.items()}
        said = (Field.STATUS, words), (Field.LIST_STATUS, of_list)
        self._states = [(at[field], meant) for field, meant in said if field in at]
        self._answers = [
            (at[field], yes) for field, yes in ((Field.WANTS, True), (Field.REFUSES, False)) if field in at
        ]
        ends = (Field.LEFT_AT, Fate.GONE), (Field.BOUNCED_AT, Fate.BOUNCED)
        self._ends = [(at[field], fate) for field, fate in ends if field in at]

    def read(self, fields: Sequence[str]) -> Read | Fault:
        """What this row says."""
        if len(fields) <= self._needed:
            return Fault.FIELDS
        try:
            address = check_address(fields[self._needed])
        except AddressInvalid as fault:
            return Fault(fault.key)
        name = self._name(fields)
        if _UNUSABLE.search(name):
            return Fault.CHARACTERS
        fate = self._fate(fields)
        if fate is None:
            return Fault.STATUS
        at = moment(_cell(fields, self._date))
        if at is False or (at and at > self._now):
            return Fault.DATE
        return Read(
            f"{address.local}@{address.domain}", address.key, name, self._language(fields), fate, at or None,
            _cell(fields, self._topics), _cell(fields, self._tags),
        )  # fmt: skip

    def _name(self, fields: Sequence[str]) -> str:
        name = " ".join([_cell(fields, number) for number in self._names])
        return _SPACES.sub(" ", name).strip()[:NAME_MAX]

    def _language(self, fields: Sequence[str]) -> str:
        if self._spoken == _NOWHERE:
            return self._default
        word = _cell(fields, self._spoken).casefold().replace("_", "-")
        tag = _LANGUAGES.get(word) or word.partition("-")[0]
        return tag if tag in LANGUAGES else self._default

    def _fate(self, fields: Sequence[str]) -> Fate | None:
        """The worst that any column says; None for a word that we do not know."""
        told = [Fate.ACTIVE]
        for number, words in self._states:
            fate = words.get(_cell(fields, number).casefold())
            if fate is None:
                return None
            told.append(fate)
        for number, is_yes in self._answers:
            # An empty cell says nothing either way: nobody is taken for a reader on that.
            if (FATES.get(_cell(fields, number).casefold() or "no") is Fate.ACTIVE) is not is_yes:
                told.append(Fate.GONE)
        told += [fate for number, fate in self._ends if _cell(fields, number)]
        return told[0] if len(told) == 1 else max(told, key=_WORSE.index)


def together(one: Read, other: Read) -> Read:
    """What two rows say of one reader who is on several lists: the topics of those that count, the tags of both."""
    first, second = sorted((one, other), key=lambda row: -_STRONGER.index(row.fate))
    topics = first.topics if first.fate is not second.fate else _both(one.topics, other.topics)
    return first._replace(
        address=one.address, name=one.name or other.name, at=first.at or second.at, topics=topics,
        tags=_both(one.tags, other.tags),
    )  # fmt: skip


def _both(cell: str, other: str) -> str:
    return cell if not other or cell == other else f"{cell}\n{other}" if cell else other


def _cell(fields: Sequence[str], number: int) -> str:
    return fields[number].strip() if number < len(fields) else ""


@lru_cache(maxsize=65_536)
def moment(cell: str) -> datetime | Literal[False] | None:
    """When that was, in UTC where nothing else is said; None for an empty cell, False for what is no date."""
    if not cell or cell.startswith("0000-00-00"):
        return None
    text = western(cell)
    if day := _DAY_FIRST.fullmatch(text):
        d, m, y, hour, minute, second = (int(part or 0) for part in day.groups())
        if m > 12 >= d:  # noqa: PLR2004 - months; some write the month first
            d, m = m, d
        parts = y, m, d, hour, minute, second
        try:
            return datetime(*parts, tzinfo=UTC)
        except ValueError:
            return False
    try:
        at = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" +0000", "+00:00"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return False


def pieces(cell: str) -> tuple[str, ...]:
    """The words of a cell that holds several: `a, b`, `a|b`, or Mailchimp's `"a","b"`; each once, at most 20."""
    words = (_SPACES.sub(" ", word).strip(' "') for word in re.split(r"[,;|،؛\n]", cell))
    return tuple(dict.fromkeys(word[:TAG_MAX] for word in words if word and not _UNUSABLE.search(word)))[:ROW_TAGS_MAX]
