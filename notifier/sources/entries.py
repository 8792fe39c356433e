"""From one RSS or Atom entry, as feedparser gives it, to a NewItem."""

import html
import re
from calendar import timegm
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from notifier.domain.html import clean_line, excerpt, to_text
from notifier.domain.items import NewItem
from notifier.domain.letter import direction
from notifier.domain.words import ItemKind
from notifier.sources.article import Article, read_article, web_address

GUID_MAX: Final = 500
NAME_MAX: Final = 200
ALT_MAX: Final = 500
TITLE_CHARACTERS: Final = 80
SUMMARY_CHARACTERS: Final = 300
CATEGORIES_MAX: Final = 50
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_TEXT_TYPES: Final = _HTML_TYPES | {"text/plain"}
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)
_TAG_SCHEME: Final = re.compile(r"(?:^|[/#:])(?:post_)?(?:tags?|keywords?)/?$", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>()]{1,200}@[^\s<>()]+")
# WordPress ends a cut summary so.
_MORE: Final = re.compile(r"\s*\[(?:…|\.{3})\]\s*$")
_IMAGE_NAME: Final = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|\?)", re.IGNORECASE)

Entry = Mapping[str, Any]


def read_entry(entry: Entry, feed_url: str, feed_language: str) -> NewItem:
    """The item of an entry: HTML not yet sanitised, the summary as HTML too, every other text plain, decoded once."""
    title_detail: Entry = entry.get("title_detail") or {}
    body, summary = _body(entry)
    base = web_address(body.get("base") or title_detail.get("base") or "", feed_url) or feed_url
    url = web_address(entry.get("link") or "", base)
    article = read_article(as_html(body), base, url)
    text = to_text(read_article(as_html(summary), base, url).html if summary else article.html)
    title = as_line(title_detail)
    published_at = _date(entry, "published_parsed") or _date(entry, "updated_parsed")
    language = language_of(title_detail.get("language") or "") or feed_language
    categories, tags = _categories(entry.get("tags") or ())
    image_url, image_alt = pick_image(_attached_images(entry), article, base)
    return NewItem(
        kind=ItemKind.ARTICLE,
        guid=guid_of(entry.get("id") or url, title, published_at, text),
        title=title or excerpt(text, TITLE_CHARACTERS),
        html=article.html,
        summary=summary_of(text),
        url=url,
        language=language,
        author_name=join_names(_authors(entry), language),
        categories=categories,
        tags=tags,
        image_url=image_url,
        image_alt=image_alt,
        facts=_facts(entry),
        published_at=published_at,
    )


def summary_of(text: str) -> str:
    """A plain text cut to a summary, as HTML."""
    return html.escape(excerpt(_MORE.sub("…", text), SUMMARY_CHARACTERS), quote=False)


def guid_of(given: str, title: str, published_at: datetime | None, text: str) -> str:
    """The entry's own id or link; else, or if it is too long to keep, a hash that stays the same."""
    given = clean_line(given)
    if given and len(given) <= GUID_MAX:
        return given
    date = published_at.isoformat() if published_at else ""
    told = given or "\n".join((title or text, date))
    return f"sha256:{sha256(told.encode()).hexdigest()}"


def language_of(tag: str) -> str:
    """A language tag such as `ar-IQ`; empty when it is none."""
    tag = tag.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= 16 else ""  # noqa: PLR2004 - the column's width


def join_names(names: Iterable[str], language: str) -> str:
    """Several authors as one line, with the comma of the language."""
    comma = "، " if direction(language) == "rtl" else ", "
    return comma.join(dict.fromkeys(name for name in map(clean_line, names) if name))[:NAME_MAX]


def pick_image(attached: Iterable[str], article: Article, base: str) -> tuple[str, str]:
    """The picture an entry is given, or the first in its text; with the text's own words for it."""
    alts = dict(article.images)
    candidates = (*(web_address(url, base) for url in attached if url), *alts)
    url = next((url for url in candidates if url), "")
    return url, clean_line(alts.get(url, ""))[:ALT_MAX]


def as_html(detail: Entry) -> str:
    """A text construct as HTML, whatever it was."""
    value = str(detail.get("value") or "")
    if detail.get("type") in _HTML_TYPES:
        return value
    paragraphs = [html.escape(part.strip()) for part in re.split(r"\n\s*\n", value) if part.strip()]
    return "".join(f"<p>{part}</p>" for part in paragraphs)


def as_line(detail: Entry) -> str:
    """A text construct as one plain line."""
    value = str(detail.get("value") or "")
    return clean_line(to_text(value) if detail.get("type") in _HTML_TYPES else value)


def _body(entry: Entry) -> tuple[Entry, Entry]:
    """The full text and the summary; an entry with only one of them has it as its full text."""
    contents = [part for part in entry.get("content") or () if part.get("type") in _TEXT_TYPES and part.get("value")]
    summary: Entry = entry.get("summary_detail") or {}
    if not contents:
        return summary, {}
    return max(contents, key=lambda part: len(part["value"])), summary


def _date(entry: Entry, key: str) -> datetime | None:
    # feedparser answers for a missing "updated" with a deprecation warning, but only when asked by subscript.
    moment = entry[key] if key in entry else None  # noqa: SIM401 - see above
    try:
        return _EPOCH + timedelta(seconds=timegm(moment)) if moment else None
    except (OverflowError, ValueError, TypeError):
        return None


def _categories(terms: Iterable[Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(categories, tags), in the feed's order; a label goes before its term."""
    categories: dict[str, None] = {}
    tags: dict[str, None] = {}
    for term in terms:
        name = clean_line(html.unescape(term.get("label") or term.get("term") or ""))[:NAME_MAX]
        if name:
            (tags if _TAG_SCHEME.search(term.get("scheme") or "") else categories).setdefault(name)
    return tuple(categories)[:CATEGORIES_MAX], tuple(tags)[:CATEGORIES_MAX]


def _authors(entry: Entry) -> list[str]:
    """Names without addresses; feedparser cuts an address with a long last label into a name."""
    authors = entry.get("authors") or ()
    names = [author.get("name") or "" for author in authors]
    if len(authors) == 1 and "@" in (entry.get("author") or ""):
        names = [_ADDRESS.sub("", entry["author"]).strip(" ()<>")]
    return [html.unescape(name) for name in names if "@" not in name]


def _attached_images(entry: Entry) -> Iterable[str]:
    for media in (*(entry.get("media_content") or ()), *(entry.get("enclosures") or ())):
        url = media.get("url") or media.get("href") or ""
        kind = f"{media.get('medium') or ''} {media.get('type') or ''}".strip()
        if "image" in kind or (not kind and _IMAGE_NAME.search(url)):
            yield url
    for thumbnail in entry.get("media_thumbnail") or ():
        yield thumbnail.get("url") or ""


def _facts(entry: Entry) -> dict[str, Any]:
    count = str(entry.get("slash_comments") or entry.get("thr_total") or "").strip()
    return {"comments": int(count)} if count.isdecimal() and len(count) < 10 else {}  # noqa: PLR2004 - a count
