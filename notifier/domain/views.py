"""What a template sees of a letter's items: plain values, texts that know their direction, counts already worded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from notifier.domain import pictures
from notifier.domain.letter import ItemView, SiteFace
from notifier.domain.pictures import Picture
from notifier.domain.text.bidi import Phrase, direction_of
from notifier.domain.text.clean import CACHED_MAX, clean, clip, paragraphs
from notifier.domain.text.dates import Dates
from notifier.domain.text.strings import Voice
from notifier.domain.weburl import web_url
from notifier.domain.words import ItemKind

TITLE_MAX: Final = 300
SUMMARY_MAX: Final = 400
COMMENT_MAX: Final = 1200
QUOTE_MAX: Final = 240
NAME_MAX: Final = 80
SOURCES_MAX: Final = 5
COUNT_MAX: Final = 10**12
RATING_BEST: Final = 5
ALT_MAX: Final = 160
"""Where pictures are blocked it stands in their place."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The letter around the items: its voice, its dates, its direction, its moment, its way to pictures."""

    voice: Voice
    dates: Dates
    direction: str
    at: datetime
    picture_url: Callable[[str], str] = web_url
    """The address a picture is shown by; "" for one that is not."""

    def phrase(self, text: str, language: str = "", length: int = TITLE_MAX) -> Phrase:
        """A plain text of this letter, cut to length, with the direction it runs in."""
        known = _phrase if len(text) <= CACHED_MAX else _phrase.__wrapped__
        return known(text, language, length, self.direction)


# The articles of one day stand in hundreds of digests.
@lru_cache(maxsize=4096)
def _phrase(text: str, language: str, length: int, default: str) -> Phrase:
    plain = clip(clean(text), length)
    return Phrase(plain, direction_of(plain, language, default))


@dataclass(frozen=True, slots=True)
class Story:
    """An article in a letter."""

    title: Phrase
    summary: Phrase
    url: str
    origin: tuple[str, ...]
    """Its sources or its author, and when."""
    category: Phrase
    picture: Picture | None
    counts: tuple[str, ...]
    sources: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment in a letter; `direction` is the comment's own."""

    author: Phrase
    when: str
    direction: str
    text: tuple[Phrase, ...]
    url: str
    article: Phrase | None
    article_url: str
    parent: "Quote | None"


@dataclass(frozen=True, slots=True)
class Quote:
    """The comment that was answered, in short."""

    id: int
    author: Phrase
    direction: str
    text: Phrase


@dataclass(frozen=True, slots=True)
class Group:
    """Stories of one category, or remarks under one article; `title` may be empty."""

    title: Phrase
    entries: tuple[Story | Remark, ...]
    url: str = ""


def story(item: ItemView, scene: Scene) -> Story:
    """An article, ready to set."""
    author = scene.phrase(item.author_name, length=NAME_MAX)
    sources = tuple(scene.phrase(name, length=NAME_MAX) for name in _sources(item.facts))
    when = scene.dates.moment(item.published_at, scene.at)
    origin = scene.voice.say("common.comma").join(sources[:2]) if sources else author
    return Story(
        title=scene.phrase(item.title, item.language),
        summary=scene.phrase(item.summary, item.language, SUMMARY_MAX),
        url=web_url(item.url),
        origin=(origin, when) if origin else (when,),
        category=scene.phrase(item.categories[0] if item.categories else "", length=NAME_MAX),
        picture=_picture(item, scene),
        counts=tuple(_counts(item.facts, scene.voice)),
        sources=sources,
    )


def byline(item: ItemView, scene: Scene) -> tuple[str, ...]:
    """Who wrote an article, and when."""
    author, when = scene.phrase(item.author_name, length=NAME_MAX), scene.dates.moment(item.published_at, scene.at)
    return (scene.voice.say("common.credit", name=author), when) if author else (when,)


def logo(site: SiteFace, name: Phrase, scene: Scene) -> Picture | None:
    """The site's logo, where its size is known."""
    shown = site.logo
    url = scene.picture_url(shown.url) if shown and shown.width > 0 and shown.height > 0 else ""
    return Picture(url, name, *pictures.logo_size(shown.width, shown.height)) if shown and url else None


