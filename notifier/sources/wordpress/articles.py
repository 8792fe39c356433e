"""From one post, as the REST API tells it with what it embeds, to an article."""

import html
from collections.abc import Iterable, Iterator
from typing import Any, Final

from notifier.domain.html import clean_line, excerpt, to_text
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.sources.article import read_article, web_address
from notifier.sources.entries import (
    ALT_MAX,
    CATEGORIES_MAX,
    NAME_MAX,
    TITLE_CHARACTERS,
    guid_of,
    join_names,
    pick_image,
    summary_of,
)
from notifier.sources.wordpress.seen import Row, Seen, Sighted, moment, number, text

FIELDS: Final = (
    "id,date_gmt,modified_gmt,guid,link,title,content,excerpt,comment_count,comment_status,meta,_links,_embedded"
)
EMBED: Final = "author,wp:term,wp:featuredmedia"
WIDTH_WISHED: Final = 1200
WIDTH_MIN: Final = 600
_FACTS: Final = {
    "wpdiscuz_post_rating": "rating",
    "wpdiscuz_post_rating_count": "votes",
}


def read_post(row: Row, base: str) -> Seen | None:
    """The article of a row; None where the row has no number or no date."""
    found, published_at = number(row), moment(row, "date_gmt")
    if not found or published_at is None:
        return None
    url = web_address(text(row, "link"), base)
    article = read_article(text(row, "content"), url or base, url)
    summary = read_article(text(row, "excerpt"), url or base, url).html
    plain = to_text(summary) or to_text(article.html)
    title = clean_line(to_text(text(row, "title")))
    categories, tags = _terms(row)
    picture, alt = _picture(row, base)
    image_url, image_alt = (picture, alt) if picture else pick_image((), article, url or base)
    guid = guid_of(html.unescape(text(row, "guid")) or url, title, published_at, plain)
    item = NewItem(
        kind=ItemKind.ARTICLE,
        guid=guid,
        title=title or excerpt(plain, TITLE_CHARACTERS),
        html=article.html,
        summary=summary_of(plain),
        url=url,
        author_name=join_names((html.unescape(text(one, "name")) for one in _embedded(row, "author")), "ar"),
        categories=categories,
        tags=tags,
        image_url=image_url,
        image_alt=image_alt,
        facts=dict(_facts(row)),
        published_at=published_at,
    )
    mark = text(row, "modified_gmt")[:64]
    return Seen(Sighted(ItemKind.ARTICLE, found, guid, mark, published_at), item)


def _embedded(row: Row, name: str) -> Iterator[Row]:
    """What the API embedded under a name, lists in lists flattened; what it may not show comes as an error."""
    embedded = row.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    for one in found if isinstance(found, list) else ():
        for part in one if isinstance(one, list) else (one,):
            if isinstance(part, dict) and "code" not in part:
                yield part


def _terms(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(categories, tags)."""
    terms = list(_embedded(row, "wp:term"))
    return _names(terms, "category"), _names(terms, "post_tag")


def _names(terms: Iterable[Row], taxonomy: str) -> tuple[str, ...]:
    names = (
        clean_line(html.unescape(text(one, "name")))[:NAME_MAX] for one in terms if one.get("taxonomy") == taxonomy
    )
    return tuple(dict.fromkeys(name for name in names if name))[:CATEGORIES_MAX]


def _picture(row: Row, base: str) -> tuple[str, str]:
    """The featured picture, in the size that suits a letter, and the words for it."""
    media = next(_embedded(row, "wp:featuredmedia"), None)
    if media is None or media.get("media_type", "image") != "image":
        return "", ""
    url = web_address(_fitting(media) or text(media, "source_url"), base)
    return url, clean_line(html.unescape(text(media, "alt_text")))[:ALT_MAX] if url else ""


def _fitting(media: Row) -> str:
    """The narrowest size that fills a letter, no wider than it can use; else the widest there is."""
    details = media.get("media_details")
    sizes = details.get("sizes") if isinstance(details, dict) else None
    known = [one for one in sizes.values() if isinstance(one, dict)] if isinstance(sizes, dict) else []
    widths = sorted((number(one, "width"), text(one, "source_url")) for one in known if text(one, "source_url"))
    fitting = [url for width, url in widths if WIDTH_MIN <= width <= WIDTH_WISHED]
    return fitting[0] if fitting else ""


def _facts(row: Row) -> Iterator[tuple[str, Any]]:
    count = row.get("comment_count")
    if str(count).isdecimal():
        yield "comments", int(str(count)[:9])
    meta = row.get("meta")
    for key, name in _FACTS.items():
        value = _figure(meta.get(key)) if isinstance(meta, dict) else 0
        if value:
            yield name, value


def _figure(value: object) -> float:
    try:
        figure = float(str(value))
    except ValueError:
        return 0
    return round(figure, 2) if 0 < figure < 1e9 else 0  # noqa: PLR2004 - a count or a mark, nothing else
