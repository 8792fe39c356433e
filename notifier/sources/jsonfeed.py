"""JSON Feed 1.0 and 1.1 to NewItem values."""

import html
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notifier.domain.html import clean_line, excerpt, to_text
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.sources.article import read_article, web_address
from notifier.sources.entries import (
    CATEGORIES_MAX,
    NAME_MAX,
    SUMMARY_CHARACTERS,
    TITLE_CHARACTERS,
    as_html,
    guid_of,
    join_names,
    language_of,
    pick_image,
)
from notifier.sources.faults import FeedInvalid

VERSION = "jsonfeed.org/version/1"


def read_json(text: str, url: str) -> tuple[tuple[NewItem, ...], str, str]:
    """(items, title, language) of a JSON Feed. Raises `FeedInvalid` for any other JSON."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedInvalid("broken", "The feed is not valid JSON.") from error
    if not isinstance(feed, dict) or VERSION not in str(feed.get("version")):
        raise FeedInvalid("not_feed", "The address answers with JSON that is not a JSON Feed.")
    language = language_of(_text(feed, "language"))
    rows = feed.get("items")
    rows = rows if isinstance(rows, list) else []
    items = tuple(_item(row, url, language) for row in rows if isinstance(row, dict))
    return items, clean_line(_text(feed, "title")), language


def _item(row: Mapping[str, Any], base: str, feed_language: str) -> NewItem:
    url = web_address(_text(row, "url") or _text(row, "external_url"), base)
    html_given = _text(row, "content_html") or as_html({"value": _text(row, "content_text"), "type": "text/plain"})
    article = read_article(html_given, url or base, url)
    text = _text(row, "summary") or to_text(article.html)
    title = clean_line(html.unescape(_text(row, "title")))
    published_at = _date(row, "date_published") or _date(row, "date_modified")
    language = language_of(_text(row, "language")) or feed_language
    image_url, image_alt = pick_image((_text(row, "image"), _text(row, "banner_image")), article, base)
    return NewItem(
        kind=ItemKind.ARTICLE,
        guid=guid_of(_text(row, "id") or url, title, published_at, text),
        title=title or excerpt(text, TITLE_CHARACTERS),
        html=article.html,
        summary=html.escape(excerpt(text, SUMMARY_CHARACTERS), quote=False),
        url=url,
        language=language,
        author_name=join_names(_authors(row), language),
        categories=_tags(row),
        image_url=image_url,
        image_alt=image_alt,
        published_at=published_at,
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    """A string; an id may be a number against the rules, which is common."""
    value = row.get(key)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _date(row: Mapping[str, Any], key: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(row, key).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _authors(row: Mapping[str, Any]) -> list[str]:
    authors = row.get("authors")
    rows = authors if isinstance(authors, list) else [row.get("author")]
    return [_text(author, "name") for author in rows if isinstance(author, dict)]


def _tags(row: Mapping[str, Any]) -> tuple[str, ...]:
    """JSON Feed has one kind of label only, so they are the categories that readers can subscribe to."""
    tags = row.get("tags")
    names = [clean_line(tag)[:NAME_MAX] for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return tuple(dict.fromkeys(name for name in names if name))[:CATEGORIES_MAX]
