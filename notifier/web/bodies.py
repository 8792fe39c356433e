"""What the API takes and gives, checked field by field before anything is stored."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from notifier.domain.items import NewItem, Receipt
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Item
from notifier.web.wire import is_clean

GUID_MAX: Final = 500
FACTS_BYTES_MAX: Final = 4096
BULK_MAX: Final = 500
VERSION_MAX: Final = 2**62
"""Far below the largest number a database keeps: an edit or a retraction without a version adds one."""
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _clean(text: str) -> str:
    if not is_clean(text):
        raise PydanticCustomError("error_characters", "unusable characters")
    return text


def _guid(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise PydanticCustomError("error_guid", "not a guid")
    return text


def _url(text: str) -> str:
    if text and not (text.lower().startswith(("http://", "https://")) and text.isprintable() and " " not in text):
        raise PydanticCustomError("error_url", "not an http or https URL")
    return text


def _written(value: object) -> object:
    # A bare number would be read as seconds since 1970; only a written time carries its offset.
    if value is not None and not isinstance(value, str | datetime):
        raise PydanticCustomError("error_datetime", "not a written time")
    return value


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(facts, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        size = FACTS_BYTES_MAX + 1
    if size > FACTS_BYTES_MAX or not all(map(is_clean, _texts(facts))):
        raise PydanticCustomError("error_facts", "too large or unusable", {"max_length": FACTS_BYTES_MAX})
    return facts


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


CLEAN: Final = AfterValidator(_clean)
Text = Annotated[str, CLEAN]
Guid = Annotated[str, StringConstraints(min_length=1, max_length=GUID_MAX), CLEAN, AfterValidator(_guid)]
Url = Annotated[str, StringConstraints(max_length=2000), CLEAN, AfterValidator(_url)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN]
Written = Annotated[AwareDatetime, BeforeValidator(_written), Field(ge=_EARLIEST, le=_LATEST)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Author(_Strict):
    """Who wrote it. A commenter's address is kept as a keyed hash only, so that nobody is told of their own words."""

    name: Annotated[str, StringConstraints(max_length=200), CLEAN] = ""
    email: Annotated[str, StringConstraints(max_length=320), CLEAN] = ""


class Image(_Strict):
    """The picture that leads an article."""

    url: Url = ""
    alt: Annotated[str, StringConstraints(max_length=500), CLEAN] = ""


class ItemBody(_Strict):
    """An article or a comment. The same `guid` and `version` twice changes nothing."""

    kind: ItemKind
    guid: Guid
    title: Annotated[str, StringConstraints(max_length=1000), CLEAN] = ""
    html: Text = ""
    summary: Annotated[str, StringConstraints(max_length=20_000), CLEAN] = ""
    url: Url = ""
    language: Annotated[str, StringConstraints(max_length=16, pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$")] = (
        ""
    )
    author: Author = Author()
    categories: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    tags: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    article: Guid | None = None
    """For a comment: the guid of its article."""
    parent: Guid | None = None
    """For a reply: the guid of the comment it answers."""
    image: Image = Image()
    facts: Annotated[dict[str, Any], AfterValidator(_facts)] = {}
    """What the site says beside the text: sources, views, comments, rating, image_width; at most 4 KB of JSON."""
    published_at: Written | None = None
    version: Annotated[StrictInt, Field(ge=1, le=VERSION_MAX)] | None = None
    """Grows with each edit; without it the content tells whether something changed."""
    state: ItemState = ItemState.LIVE
    announce: StrictBool = True
    """False files it in the archive: known, but never mailed."""

    @model_validator(mode="after")
    def _check_family(self) -> Self:
        if self.kind is ItemKind.COMMENT and self.article is None:
            raise PydanticCustomError("error_needs_article", "a comment needs its article")
        if self.kind is ItemKind.ARTICLE and (self.article or self.parent):
            raise PydanticCustomError("error_not_a_comment", "an article has no article")
        return self

    def item(self) -> NewItem:
        """The value that the flow takes in."""
        return NewItem(
            kind=self.kind,
            guid=self.guid,
            title=self.title,
            html=self.html,
            summary=self.summary,
            url=self.url,
            language=self.language,
            author_name=self.author.name,
            author_address=self.author.email,
            categories=self.categories,
            tags=self.tags,
            article_guid=self.article or "",
            parent_guid=self.parent or "",
            image_url=self.image.url,
            image_alt=self.image.alt,
            facts=self.facts,
            published_at=self.published_at,
            version=self.version,
            state=self.state,
            announce=self.announce,
        )


class Bulk(_Strict):
    """Up to 500 items; each is checked by itself, so that one bad item does not refuse the rest."""

    items: Annotated[list[Any], Field(max_length=BULK_MAX)]


class ErrorBody(BaseModel):
    """What is wrong: a stable key, a sentence in the caller's language, and the field it is about."""

    key: str
    message: str
    field: str = ""


class Refusal(BaseModel):
    """The one shape of every error."""

    error: ErrorBody


class ReceiptBody(BaseModel):
    """What became of one item."""

    guid: str
    outcome: Literal["created", "updated", "unchanged", "stale", "retracted", "refused"]
    item_id: int | None = None
    version: int | None = None
    error: ErrorBody | None = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """A receipt of the flow as JSON."""
        return cls.model_validate(
            {
                "guid": receipt.guid,
                "outcome": receipt.outcome,
                "item_id": receipt.item_id,
                "version": receipt.version,
            }
        )


class BulkAnswer(BaseModel):
    """One receipt or refusal for each item, in the order they came."""

    receipts: list[ReceiptBody]


class StoredItem(BaseModel):
    """An item as it is kept: sanitised HTML, its topics, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    guid: str
    kind: ItemKind
    version: int
    state: ItemState
    title: str
    html: str
    summary: str
    url: str
    language: str
    author_name: str
    image_url: str
    image_alt: str
    facts: dict[str, Any]
    published_at: datetime
    received_at: datetime
    updated_at: datetime
    announced_at: datetime | None
    retracted_at: datetime | None
    planned_count: int
    topics: list[str] = []

    @classmethod
    def of(cls, item: Item, topics: list[str]) -> Self:
        """A row and the names of its topics."""
        return cls.model_validate(item).model_copy(update={"topics": topics})
