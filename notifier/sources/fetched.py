"""What a fetch gave, or the fault that it came to."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import httpcore2
import httpx2

from notifier.sources.faults import FetchRefused

ETAG_MAX: Final = 500
LAST_MODIFIED_MAX: Final = 100
_NOT_MODIFIED: Final = 304
OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL gave: a body, or the word that nothing changed since the given etag or date."""

    status: Literal["ok", "unchanged"]
    url: str
    """Where the redirects ended."""
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    code: int = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came off the wire."""

    code: int
    headers: dict[str, str]
    body: bytes = b""


def fetched(target: httpx2.URL, reply: Reply, *, is_conditional: bool) -> Fetched:
    """What a reply says. Raises `FetchRefused` for any status but a good one."""
    pause = _retry_after(reply.headers)
    if reply.code in OK or (reply.code == _NOT_MODIFIED and is_conditional):
        etag = reply.headers.get("etag", "")
        last_modified = reply.headers.get("last-modified", "")
        return Fetched(
            status="ok" if reply.code in OK else "unchanged",
            url=str(target),
            body=reply.body,
            content_type=reply.headers.get("content-type", ""),
            # A cut etag would never match; better none.
            etag=etag if len(etag) <= ETAG_MAX else "",
            last_modified=last_modified if len(last_modified) <= LAST_MODIFIED_MAX else "",
            retry_after_s=pause,
            headers=reply.headers,
            code=reply.code,
        )
    told = f"{target.host} answered with status {reply.code}."
    raise FetchRefused("status", told, reply.code, pause, reply.body)


def _retry_after(headers: dict[str, str]) -> int | None:
    """Seconds (RFC 9110 10.2.3); a date counts from the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return int(value[:9])
    try:
        pause = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0, int(pause.total_seconds()))


def network_fault(host: str, error: Exception) -> FetchRefused:
    """Why a connection came to nothing, as an editor can read it."""
    causes = (error.__cause__, error.__context__)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return FetchRefused("tls", f"No secure connection to {host}: its certificate or its TLS is not accepted.")
    if isinstance(error, httpcore2.ProtocolError):
        return FetchRefused("protocol", f"{host} broke off its answer or does not speak HTTP.")
    return FetchRefused("unreachable", f"{host} cannot be reached.")
