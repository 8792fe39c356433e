"""What is kept of one published thing: cleaned, cut to size, and hashed to tell whether it changed."""

import hashlib
import json
from typing import Any

from notifier.domain import topics
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.html import clean_line, excerpt, sanitise, to_text
from notifier.domain.items import NewItem
from notifier.domain.text.clean import clip, paragraphs
from notifier.domain.tokens import address_hash
from notifier.domain.words import ItemKind, ItemState
from notifier.models import Site

SUMMARY_CHARACTERS = 300
COMMENT_CHARACTERS = 1200
"""As much of a comment as a letter shows, in its own paragraphs."""


def values(site: Site, new: NewItem) -> dict[str, Any]:
    """The columns that every version of an item brings anew, but for its relatives and moments."""
    html = sanitise(new.html)
    summary = to_text(new.summary) if new.summary else to_text(html)
    found = {
        "state": new.state,
        "title": clean_line(new.title),
        "html": html,
        "summary": _shown(new.kind, summary),
        "url": new.url,
        "language": new.language,
        "author_name": clean_line(new.author_name)[:200],
        "author_hash": hashed(site, new.author_address),
        "image_url": new.image_url,
        "image_alt": clean_line(new.image_alt)[:500],
        "facts": new.facts,
    }
    told = {**found, "topics": topics.carried(new), "mentions": new.mentions, "published_at": new.published_at}
    return {**found, "content_hash": _hash(told)}


def _shown(kind: ItemKind, text: str) -> str:
    if kind is ItemKind.COMMENT:
        return clip("\n".join(paragraphs(text)), COMMENT_CHARACTERS)
    return excerpt(text, SUMMARY_CHARACTERS)


def has_no_words(new: NewItem, row: dict[str, Any]) -> bool:
    """Whether a live item has no word that a letter could show: a comment without text, an article without both."""
    if new.state is not ItemState.LIVE or row["summary"]:
        return False
    return new.kind is ItemKind.COMMENT or not row["title"]


def hashed(site: Site, address: str) -> str:
    """A person's keyed hash; empty for what is no address."""
    try:
        return address_hash(site.pepper, check_address(address).key) if address else ""
    except AddressInvalid:
        return ""


def _hash(told: dict[str, Any]) -> str:
    plain = json.dumps(told, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