def remark(item: ItemView, scene: Scene) -> Remark:
    """A comment, ready to set."""
    way = direction_of(item.summary, item.language, scene.direction)
    lines = paragraphs(clip(item.summary, COMMENT_MAX))
    article = item.article
    return Remark(
        author=_author(item, scene),
        when=scene.dates.moment(item.published_at, scene.at),
        direction=way,
        text=tuple(Phrase(line, way) for line in lines),
        url=web_url(item.url) or (web_url(article.url) if article else ""),
        article=scene.phrase(article.title, article.language) if article else None,
        article_url=web_url(article.url) if article else "",
        parent=_quote(item.parent, scene) if item.parent else None,
    )


def by_category(items: Iterable[ItemView], scene: Scene, first: str) -> tuple[Group, ...]:
    """Articles by their first category: `first`, the others in the order in which they appear, the nameless last."""
    grouped: dict[str, list[Story]] = {}
    for item in items:
        shown = story(item, scene)
        grouped.setdefault(str(shown.category), []).append(shown)
    named = sorted(grouped, key=lambda name: (name != first, not name))
    return tuple(Group(scene.phrase(name, length=NAME_MAX), tuple(grouped[name])) for name in named)


def by_article(items: Iterable[ItemView], scene: Scene) -> tuple[Group, ...]:
    """Comments under their articles, oldest first in each."""
    grouped: dict[int, list[Remark]] = {}
    for item in oldest_first(items):
        grouped.setdefault(item.article.id if item.article else 0, []).append(remark(item, scene))
    return tuple(
        Group(remarks[0].article or scene.phrase(""), tuple(remarks), remarks[0].article_url)
        for remarks in grouped.values()
    )


def by_parent(items: Iterable[ItemView], scene: Scene) -> tuple[tuple[Quote | None, tuple[Remark, ...]], ...]:
    """Comments with the one they answer, threads by their oldest new comment."""
    grouped: dict[int, list[Remark]] = {}
    for item in oldest_first(items):
        grouped.setdefault(item.parent.id if item.parent else 0, []).append(remark(item, scene))
    return tuple((remarks[0].parent, tuple(remarks)) for remarks in grouped.values())


def oldest_first(items: Iterable[ItemView]) -> list[ItemView]:
    """By the time they were published."""
    return sorted(items, key=lambda item: (item.published_at, item.id))


def of_kind(items: Sequence[ItemView], kind: ItemKind) -> tuple[ItemView, ...]:
    """Only the articles, or only the comments, in their order."""
    return tuple(item for item in items if item.kind is kind)


def _author(item: ItemView, scene: Scene) -> Phrase:
    return scene.phrase(item.author_name, length=NAME_MAX) or scene.phrase(scene.voice.say("letters.anonymous"))


def _quote(item: ItemView, scene: Scene) -> Quote:
    text = clip(clean(item.summary), QUOTE_MAX)
    way = direction_of(text, item.language, scene.direction)
    return Quote(item.id, _author(item, scene), way, Phrase(text, way))


def _picture(item: ItemView, scene: Scene) -> Picture | None:
    url, shown = scene.picture_url(item.image_url), pictures.size(item.facts)
    alt = scene.phrase(item.image_alt, item.language, ALT_MAX) or scene.phrase(item.title, item.language, ALT_MAX)
    # Without a word for it, it could only be decoration.
    return Picture(url, alt, *shown) if url and shown and alt else None


def _counts(facts: dict[str, Any], voice: Voice) -> Iterable[str]:
    """What readers did, in words; facts come from outside, so each is checked, and a strange one is left out."""
    for fact, key in (("comments", "comments"), ("views", "views")):
        count = _whole(facts.get(fact))
        if count:
            yield voice.say(f"letters.counts.{key}", count=count)
    rating = facts.get("rating")
    if isinstance(rating, int | float) and not isinstance(rating, bool) and 0 < rating <= RATING_BEST:
        rated = voice.say("letters.counts.rating", rating=round(float(rating), 1), best=RATING_BEST)
        votes = _whole(facts.get("votes"))
        yield f"{rated} ({voice.say('letters.counts.votes', count=votes)})" if votes else rated
    minutes = _whole(facts.get("reading_minutes"))
    if minutes:
        yield voice.say("letters.counts.minutes", count=minutes)


def _whole(value: object) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value < COUNT_MAX
    return value if is_count else 0  # type: ignore[return-value]  # narrowed by is_count


def _sources(facts: dict[str, Any]) -> list[str]:
    told = facts.get("sources")
    names = [told] if isinstance(told, str) else told if isinstance(told, list | tuple) else []
    return [name for name in map(_source_name, names) if name][:SOURCES_MAX]


def _source_name(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return clean(value) if isinstance(value, str) else ""
