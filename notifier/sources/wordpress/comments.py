"""From one comment, as the REST API tells it, to a comment under its article."""

import hashlib
import html
import json
from dataclasses import replace
from typing import Any, Final

from notifier.domain.html import clean_line
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.sources.article import read_article, web_address
from notifier.sources.entries import GUID_MAX, NAME_MAX, guid_of
from notifier.sources.wordpress.seen import Row, Seen, Sighted, moment, number, text

FIELDS: Final = "id,post,parent,author_name,author_email,date_gmt,content,link,status,type,meta"
_META: Final = {
    "wpdiscuz_feedback_form_id": "feedback",
    "wpdiscuz_votes": "votes",
    "rating": "rating",
}
"""What wpDiscuz keeps of a comment; told only by sites that show it."""


def read_comment(row: Row, base: str) -> Seen | None:
    """The comment of a row, its family by number only; None where it is not shown to readers or makes no sense."""
    found, article, published_at = number(row), number(row, "post"), moment(row, "date_gmt")
    if not found or not article or published_at is None or row.get("status", "approved") != "approved":
        return None
    url = web_address(text(row, "link"), base)
    item = NewItem(
        kind=ItemKind.COMMENT,
        guid="",
        html=read_article(text(row, "content"), url or base).html,
        url=url,
        author_name=clean_line(html.unescape(text(row, "author_name")))[:NAME_MAX],
        author_address=text(row, "author_email"),
        facts=_facts(row),
        published_at=published_at,
    )
    parent = number(row, "parent")
    sighted = Sighted(ItemKind.COMMENT, found, "", _mark(row), published_at)
    return Seen(sighted, item, article, parent if parent != found else 0)


def with_family(seen: Seen, article_guid: str, *, has_parent: bool) -> Seen:
    """The same comment under its article, with the guids that WordPress's own comment feed has."""
    guid = comment_guid(article_guid, seen.sighted.number)
    parent = comment_guid(article_guid, seen.parent) if has_parent else ""
    item = replace(seen.item, guid=guid, article_guid=article_guid, parent_guid=parent)
    return replace(seen, item=item, sighted=replace(seen.sighted, guid=guid))


def comment_guid(article_guid: str, comment: int) -> str:
    """As the comment feed writes it: the article's guid and `#comment-7`."""
    whole = f"{article_guid}#comment-{comment}"
    return whole if len(whole) <= GUID_MAX else guid_of(whole, "", None, "")


def _mark(row: Row) -> str:
    told = json.dumps({key: row.get(key) for key in FIELDS.split(",")}, sort_keys=True, default=str)
    return hashlib.sha256(told.encode(errors="replace")).hexdigest()


def _facts(row: Row) -> dict[str, Any]:
    meta = row.get("meta")
    told = {name: meta.get(key) for key, name in _META.items()} if isinstance(meta, dict) else {}
    return {name: int(str(value)) for name, value in told.items() if str(value).isdecimal() and len(str(value)) < 10}  # noqa: PLR2004 - a number of theirs
