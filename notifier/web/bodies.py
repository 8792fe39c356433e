"""What the API takes and gives, checked field by field before anything is stored."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.items import NewItem, Receipt
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Item
from notifier.web.fields import CLEAN, FACTS, Address, Guid, Name, Strict, Text, Url, Written

BULK_MAX: Final = 500
VERSION_MAX: Final = 2**62
"""Far below the largest number a database keeps: an edit or a retraction without a version adds one."""


class Author(Strict):
    """Who wrote it. A commenter's address is kept as a keyed hash only, so that nobody is told of their own words."""

    name: Annotated[str, StringConstraints(max_length=200), CLEAN] = ""
    email: Address = ""


def _mentioned(address: str) -> str:
    try:
        check_address(address)
    except AddressInvalid as invalid:
        raise PydanticCustomError("error_mention", "not an address") from invalid
    return address


class Mention(Strict):
    """Whom a comment mentions: by address, which is kept as a keyed hash only, or by that hash."""

    email: Annotated[Address, AfterValidator(_mentioned)] = ""
    author: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    """As an item's topics have it after `author:`."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if bool(self.email) == bool(self.author):
            raise PydanticCustomError("error_mention", "one of the two")
        return self


class Image(Strict):
    """The picture that leads an article."""

    url: Url = ""
    alt: Annotated[str, StringConstraints(max_length=500), CLEAN] = ""


class ItemBody(Strict):
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
    mentions: Annotated[tuple[Mention, ...], Field(max_length=50)] = ()
    """For a comment: whom it mentions, as the site knows; `@name` in its text is a name that anybody may bear."""
    image: Image = Image()
    facts: Annotated[dict[str, Any], FACTS] = Field(default_factory=dict)
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
        if self.kind is ItemKind.ARTICLE and (self.article or self.parent or self.mentions):
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
            mentions=tuple(one.email or one.author for one in self.mentions),
            image_url=self.image.url,
            image_alt=self.image.alt,
            facts=self.facts,
            published_at=self.published_at,
            version=self.version,
            state=self.state,
            announce=self.announce,
        )


class Bulk(Strict):
    """Up to 500 items; each is checked by itself, so that one bad item does not refuse the rest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [{"kind": "article", "guid": "164", "title": "خبر", "categories": ["سياسة"]}]}]
        }
    )

    items: Annotated[list[Any], Field(max_length=BULK_MAX)]


class ErrorBody(BaseModel):
    """What is wrong: a stable key, a sentence in the caller's language, and the field it is about."""

    key: str
    message: str
    field: str = ""


class Refusal(BaseModel):
    """The one shape of every error: problem details (RFC 9457), and what is wrong by a stable key and a field."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    """What the status means."""
    status: int
    detail: str
    """The sentence in the caller's language: `Accept-Language`, or `?lang=`."""
    error: ErrorBody

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank", "title": "Forbidden", "status": 403,
                    "detail": "This key does not have the scope items:write.",
                    "error": {
                        "key": "missing_scope", "message": "This key does not have the scope items:write.", "field": "",
                    },
                }
            ]
        }
    )  # fmt: skip

    @classmethod
    def of(cls, status: int, error: ErrorBody) -> Self:
        """What is wrong, under this status."""
        return cls(title=HTTPStatus(status).phrase, status=status, detail=error.message, error=error)


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
