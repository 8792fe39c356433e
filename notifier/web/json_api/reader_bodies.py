"""Readers as the API takes and gives them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from notifier.consent.preferences import mask
from notifier.desk.searching import WORDS_MAX
from notifier.domain.importing.plan import BASIS_MAX
from notifier.domain.importing.rows import TAG_MAX
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Subscriber
from notifier.subscribers import Profile
from notifier.web.fields import CLEAN, Address, Strict
from notifier.web.json_api.answering import BIG_ID_MAX

PAGE_MAX = 200
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def _language(tag: str) -> str:
    if tag and tag not in LANGUAGES:
        raise PydanticCustomError("error_choice", "no language of ours", {"expected": ", ".join(LANGUAGES)})
    return tag


def _one_line(text: str) -> str:
    return " ".join(text.split())


Language = Annotated[str, AfterValidator(_language), Field(json_schema_extra={"enum": ["", *LANGUAGES]})]
TopicName = Annotated[str, StringConstraints(max_length=600), CLEAN]
TagName = Annotated[str, StringConstraints(max_length=TAG_MAX), CLEAN, AfterValidator(_one_line)]
Line = Annotated[str, StringConstraints(max_length=200), CLEAN]
Words = Annotated[str, StringConstraints(max_length=WORDS_MAX), CLEAN]
ReaderState = Literal["active", "pending", "suppressed"]


class Filter(Strict):
    """Readers who fit every line that is given; empty for all."""

    topic: TopicName = ""
    """Who get this topic now, such as `category:سياسة`."""
    language: Language = ""
    state: Literal["", "active", "paused", "pending", "suppressed"] = ""
    """Who is on a pause is active all the same."""
    tag: TagName = ""
    since: Annotated[date, Field(ge=EARLIEST, le=LATEST)] | None = None
    """Who came that day or later."""


class Listing(Filter):
    """A page of readers, the newest first."""

    before: Annotated[int, Field(ge=0, le=BIG_ID_MAX)] = 0
    """The `next` of the page before; 0 for the first."""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    lang: Annotated[str, StringConstraints(max_length=16)] = ""
    """The language of sentences about errors."""


class SearchBody(Listing):
    """The same, and words to look for; in a body, for addresses do not belong in a web address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "layla@", "state": "active", "limit": 50}]})

    words: Words = ""
    """The beginning of an address, a hash of one, or a part of a name; of names alone without `subscribers:write`."""


class Taken(Filter):
    """Whom to take away, and how they are written."""

    format: Literal["csv", "jsonl"] = "csv"
    lang: Annotated[str, StringConstraints(max_length=16)] = ""
    """The language of sentences about errors."""


class TakenBody(Taken):
    """The same, and words to look for, as in a search."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "layla@", "format": "jsonl"}]})

    words: Words = ""


class NewReaderBody(Strict):
    """Somebody to add: whose consent you hold (`basis` says what it rests on), or who shall be asked by letter."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"address": "layla@example.org", "topics": ["category:سياسة"], "basis": "form of the old site, 2024"},
                {"address": "layla@example.org", "topics": ["category:سياسة"], "ask": True},
            ]
        }
    )  # fmt: skip

    address: Annotated[Address, Field(repr=False)]
    topics: Annotated[tuple[TopicName, ...], Field(min_length=1, max_length=200)]
    frequency: Frequency = Frequency.DAILY
    name: Line = ""
    language: Language = ""
    basis: Annotated[str, StringConstraints(max_length=BASIS_MAX), CLEAN] = ""
    """Where their consent comes from; kept as evidence."""
    ask: StrictBool = False
    """Ask them by letter (double opt-in): nothing is sent before they confirm."""

    @model_validator(mode="after")
    def _check_consent(self) -> Self:
        if bool(self.basis.strip()) == self.ask:
            raise PydanticCustomError("error_basis_or_ask", "one of the two")
        return self


class EditBody(Strict):
    """What to put right; what is left out stays. `tags` are all that the reader bears afterwards."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "ليلى", "language": "ar", "tags": ["vip"]}]})

    name: Line | None = None
    language: Language | None = None
    time_zone: Annotated[str, StringConstraints(max_length=64), CLEAN] | None = None
    tags: Annotated[tuple[Annotated[TagName, Field(min_length=1)], ...], Field(max_length=50)] | None = None


class Because(Strict):
    """Why; lifting a suppression needs it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "asked by telephone"}]})

    reason: Line = ""


class Added(BaseModel):
    """Who was added, or that they were asked."""

    id: int | None
    """None for somebody who was asked: nothing tells whether they are known."""
    asked: bool


class ReaderBody(BaseModel):
    """One reader."""

    id: int
    address: str
    """Masked for a key that has neither `subscribers:write` nor `subscribers:export`."""
    name: str
    language: str
    time_zone: str
    state: ReaderState
    created_at: datetime
    confirmed_at: datetime | None

    @classmethod
    def of(cls, one: Subscriber, *, is_shut: bool, is_open: bool, **more: Any) -> Self:  # noqa: ANN401 - of a profile
        """A row; `is_shut` for a suppressed one, `is_open` where the address may be read."""
        state: ReaderState = "suppressed" if is_shut else "active" if one.confirmed_at else "pending"
        return cls(
            id=one.id, address=one.address if is_open else mask(one.address), name=one.name, language=one.language,
            time_zone=one.time_zone, state=state, created_at=one.created_at, confirmed_at=one.confirmed_at, **more,
        )  # fmt: skip


class ReaderPage(BaseModel):
    """A page of readers."""

    readers: list[ReaderBody]
    next: int | None
    """`before` of the next page; none at the end."""


class Follows(BaseModel):
    """One subscription."""

    topic: str
    """As people read it."""
    frequency: Frequency
    since: datetime
    ended_at: datetime | None
    ended_reason: str


class Consented(BaseModel):
    """One line of the record of consent."""

    at: datetime
    action: ConsentAction
    about: str
    source: str
    basis: str
    wording_hash: str
    """SHA-256 of the words beside the box, as they were read."""


class Suppressed(BaseModel):
    """Why no letter goes there."""

    reason: str
    source: str
    at: datetime
    is_of_domain: bool
    """Whether all of its domain is, and not the address by itself."""


class ProfileBody(ReaderBody):
    """One reader with what they get, how they agreed, and what is held against the address."""

    address_hash: str
    suppression: Suppressed | None
    tags: list[str]
    subscriptions: list[Follows]
    consent: list[Consented]
    """The last hundred, the newest first."""

    @classmethod
    def of_profile(cls, found: Profile, *, is_open: bool) -> Self:
        """As the desk knows them."""
        row = found.suppression
        why = row and Suppressed(reason=row.reason, source=row.source, at=row.at, is_of_domain=bool(row.domain))
        return cls.of(
            found.reader, is_shut=why is not None, is_open=is_open, address_hash=found.reader.address_hash,
            suppression=why, tags=list(found.tags), subscriptions=_follows(found), consent=_consented(found),
        )  # fmt: skip


def _follows(found: Profile) -> Sequence[Follows]:
    return [
        Follows(
            topic=label, frequency=one.frequency, since=one.created_at, ended_at=one.ended_at,
            ended_reason=one.ended_reason,
        )
        for one, label in found.subscriptions
    ]  # fmt: skip


def _consented(found: Profile) -> Sequence[Consented]:
    return [
        Consented(
            at=one.at, action=one.action, about=one.purpose, source=one.source,
            basis=str(one.detail.get("basis", "")), wording_hash=one.wording_hash,
        )
        for one in found.events
    ]  # fmt: skip
