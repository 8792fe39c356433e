"""Which items a letter goes without that would be too heavy."""

from collections.abc import Sequence
from typing import Final

from notifier.domain.letter import ItemView
from notifier.domain.text.bidi import isolate
from notifier.domain.text.clean import clip, paragraphs
from notifier.domain.views import COMMENT_MAX, few_lines

PARAGRAPH_BYTES: Final = 110
"""Of its tag and style."""
BULKY_SHARE: Final = 10
"""Such a part of a letter no honest item fills: the longest comment in forty paragraphs is lighter."""


def lighter(items: Sequence[ItemView], heavy: int, most: int, base: str) -> tuple[ItemView, ...]:
    """Fewer of the items, for a letter of `heavy` bytes that may have `most`; none where there was but one.

    What fills a good part of a letter by itself goes first: one stranger's text must not cost all others their place.
    Else the last go.
    """
    if len(items) <= 1:
        return ()
    bulks = {place: bulk(item, base) for place, item in enumerate(items)}
    bulky = sorted((place for place in bulks if bulks[place] > most // BULKY_SHARE), key=lambda place: -bulks[place])
    if not bulky:
        return tuple(items[: max(1, min(len(items) - 1, len(items) * most // heavy))])
    gone, over = set[int](), heavy - most
    for place in bulky[: len(items) - 1]:
        if over < 0:
            break
        gone.add(place)
        over -= bulks[place]
    return tuple(item for place, item in enumerate(items) if place not in gone)


def bulk(item: ItemView, base: str) -> int:
    """About how many bytes its words are in HTML, in a letter of direction `base`: each turn of direction has a tag."""
    said = few_lines(paragraphs(clip(item.summary, COMMENT_MAX)))
    return sum(PARAGRAPH_BYTES + len(isolate(text, base).encode()) for text in (item.title, item.author_name, *said))
