"""What comes in: one published thing, as a source or the API tells it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifier.domain.words import ItemKind, ItemState


@dataclass(frozen=True, slots=True)
class NewItem:
    """An article or a comment on its way in; HTML as the outside wrote it, not yet sanitised.

    `version` None means "tell by the content whether it changed". `announce` False files an item in the archive:
    it is known, can be linked and replied to, but is never mailed.
    """

    kind: ItemKind
    guid: str
    title: str = ""
    html: str = ""
    summary: str = ""
    url: str = ""
    language: str = ""
    author_name: str = ""
    author_address: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    article_guid: str = ""
    parent_guid: str = ""
    mentions: tuple[str, ...] = ()
    """For a comment: whom it mentions, each by the address that the site knows, or by its hash."""
    image_url: str = ""
    image_alt: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    published_at: datetime | None = None
    version: int | None = None
    state: ItemState = ItemState.LIVE
    announce: bool = True


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one NewItem: `created`, `updated`, `unchanged`, `stale`, `retracted` or `refused`."""

    guid: str
    outcome: str
    item_id: int | None = None
    version: int | None = None
    error: str = ""


def batches(items: Sequence[NewItem], most: int) -> Iterator[list[NewItem]]:
    """These in their order, comments that follow each other together: at most so many, and none of them twice."""
    batch: list[NewItem] = []
    for item in items:
        are_comments = bool(batch) and batch[-1].kind is item.kind is ItemKind.COMMENT
        if batch and (not are_comments or len(batch) == most or item.guid in {one.guid for one in batch}):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
