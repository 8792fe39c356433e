"""A letter in a frame of a desk's page: its own styles and pictures, links in another tab, and nothing that runs."""

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response
from starlette.responses import HTMLResponse

from notifier.web.edge import Edge
from notifier.web.look import PLAIN_HEADERS

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
_HEAD: Final = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


def framed(edge: Edge, html: str) -> Response:
    """The letter, with headers that let only our own pages frame it."""
    ours = urlsplit(edge.parts.settings.base_url)
    csp = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: {ours.scheme}://{ours.netloc}; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )
    found = _HEAD.search(html)
    end = found.end() if found else 0
    opened = f'{html[:end]}<base target="_blank">{html[end:]}'
    return HTMLResponse(opened, headers={**PLAIN_HEADERS, "Content-Security-Policy": csp})
