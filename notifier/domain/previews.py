"""What a preview says where nobody has chosen or written anything: the site's own name and newest words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from notifier.domain.letter import Choice, Correction, Editorial, LetterContent
from notifier.domain.words import Frequency, LetterKind

ABOUT_ITEMS: Final = frozenset(
    {LetterKind.ALERT, LetterKind.DIGEST, LetterKind.REPLY, LetterKind.ISSUE, LetterKind.CORRECTION}
)
"""Letters that cannot be shown before there is an item."""


def filled_in(content: LetterContent) -> LetterContent:
    """The letter with what its kind needs, beside its items."""
    return replace(content, **(_written(content) if content.items else _chosen(content)))


def _chosen(content: LetterContent) -> dict[str, Any]:
    choices = (Choice(content.site.name, Frequency.DAILY),)
    match content.kind:
        case LetterKind.CONFIRM:
            return {"topics": (content.site.name,)}
        case LetterKind.WELCOME:
            return {"choices": choices}
        case LetterKind.MAGIC_LINK:
            return {"expires_at": content.at + timedelta(minutes=15)}
        case LetterKind.GOODBYE:
            return {"choices": choices, "expires_at": content.at + timedelta(days=7)}
        case LetterKind.ADDRESS_CHANGE:
            return {"expires_at": content.at + timedelta(days=7)}
    return {}


def _written(content: LetterContent) -> dict[str, Any]:
    newest, *others = content.items
    match content.kind:
        case LetterKind.ISSUE:
            return {"issue": Editorial(newest.title, newest.html), "items": tuple(others)}
        case LetterKind.CORRECTION:
            correction = Correction(newest.title, newest.published_at, newest.html or newest.title)
            return {"correction": correction, "items": (newest,)}
    return {}
