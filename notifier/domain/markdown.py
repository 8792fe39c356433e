"""Markdown as editors type it, turned into the HTML that a letter may carry."""

from typing import Final

from markdown_it import MarkdownIt

from notifier.domain.html import sanitise

# HTML in it is not Markdown: it is shown as it was typed, and never run. Pictures go above the words, as the cover.
_READER: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


def to_html(markdown: str) -> str:
    """Sanitised HTML: paragraphs, titles, lists, quotes, emphasis and links."""
    return sanitise(_READER.render(markdown))
