"""Letters that are more than news and comments, as a newspaper of each language would write them."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from notifier.domain.letter import Choice, Correction, Editorial, ItemView, LetterContent, SiteFace
from notifier.domain.words import Digits, Frequency, ItemKind, LetterKind

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SITE = SiteFace(
    slug="aldhifaf",
    name="الضفاف",
    language="ar",
    url="https://aldhifaf.example",
    colour="#0f5c5c",
    digits=Digits.LOCALE,
    time_zone="Asia/Baghdad",
    sender_name="جريدة الضفاف",
    sender_address="akhbar@aldhifaf.example",
    postal_address="بغداد، شارع المتنبي، ص.ب. ١١٢٧",
)
_OFTEN = (Frequency.DAILY, Frequency.WEEKLY, Frequency.INSTANT)
_NUMBERS = {
    LetterKind.WELCOME: 5,
    LetterKind.ISSUE: 6,
    LetterKind.CORRECTION: 7,
    LetterKind.MAGIC_LINK: 8,
    LetterKind.ADDRESS_CHANGE: 10,
}


def site(language: str) -> SiteFace:
    """The newspaper, as it is called in this language."""
    told = _told(language)
    return replace(
        SITE, language=language, name=told["name"], sender_name=told["sender"], postal_address=told["imprint"]
    )


def topics(language: str) -> tuple[str, ...]:
    """What its readers subscribe to, in this language."""
    return tuple(_told(language)["topics"])


def sample(kind: LetterKind, language: str) -> LetterContent:
    """A letter that has no items, or those of an editor."""
    return LetterContent(
        letter_id=_NUMBERS.get(kind, 9), kind=kind, language=language, site=site(language), at=AT, **_of(kind, language)
    )


def _of(kind: LetterKind, language: str) -> dict[str, Any]:
    told = _told(language)
    choices = tuple(Choice(topic, often) for topic, often in zip(told["topics"], _OFTEN, strict=True))
    match kind:
        case LetterKind.WELCOME:
            return {"choices": choices[:2]}
        case LetterKind.GOODBYE:
            return {"choices": choices[:1], "is_anything_left": True, "expires_at": AT + timedelta(days=7)}
        case LetterKind.ADDRESS_CHANGE:
            return {"expires_at": AT + timedelta(days=7)}
        case LetterKind.MAGIC_LINK:
            return {"expires_at": AT + timedelta(minutes=15)}
        case LetterKind.ISSUE:
            return {"issue": Editorial(**told["issue"]), "items": _stories(language)}
        case _:
            correction = Correction(published_at=AT - timedelta(days=1, hours=2), **told["correction"])
            return {"correction": correction, "items": (replace(_stories(language)[0], title=correction.title),)}


def _stories(language: str) -> tuple[ItemView, ...]:
    return tuple(
        ItemView(
            id=number,
            kind=ItemKind.ARTICLE,
            guid=f"https://aldhifaf.example/?p={number}",
            title=title,
            html="",
            summary=summary,
            url=f"https://aldhifaf.example/news/{number}",
            language=language,
            author_name="",
            published_at=AT - timedelta(hours=number - 28),
            categories=(category,),
            facts={"reading_minutes": number - 28, "comments": 3 * (number - 30)},
        )
        for number, (category, title, summary) in enumerate(_written(language)["issue"]["stories"], 31)
    )


@lru_cache
def _written(language: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("editorial.toml").read_text("utf-8"))[language]  # type: ignore[no-any-return]


def _told(language: str) -> dict[str, Any]:
    told = _written(language)
    return {**told, "issue": {name: text for name, text in told["issue"].items() if name != "stories"}}
