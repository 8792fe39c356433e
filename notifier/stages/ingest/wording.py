"""When an item's words change: since which version they are as they are, and the headline it had before."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from notifier.domain.words import ItemKind
from notifier.models import Headline, Item

_WORDS: Final = ("title", "summary", "html", "state")


def note_words(session: Session, item: Item, row: Mapping[str, Any], version: int) -> None:
    """Before a version is written over an item: note what of its words will change.

    A picture, a count or a topic is none of them: whoever was shown the item before such a change read the same.
    """
    if any(getattr(item, name) != row[name] for name in _WORDS):
        item.worded_version = version
    if item.kind is ItemKind.ARTICLE and item.title != row["title"]:
        session.add(Headline(item_id=item.id, last_version=item.version, title=item.title))
