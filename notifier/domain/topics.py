"""What an item carries and a subscription equals."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind

SITE: Final = "site"
NAME_MAX: Final = 600
FROM_READERS: Final = ("category", "author", "tag", "thread", "replies", "mine")
"""Kinds of topic that a subscribe form may name, beside `site`."""


def category(name: str) -> str:
    """`category:سياسة`: NFC, case-folded, spaces collapsed, so that spelling variants of one name meet."""
    return f"category:{_fold(name)}"


def author(name: str) -> str:
    """`author:…` of a by-line."""
    return f"author:{_fold(name)}"


def tag(name: str) -> str:
    """`tag:…`."""
    return f"tag:{_fold(name)}"


def thread(article_guid: str) -> str:
    """Every comment under an article."""
    return f"thread:{article_guid}"


def replies(comment_guid: str) -> str:
    """Direct answers to one comment."""
    return f"replies:{comment_guid}"


def mine(article_guid: str) -> str:
    """Answers to any comment of one's own under an article."""
    return f"mine:{article_guid}"


def carried(item: NewItem) -> tuple[tuple[str, str], ...]:
    """The topics of an item as (name, label), in the site's own order, each once.

    An article is matched by category, tag, author and site; a comment by its thread and the comment it answers.
    """
    labels: dict[str, str] = {}
    for name, label in _of_comment(item) if item.kind is ItemKind.COMMENT else _of_article(item):
        labels.setdefault(name, label)
    return tuple(labels.items())


def normalise(name: str) -> str | None:
    """A topic as a form names it, in its canonical spelling; None where it is no topic."""
    kind, colon, rest = unicodedata.normalize("NFC", name).strip().partition(":")
    if kind == SITE and not colon:
        return SITE
    if kind not in FROM_READERS or not rest.strip():
        return None
    folded = rest.strip() if kind in {"thread", "replies", "mine"} else _fold(rest)
    whole = f"{kind}:{folded}"
    return whole if len(whole) <= NAME_MAX and whole.isprintable() else None


def _of_comment(item: NewItem) -> Iterator[tuple[str, str]]:
    yield thread(item.article_guid), ""
    if item.parent_guid:
        yield replies(item.parent_guid), ""


def _of_article(item: NewItem) -> Iterator[tuple[str, str]]:
    yield from ((category(name), name) for name in item.categories if name.strip())
    yield from ((tag(name), name) for name in item.tags if name.strip())
    if item.author_name.strip():
        yield author(item.author_name), item.author_name
    yield SITE, ""


def _fold(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
