"""What an item carries and a subscription equals."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from notifier.domain.items import NewItem
from notifier.domain.text.clean import clean
from notifier.domain.tokens import is_hash
from notifier.domain.words import ItemKind, NoticeReason

SITE: Final = "site"
NAME_MAX: Final = 600
PASSAGE_FACT: Final = "passage"
"""The fact of a comment that names the passage of the article it is about."""
MINE: Final = "mine"
MENTIONS: Final = "mentions"
PERSONAL: Final = (MINE, MENTIONS)
"""Topics that mean somebody else for each reader; kept with the hash of the reader's address, so that they are equal
to what a comment carries for that person."""
ALONE: Final = (SITE, *PERSONAL)
"""Topics that a form names by one word."""
FROM_READERS: Final = ("category", "author", "tag", "thread", "replies", "passage", MINE)
"""Kinds of topic that a subscribe form may name, beside those."""
OF_COMMENTS: Final = ("thread:", "replies:", "passage:", f"{MINE}:", f"{MENTIONS}:")
"""How the topics begin that comments alone carry; a commenter who is followed is not told from an author so."""
ANSWERED_EVERYWHERE: Final = (f"{MINE}_site", MENTIONS)
"""The words of those topics that are about a reader wherever they write."""
_AS_WRITTEN: Final = {"thread", "replies", "passage", MINE}
REASONS: Final = {
    MENTIONS: NoticeReason.MENTION,
    "replies": NoticeReason.REPLY,
    MINE: NoticeReason.MINE,
    "author": NoticeReason.AUTHOR,
    "passage": NoticeReason.THREAD,
    "thread": NoticeReason.THREAD,
}
"""Why somebody who has a topic of this kind is owed a comment."""


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


def passage(article_guid: str, passage_id: object) -> str:
    """Comments on one passage of an article."""
    return f"passage:{article_guid}#{passage_id}"


def commenter(hashed: str) -> str:
    """Whatever this person writes under articles: by the hash of their address, for anybody can sign with any name."""
    return f"author:{hashed}"


def mine(hashed: str, article_guid: str = "") -> str:
    """Answers to this person's comments, under one article or under all."""
    return f"{MINE}:{hashed}/{article_guid}" if article_guid else f"{MINE}:{hashed}"


def mentions(hashed: str) -> str:
    """Comments that mention this person."""
    return f"{MENTIONS}:{hashed}"


def bound(name: str, hashed: str) -> str:
    """A topic as this reader's subscription equals it: one that means somebody else for each is theirs, no other's."""
    kind = name.partition(":")[0]
    if kind == MENTIONS:
        return mentions(hashed)
    # As the preference page has it, with a hash in it: theirs, or one that they made up.
    return mine(hashed, article_of(name)) if kind == MINE else name


def article_of(name: str) -> str:
    """The guid of the article that a topic is about, as far as its name tells it; else empty."""
    kind, _, rest = name.partition(":")
    if kind == MINE:
        head, _, article = rest.partition("/")
        return article if is_hash(head) else rest
    return rest if kind == "thread" else rest.rpartition("#")[0] if kind == "passage" else ""


def word_of(name: str) -> str:
    """The kind of a topic as pages call it: the word before the colon, and `mine_site` for answers on all the site."""
    kind = name.partition(":")[0]
    return f"{MINE}_site" if kind == MINE and not article_of(name) else kind


def is_commenter(name: str) -> bool:
    """Whether a topic is what somebody writes under articles, and not a by-line."""
    kind, _, rest = name.partition(":")
    return kind == "author" and is_hash(rest)


def offered_by(name: str) -> str:
    """The topic whose being there lets a reader ask for this one."""
    kind, _, rest = name.partition(":")
    return thread(rest) if kind == MINE and rest else name


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
    if kind in ALONE and not colon:
        return kind
    if kind not in FROM_READERS or not rest.strip():
        return None
    folded = rest.strip() if kind in _AS_WRITTEN else _fold(rest)
    whole = f"{kind}:{folded}"
    return whole if len(whole) <= NAME_MAX and whole.isprintable() else None


def _of_comment(item: NewItem) -> Iterator[tuple[str, str]]:
    yield thread(item.article_guid), ""
    if item.parent_guid and item.parent_guid != item.guid:
        yield replies(item.parent_guid), ""
    if found := item.facts.get(PASSAGE_FACT):
        yield passage(item.article_guid, found), ""


def _of_article(item: NewItem) -> Iterator[tuple[str, str]]:
    yield from ((category(name), name) for name in map(clean, item.categories) if name)
    yield from ((tag(name), name) for name in map(clean, item.tags) if name)
    if by := clean(item.author_name):
        yield author(by), by
    yield SITE, ""


def _fold(name: str) -> str:
    # What nobody sees, such as a mark of direction, parts no two names.
    return " ".join(clean(name).casefold().split())
