"""What an item's facts say: they come from outside, so each is checked, and a strange one is left out."""

from collections.abc import Iterator
from typing import Any, Final

from notifier.domain.text.clean import clean
from notifier.domain.text.strings import Voice

SOURCES_MAX: Final = 5
COUNT_MAX: Final = 10**12
RATING_BEST: Final = 5
Facts = dict[str, Any]


def whole(value: object) -> int:
    """A count as facts tell it; 0 for what is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value < COUNT_MAX
    return value if is_count else 0  # type: ignore[return-value]  # narrowed by is_count


def sources_of(facts: Facts) -> list[str]:
    """Whom an item names as its sources."""
    told = facts.get("sources")
    names = [told] if isinstance(told, str) else told if isinstance(told, list | tuple) else []
    return [name for name in map(_source_name, names) if name][:SOURCES_MAX]


def counts_of(facts: Facts, voice: Voice) -> dict[str, str]:
    """What readers did with an item and how long it takes to read, in words, by name."""
    return dict(_counts(facts, voice))


def _counts(facts: Facts, voice: Voice) -> Iterator[tuple[str, str]]:
    for name in ("comments", "views"):
        if count := whole(facts.get(name)):
            yield name, voice.say(f"letters.counts.{name}", count=count)
    rating = facts.get("rating")
    if isinstance(rating, int | float) and not isinstance(rating, bool) and 0 < rating <= RATING_BEST:
        rated = voice.say("letters.counts.rating", rating=round(float(rating), 1), best=RATING_BEST)
        votes = whole(facts.get("votes"))
        yield "rating", f"{rated} ({voice.say('letters.counts.votes', count=votes)})" if votes else rated
    if minutes := whole(facts.get("reading_minutes")):
        yield "minutes", voice.say("letters.counts.minutes", count=minutes)


def _source_name(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return clean(value) if isinstance(value, str) else ""
