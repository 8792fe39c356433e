"""Web addresses as letters may carry them: http or https, ASCII only."""

import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from notifier.domain.address import AddressInvalid, a_labels

# An apostrophe would end an attribute in the templates of others.
_KEPT: Final = "/:@!$&()*+,;=-._~%?"
_PORTS: Final = {"http": 80, "https": 443}
_ORDINARY: Final = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9/._~%=&?+,:;@!$*#-]*)?")
_ASCII_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def web_url(raw: str) -> str:
    """The address with A-labels and percent-encoding, or "" for anything that is not http(s)."""
    if _ORDINARY.fullmatch(raw):
        return raw
    try:
        parts = urlsplit(raw.strip())
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        if parts.scheme.lower() not in {"http", "https"} or not host or parts.username or parts.password:
            return ""
        network = parts.netloc if _ASCII_HOST.fullmatch(parts.netloc) else a_labels(host) + port
    except (ValueError, AddressInvalid):
        return ""
    path, query, fragment = (quote(piece, safe=_KEPT) for piece in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme.lower(), network, path, query, fragment))


def origin_of(raw: str) -> str:
    """The origin of an address as browsers write it (RFC 6454, section 6.2), or "" for what has none."""
    try:
        parts = urlsplit(web_url(raw).lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, _PORTS.get(parts.scheme)} else f":{port}")
