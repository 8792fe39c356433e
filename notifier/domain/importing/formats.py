"""What the columns of a list are called: by listmonk, Mailchimp, Substack, Ghost, MailPoet, and by people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LABEL_MAX: Final = 60


class Field(StrEnum):
    """What a column can tell of a reader."""

    EMAIL = "email"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    LANGUAGE = "language"
    STATUS = "status"
    """A word: subscribed, unsubscribed, cleaned, …"""
    LIST_STATUS = "list_status"
    """The same of one list among several: the file has a row for each list that somebody is or was on."""
    WANTS = "wants"
    """Yes or no: whether letters are wanted."""
    REFUSES = "refuses"
    """Yes or no: whether they are not."""
    LEFT_AT = "left_at"
    """Whatever stands in it: they left."""
    BOUNCED_AT = "bounced_at"
    """Whatever stands in it: their letters came back."""
    DATE = "date"
    """Since when they agreed."""
    TOPICS = "topics"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Format:
    """One program's export: the columns that give it away, and what they mean; names in lower case."""

    name: str
    marks: frozenset[str]
    columns: Mapping[str, Field]


# Column names as each program's own export writes them; a list may lack some.
FORMATS: Final = (
    Format(
        "listmonk",
        frozenset({"uuid", "email", "attributes", "status"}),
        {"email": Field.EMAIL, "name": Field.NAME, "status": Field.STATUS, "created_at": Field.DATE},
    ),
    Format(
        "mailchimp",
        frozenset({"leid", "euid"}),
        {
            "email address": Field.EMAIL, "email": Field.EMAIL, "first name": Field.FIRST_NAME,
            "last name": Field.LAST_NAME, "status": Field.STATUS, "optin_time": Field.DATE,
            "unsub_time": Field.LEFT_AT, "clean_time": Field.BOUNCED_AT, "tags": Field.TAGS,
            "language": Field.LANGUAGE,
        },
    ),
    Format(
        "substack",
        frozenset({"email", "active_subscription", "expiry"}),
        {"email": Field.EMAIL, "name": Field.NAME, "email_disabled": Field.REFUSES, "created_at": Field.DATE},
    ),
    Format(
        "ghost",
        frozenset({"email", "subscribed_to_emails"}),
        {
            "email": Field.EMAIL, "name": Field.NAME, "subscribed_to_emails": Field.WANTS,
            "deleted_at": Field.LEFT_AT, "created_at": Field.DATE, "labels": Field.TAGS, "tiers": Field.TOPICS,
        },
    ),
    Format(
        "mailpoet",
        frozenset({"email", "global status"}),
        {
            "email": Field.EMAIL, "first name": Field.FIRST_NAME, "last name": Field.LAST_NAME,
            "list status": Field.LIST_STATUS, "global status": Field.STATUS, "confirmation time": Field.DATE,
            "list": Field.TOPICS, "tags": Field.TAGS,
        },
    ),
)  # fmt: skip
CSV: Final = "csv"
NAMES: Final = (CSV, *(one.name for one in FORMATS))
"""What the readers of a list are said to have come by."""
_BY_PEOPLE: Final = {
    Field.EMAIL: ("email", "e-mail", "mail", "email address", "e-mail address", "address", "البريد الإلكتروني",
                  "البريد", "بريد", "الإيميل", "ایمیل", "پست الکترونیک", "ئیمەیل", "ای میل", "דואר אלקטרוני", "מייל"),
    Field.NAME: ("name", "full name", "الاسم", "الاسم الكامل", "اسم", "نام", "ناو", "שם"),
    Field.FIRST_NAME: ("first name", "first_name", "firstname", "الاسم الأول", "שם פרטי"),
    Field.LAST_NAME: ("last name", "last_name", "lastname", "surname", "اللقب", "اسم العائلة", "نام خانوادگی",
                      "שם משפחה"),
    Field.LANGUAGE: ("language", "lang", "locale", "اللغة", "زبان", "زمان", "שפה"),
    Field.STATUS: ("status", "state", "الحالة", "وضعیت", "دۆخ", "حالت", "סטטוס"),
    Field.DATE: ("created_at", "subscribed_at", "confirmed_at", "date", "تاريخ الاشتراك", "التاريخ", "تاریخ",
                 "ڕێکەوت", "תאריך"),
    Field.TOPICS: ("topics", "topic", "lists", "list", "sections", "الأقسام", "القسم", "القوائم"),
    Field.TAGS: ("tags", "tag", "labels", "الوسوم", "وسوم", "برچسب‌ها"),
}  # fmt: skip
_GUESSES: Final = {name: field for field, names in _BY_PEOPLE.items() for name in names}


def folded(name: str) -> str:
    """A column's name as it is compared."""
    return " ".join(name.strip().strip("\ufeff").casefold().split())


def recognised(header: Sequence[str]) -> Format:
    """Which program wrote a list with these columns; of none we know, columns are taken by their usual names."""
    names = {folded(name) for name in header}
    for one in FORMATS:
        if one.marks <= names:
            return one
    return Format(CSV, frozenset(), {name: _GUESSES[name] for name in names if name in _GUESSES})


def named(name: str, header: Sequence[str]) -> Format:
    """A format by its name; `auto` or an unknown one is recognised."""
    if name == CSV:
        return Format(CSV, frozenset(), {one: _GUESSES[one] for one in map(folded, header) if one in _GUESSES})
    return next((one for one in FORMATS if one.name == name), recognised(header))


def places(header: Sequence[str], columns: Mapping[str, Field]) -> dict[Field, int]:
    """Field -> the number of its column, the first of each; names are folded."""
    found: dict[Field, int] = {}
    for number, name in enumerate(header):
        if (field := columns.get(folded(name))) is not None:
            found.setdefault(field, number)
    return found
