"""What a template is given, and what it makes: plain frozen values, no rows."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from notifier.domain.traces import Tracking
from notifier.domain.words import Calendar, Digits, Frequency, ItemKind, LetterKind

RTL_LANGUAGES = frozenset({"ar", "ckb", "fa", "he", "ur"})


def direction(language: str) -> str:
    """`rtl` or `ltr`, from the language alone (its first subtag)."""
    return "rtl" if language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].lower() in RTL_LANGUAGES else "ltr"


@dataclass(frozen=True, slots=True)
class Logo:
    """A site's logo, with its own size in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SiteFace:
    """What readers see of a site."""

    slug: str
    name: str
    language: str
    url: str
    colour: str
    digits: Digits
    time_zone: str
    sender_name: str
    sender_address: str
    postal_address: str = ""
    calendar: Calendar = Calendar.LOCALE
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as a letter shows it; `html` is sanitised, every other text is plain."""

    id: int
    kind: ItemKind
    guid: str
    title: str
    html: str
    summary: str
    url: str
    language: str
    author_name: str
    published_at: datetime
    categories: tuple[str, ...] = ()
    image_url: str = ""
    image_alt: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    article: Self | None = None
    """For a comment: the article it stands under."""
    parent: Self | None = None
    """For a reply: the comment it answers."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic somebody chose, by its label, and how often it may write."""

    topic: str
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Editorial:
    """What an editor wrote for an issue; `html` is sanitised."""

    title: str
    html: str = ""
    subject: str = ""
    """Empty: the title."""
    cover_url: str = ""
    cover_alt: str = ""
    is_trial: bool = False
    """Whether it goes to one who works at the desk only, and says so."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in an article that was sent, and what is right; `html` is sanitised."""

    title: str
    """The headline that was sent."""
    published_at: datetime
    html: str
    said: str = ""
    """The words that were wrong; empty where the note does without them."""
    language: str = ""
    """That the editor writes in; empty for the letter's own."""
    is_withdrawn: bool = False
    """Whether the article was taken back as a whole."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a letter goes to one who works at the desk, before its readers get it."""

    language: str
    """Theirs, which need not be the letter's."""
    goes_at: datetime
    readers: int
    url: str
    """Where it can still be changed."""


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A version of a site's own text for one of our templates."""

    id: int
    file: str
    """The one of ours that it stands for, such as `alert/body.html`."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LetterContent:
    """One distinct content: everything the template may say, and nothing personal."""

    letter_id: int
    kind: LetterKind
    language: str
    site: SiteFace
    at: datetime
    """The letter's own moment (of its plan), for the date in its head."""
    items: tuple[ItemView, ...] = ()
    frequency: Frequency | None = None
    more: int = 0
    """Items that matched but did not fit."""
    counted: tuple[int, ...] = ()
    """Those of them that are comments of this letter, by id: told as a number."""
    is_next_unsaid: bool = False
    """Of a digest: for readers who do not want it every day, or are on another day than the site."""
    topics: tuple[str, ...] = ()
    """Labels of the topics a confirmation asks about."""
    subject_id: str = ""
    """Of a thread's letters: a stable id (the article's guid) that clients thread them by."""
    subject_title: str = ""
    """Of a thread's letters: the title that the first of them had, so that all have one subject."""
    expires_at: datetime | None = None
    """Until when the link works for whose sake a letter is sent."""
    choices: tuple[Choice, ...] = ()
    """Of a welcome: what is subscribed to; of a goodbye: what has ended, none for everything."""
    next_at: datetime | None = None
    """The earliest moment of the next letter of its kind, where that is known; of a welcome, of the first."""
    turns_daily: bool = False
    """Of a thread's letters: whether its comments come with the daily digest from now on."""
    is_anything_left: bool = False
    """Of a goodbye: whether the reader has other subscriptions."""
    is_answerable: bool = False
    """Of a letter about comments: whether an answer by mail becomes a comment."""
    issue: Editorial | None = None
    correction: Correction | None = None
    proof: Proof | None = None
    tracking: Tracking = Tracking.OFF
    """Whether its links lead through us, and whether they say whose they are."""
    own: tuple[OwnTemplate, ...] = ()
    """The site's own templates that are in force: another version makes another letter."""


class PersonalMark(StrEnum):
    """Stands in a Rendered letter where a personal value goes: private-use characters, which no cleaned text holds."""

    UNSUBSCRIBE = "\ue000"
    PREFERENCES = "\ue001"
    VIEW = "\ue002"
    CONFIRM = "\ue003"
    SIGN_IN = "\ue004"
    UNDO = "\ue005"
    TRACE = "\ue006"
    """At the end of a link that is followed: whose it is."""
    OPEN = "\ue010"
    """Begins a block that is left out where nobody is addressed: the page behind "view in browser"."""
    CLOSE = "\ue011"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter rendered once; the personal bytes are still `PersonalMark`s in `text` and `html`."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Personal:
    """The few values that differ from reader to reader; spliced into a Rendered letter."""

    delivery_id: int
    address: str = field(repr=False)
    name: str
    message_id: str
    mail_from: str
    sent_at: datetime
    unsubscribe_url: str = field(default="", repr=False)
    preferences_url: str = field(default="", repr=False)
    view_url: str = field(default="", repr=False)
    confirm_url: str = field(default="", repr=False)
    sign_in_url: str = field(default="", repr=False)
    undo_url: str = field(default="", repr=False)
    reply_to: str = field(default="", repr=False)
    leave_address: str = field(default="", repr=False)
    """Where a mail ends what brought the letter; empty leaves that to the sender's address."""
    trace: str = field(default="", repr=False)
