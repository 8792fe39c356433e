"""What a template sees of a letter's items: plain values, texts that know their direction, counts already worded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from notifier.domain import pictures
from notifier.domain.facts import counts_of, sources_of
from notifier.domain.letter import ItemView, SiteFace
from notifier.domain.pictures import Picture
from notifier.domain.text.bidi import Phrase, direction_of
from notifier.domain.text.clean import CACHED_MAX, clean, clip, paragraphs
from notifier.domain.text.dates import Dates
from notifier.domain.text.strings import Voice
from notifier.domain.text.unlinked import unlinked
from notifier.domain.weburl import web_url
from notifier.domain.words import ItemKind

TITLE_MAX: Final = 300
HEADLINE_MAX: Final = 120
SUMMARY_MAX: Final = 400
COMMENT_MAX: Final = 1200
COMMENT_LINES_MAX: Final = 40
"""Each is a paragraph in HTML, and weighs a hundred times a letter."""
QUOTE_MAX: Final = 240
NAME_MAX: Final = 80
ALT_MAX: Final = 160
"""Where pictures are blocked it stands in their place."""
COLUMNS_LEAST: Final = 4
"""Stories of a section, before two columns look like two columns."""


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
    """All that readers did with it."""
    brief: tuple[str, ...]
    """Beside other stories: how long it takes to read, comments, rating."""
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
    columns: tuple[tuple[Story, ...], ...] = ()
    """The stories in two halves, where there are enough and all are short; else none."""


def headline(item: ItemView, scene: Scene) -> Phrase:
    """The title of an article; without one, as in feeds of short notices, the first words of its summary."""
    title = scene.phrase(item.title, item.language)
    return title or scene.phrase(item.summary, item.language, HEADLINE_MAX)


def says_something(item: ItemView) -> bool:
    """Whether there are words to show."""
    return bool(clean(item.title) or clean(item.summary))


def story(item: ItemView, scene: Scene) -> Story:
    """An article, ready to set."""
    title, summary = headline(item, scene), scene.phrase(item.summary, item.language, SUMMARY_MAX)
    author = scene.phrase(item.author_name, length=NAME_MAX)
    sources = tuple(scene.phrase(name, length=NAME_MAX) for name in sources_of(item.facts))
    when = scene.dates.moment(item.published_at, scene.at)
    origin = scene.voice.say("common.comma").join(sources[:2]) if sources else author
    counts = counts_of(item.facts, scene.voice)
    return Story(
        title=title,
        # A notice that is its own title is not said twice.
        summary=scene.phrase("") if summary == title else summary,
        url=web_url(item.url),
        origin=(origin, when) if origin else (when,),
        category=scene.phrase(item.categories[0] if item.categories else "", length=NAME_MAX),
        picture=_picture(item, scene),
        counts=tuple(counts.values()),
        brief=tuple(counts[name] for name in ("minutes", "comments", "rating") if name in counts),
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
    lines = few_lines(paragraphs(clip(_words(item, scene), COMMENT_MAX)))
    article = item.article
    return Remark(
        author=_author(item, scene),
        when=scene.dates.moment(item.published_at, scene.at),
        direction=way,
        text=tuple(Phrase(line, way) for line in lines),
        url=web_url(item.url) or (web_url(article.url) if article else ""),
        article=headline(article, scene) if article else None,
        article_url=web_url(article.url) if article else "",
        parent=_quote(item.parent, scene) if item.parent else None,
    )


def few_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """At most COMMENT_LINES_MAX of them: what is more is joined to the last."""
    last = COMMENT_LINES_MAX - 1
    return (*lines[:last], *filter(None, [" ".join(lines[last:])]))


def by_category(items: Iterable[ItemView], scene: Scene, first: str) -> tuple[Group, ...]:
    """Articles by their first category: `first`, the others in the order in which they appear, the nameless last."""
    grouped: dict[str, list[Story]] = {}
    for item in items:
        shown = story(item, scene)
        grouped.setdefault(str(shown.category), []).append(shown)
    named = sorted(grouped, key=lambda name: (name != first, not name))
    return tuple(
        Group(scene.phrase(name, length=NAME_MAX), tuple(grouped[name]), columns=_columns(grouped[name]))
        for name in named
    )


def _columns(stories: Sequence[Story]) -> tuple[tuple[Story, ...], ...]:
    if len(stories) < COLUMNS_LEAST or any(one.summary for one in stories):
        return ()
    middle = (len(stories) + 1) // 2
    return tuple(stories[:middle]), tuple(stories[middle:])


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
    """Only the articles, or only the comments, in their order; none without a word."""
    return tuple(item for item in items if item.kind is kind and says_something(item))


def _author(item: ItemView, scene: Scene) -> Phrase:
    # Cleaned first: an address with a control in its middle is none until that has gone.
    name = unlinked(clean(item.author_name), scene.voice.say("letters.link"))
    return scene.phrase(name, length=NAME_MAX) or scene.phrase(scene.voice.say("letters.anonymous"))


def _words(item: ItemView, scene: Scene) -> str:
    return unlinked("\n".join(paragraphs(item.summary)), scene.voice.say("letters.link"))


def _quote(item: ItemView, scene: Scene) -> Quote:
    text = clip(clean(_words(item, scene)), QUOTE_MAX)
    way = direction_of(text, item.language, scene.direction)
    return Quote(item.id, _author(item, scene), way, Phrase(text, way))


def _picture(item: ItemView, scene: Scene) -> Picture | None:
    url, shown = scene.picture_url(item.image_url), pictures.size(item.facts)
    alt = scene.phrase(item.image_alt, item.language, ALT_MAX) or headline(item, scene)
    # Without a word for it, it could only be decoration.
    return Picture(url, alt, *shown) if url and shown and alt else None
