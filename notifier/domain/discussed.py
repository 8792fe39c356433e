"""The story readers talk about most, and the one comment an editor picked from under it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from notifier.domain.facts import whole
from notifier.domain.letter import ItemView
from notifier.domain.text.bidi import Phrase, direction_of
from notifier.domain.text.clean import clean, clip
from notifier.domain.views import NAME_MAX, Scene, headline
from notifier.domain.weburl import web_url

COMMENTS_LEAST: Final = 10
"""So many comments make a story worth naming twice; with a picked comment, one does."""
PICKED_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Picked:
    """A comment that an editor chose; `direction` is its own."""

    author: Phrase
    direction: str
    text: Phrase
    url: str


@dataclass(frozen=True, slots=True)
class Discussed:
    """A story by its discussion."""

    title: Phrase
    url: str
    count: str
    picked: Picked | None


def most_discussed(articles: Iterable[ItemView], scene: Scene) -> Discussed | None:
    """The article with the most comments, where that is worth a place of its own."""
    item = max(articles, key=lambda one: whole(one.facts.get("comments")), default=None)
    if item is None:
        return None
    comments, picked = whole(item.facts.get("comments")), _picked(item.facts.get("picked_comment"), scene)
    if comments < (1 if picked else COMMENTS_LEAST):
        return None
    return Discussed(
        title=headline(item, scene),
        url=web_url(item.url),
        count=scene.voice.say("letters.counts.comments", count=comments),
        picked=picked,
    )


def _picked(told: Any, scene: Scene) -> Picked | None:  # noqa: ANN401 - a fact comes from outside
    if not isinstance(told, dict):
        return None
    text, author, url = (
        value if isinstance(value := told.get(name), str) else "" for name in ("text", "author", "url")
    )
    words = clip(clean(text), PICKED_MAX)
    if not words:
        return None
    way = direction_of(words, "", scene.direction)
    name = scene.phrase(author, length=NAME_MAX) or scene.phrase(scene.voice.say("letters.anonymous"))
    return Picked(name, way, Phrase(words, way), web_url(url))
