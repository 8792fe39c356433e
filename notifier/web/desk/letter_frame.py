"""A letter in a frame of a desk's page: its own styles and pictures, links in another tab, and nothing that runs."""

import re
from typing import Final

from fastapi import Response
from starlette.responses import HTMLResponse

from notifier.domain.clients import CLIENTS, in_scheme, in_text
from notifier.web.look import PLAIN_HEADERS

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
VIEWS: Final = ("phone", "desktop", "dark", *CLIENTS, "text")
"""The ways to look at a letter that is not sent yet; the first is where one begins."""
_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:; "
    f"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
)
_HEAD: Final = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_ROOT: Final = re.compile(r"<html(?:\s[^>]*)?>", re.IGNORECASE)


def framed(html: str) -> Response:
    """The letter, with headers that let only our own pages frame it."""
    # What a client has left of a letter need not have a head; before the DOCTYPE would be quirks mode.
    found = _HEAD.search(html) or _ROOT.search(html)
    end = found.end() if found else 0
    opened = f'{html[:end]}<base target="_blank">{html[end:]}'
    return HTMLResponse(opened, headers={**PLAIN_HEADERS, "Content-Security-Policy": _CSP})


def seen(html: str, text: str, view: str) -> str:
    """What is in the frame for one of VIEWS, from the two parts of a letter; by day for a word that is none of them."""
    if view == "text":
        return in_text(text)
    return CLIENTS[view](html, "ltr") if view in CLIENTS else in_scheme(html, is_dark=view == "dark")
