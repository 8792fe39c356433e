"""What one row of a list says: somebody, and what became of their consent; or why it cannot be taken."""

import re
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
_LANGUAGES: Final = {
    "arabic": "ar", "العربية": "ar", "عربي": "ar", "english": "en", "الإنجليزية": "en", "persian": "fa",
    "farsi": "fa", "فارسی": "fa", "hebrew": "he", "עברית": "he", "urdu": "ur", "اردو": "ur", "sorani": "ckb",
    "ku": "ckb", "kurdish": "ckb", "کوردی": "ckb", "الكردية": "ckb",
}  # fmt: skip
_WORSE: Final = list(Fate)
_SPACES: Final = re.compile(r"\s+")
_UNUSABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ud800-\udfff]")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class Reader:
    """Reads rows as a plan says."""

    def __init__(self, plan: Plan, now: datetime, language: str) -> None:
        """`language`: of who says no other, in a list that says no other."""
        self._at = plan.columns
        self._needed = plan.columns[Field.EMAIL]
        self._default = plan.language or language
        self._now = now

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
        at = moment(self._cell(fields, Field.DATE))
        if at is False or (at and at > self._now):
            return Fault.DATE
        return Read(
            f"{address.local}@{address.domain}", address.key, name, self._language(fields), fate, at or None,
            self._cell(fields, Field.TOPICS), self._cell(fields, Field.TAGS),
        )  # fmt: skip

    def _cell(self, fields: Sequence[str], field: Field) -> str:
        number = self._at.get(field)
        return fields[number].strip() if number is not None and number < len(fields) else ""

    def _name(self, fields: Sequence[str]) -> str:
        at = self._at
        if Field.NAME in at:
            name = self._cell(fields, Field.NAME)
        elif Field.FIRST_NAME in at or Field.LAST_NAME in at:
            name = f"{self._cell(fields, Field.FIRST_NAME)} {self._cell(fields, Field.LAST_NAME)}"
        else:
            return ""
        return _SPACES.sub(" ", name).strip()[:NAME_MAX]

    def _language(self, fields: Sequence[str]) -> str:
        if Field.LANGUAGE not in self._at:
            return self._default
        word = self._cell(fields, Field.LANGUAGE).casefold().replace("_", "-")
        tag = _LANGUAGES.get(word) or word.partition("-")[0]
        return tag if tag in LANGUAGES else self._default

    def _fate(self, fields: Sequence[str]) -> Fate | None:
        """The worst that any column says; None for a word that we do not know."""
        at, told = self._at, [Fate.ACTIVE]
        for field in (Field.STATUS, Field.STATUS_TOO):
            if field in at:
                fate = FATES.get(self._cell(fields, field).casefold())
                if fate is None:
                    return None
                told.append(fate)
        for field, is_yes in ((Field.WANTS, True), (Field.REFUSES, False)):
            # An empty cell says nothing either way: nobody is taken for a reader on that.
            if field in at and (FATES.get(self._cell(fields, field).casefold() or "no") is Fate.ACTIVE) is not is_yes:
                told.append(Fate.GONE)
        for field, fate in ((Field.LEFT_AT, Fate.GONE), (Field.BOUNCED_AT, Fate.BOUNCED)):
            if self._cell(fields, field):
                told.append(fate)
        return told[0] if len(told) == 1 else max(told, key=_WORSE.index)


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
