"""The one module that fetches URLs from outside: public addresses only, within a time and a size."""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from typing import Final

import httpcore2
import httpx2

from notifier import __version__
from notifier.sources.body import Body, refusal
from notifier.sources.faults import FetchRefused
from notifier.sources.fetched import OK, Fetched, Reply, fetched, network_fault
from notifier.sources.guard import is_denied
from notifier.sources.wire import CheckedNetwork, Deadline

__all__ = ["FetchRefused", "Fetched", "Fetcher", "Resolver", "resolve"]

FEEDS: Final = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
REDIRECTS_MAX: Final = 5
_URL_MAX: Final = 2000
_PORTS: Final = {"http": 80, "https": 443}
_PORT_MAX: Final = 65_535
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = (
    ("User-Agent", f"notifier/{__version__} (feed reader)"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "close"),
)

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host name (and port); raises OSError when there are none."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver gives, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches by GET; `hosts_allowed` (`name` or `name:port`) may have private addresses."""

    timeout_s: float
    bytes_max: int
    hosts_allowed: tuple[str, ...] = ()
    resolver: Resolver = resolve
    network: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)
    tls: ssl.SSLContext | None = None
    """None: `public_tls`."""
    accept: str = FEEDS
    """The kinds of body that are asked for."""

    def get(self, url: str, etag: str = "", last_modified: str = "", authorization: str = "") -> Fetched:
        """Fetch a URL, and up to five redirects; every step is checked anew.

        `authorization` goes to the URL's own scheme, host and port only, and over plain http only to an allowed host.
        Raises `FetchRefused`. `timeout_s` covers it all; `bytes_max` counts unpacked bytes.
        """
        deadline = Deadline(self.timeout_s)
        target = _parse(url)
        conditions = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
        headers = [*_HEADERS, ("Accept", self.accept), *((name, value) for name, value in conditions if value)]
        home = _origin(target)
        for _ in range(REDIRECTS_MAX + 1):
            secret = [("Authorization", authorization)] if self._may_know(authorization, target, home) else []
            reply = self._ask("GET", target, headers + secret, deadline)
            if reply.code not in _REDIRECTS or "location" not in reply.headers:
                return fetched(target, reply, is_conditional=bool(etag or last_modified))
            target = _parse(reply.headers["location"], target)
        raise FetchRefused("too_many_redirects", f"{target.host} redirects more than {REDIRECTS_MAX} times.")

    def post(
        self, url: str, body: bytes, content_type: str, more: Sequence[tuple[str, str]] = (), authorization: str = ""
    ) -> Fetched:
        """Post to a URL under the same rules; a redirect is not followed. `more` are further headers.

        Raises `FetchRefused`, with the status for whatever is no 2xx.
        """
        deadline, target = Deadline(self.timeout_s), _parse(url)
        headers = [*_HEADERS, ("Accept", self.accept), ("Content-Type", content_type), *more]
        headers.append(("Content-Length", str(len(body))))
        if self._may_know(authorization, target, _origin(target)):
            headers.append(("Authorization", authorization))
        return fetched(target, self._ask("POST", target, headers, deadline, body), is_conditional=False)

    def _may_know(self, authorization: str, target: httpx2.URL, home: tuple[str, bytes, int]) -> bool:
        """Whether the password may go there. Raises `FetchRefused` where it would travel in clear."""
        if not authorization or _origin(target) != home:
            return False
        if target.scheme != "https" and not self._is_allowed(target, home[2]):
            raise FetchRefused("plain_password", "A password is sent over https only: give an https address.")
        return True

    def _ask(
        self, method: str, target: httpx2.URL, headers: list[tuple[str, str]], deadline: Deadline, body: bytes = b""
    ) -> Reply:
        try:
            network = CheckedNetwork(self._addresses(target, deadline), self.network, deadline)
            with (
                httpcore2.ConnectionPool(ssl_context=self.tls or public_tls(), network_backend=network) as pool,
                pool.stream(method, _core_url(target), headers=_encoded(target, headers), content=body) as response,
            ):
                return self._read(target, response)
        except httpcore2.TimeoutException as error:
            raise FetchRefused(
                "timeout", f"{target.host} did not finish its answer within {self.timeout_s:g} seconds."
            ) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise network_fault(target.host, error) from error

    def _addresses(self, target: httpx2.URL, deadline: Deadline) -> Sequence[str]:
        port = target.port or _PORTS[target.scheme]
        addresses = self._resolved(target.raw_host.decode("ascii"), port, deadline)
        if not self._is_allowed(target, port) and any(is_denied(address) for address in addresses):
            raise FetchRefused("private_address", f"{target.host} leads to an address that is not public.")
        return addresses

    def _resolved(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        # The system's resolver knows no timeout, so it works in a thread that is left behind when it is late.
        answers: SimpleQueue[Sequence[str]] = SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self.resolver(host, port))
            except (OSError, UnicodeError):
                answers.put(())

        threading.Thread(target=look_up, name="resolve", daemon=True).start()
        try:
            addresses = answers.get(timeout=deadline.left())
        except Empty:
            message = "no answer from the resolver"
            raise httpcore2.ConnectTimeout(message) from None
        if not addresses:
            raise FetchRefused("unreachable", f"There is no host named {host}.")
        return addresses

    def _is_allowed(self, target: httpx2.URL, port: int) -> bool:
        host = target.raw_host.decode("ascii").lower()
        name = f"[{host}]" if ":" in host else host
        known = {host, name, f"{name}:{port}", target.host, f"{target.host}:{port}"}
        return any(entry.lower() in known for entry in self.hosts_allowed)

    def _read(self, target: httpx2.URL, response: httpcore2.Response) -> Reply:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status not in OK:
            return Reply(response.status, headers, refusal(response, headers))
        body = Body(target.host, headers.get("content-encoding", ""), self.bytes_max)
        length = headers.get("content-length", "")
        if length.isdecimal():
            body.refuse_above(int(length))
        for chunk in response.iter_stream():
            body.add(chunk)
        return Reply(response.status, headers, body.whole())


@cache
def public_tls() -> ssl.SSLContext:
    """Trusts the public authorities; read once a process, where something is fetched, for it takes 30 ms."""
    return httpcore2.default_ssl_context()


def _origin(target: httpx2.URL) -> tuple[str, bytes, int]:
    return target.scheme, target.raw_host.lower(), target.port or _PORTS[target.scheme]


def _parse(url: str, base: httpx2.URL | None = None) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url.strip()) if base is None else base.join(url.strip())
        is_whole = bool(parsed.host) and 0 < (1 if parsed.port is None else parsed.port) <= _PORT_MAX
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise FetchRefused("bad_url", "This is not a valid web address.") from error
    if parsed.scheme not in _PORTS:
        raise FetchRefused("scheme", "Only http and https addresses are fetched.")
    if parsed.userinfo:
        raise FetchRefused("userinfo", "An address with a name or password in it is not fetched.")
    if not is_whole or len(str(parsed)) > _URL_MAX:
        raise FetchRefused("bad_url", "This is not a valid web address.")
    return parsed


def _core_url(target: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path or b"/"
    )


def _encoded(target: httpx2.URL, headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    host = (b"Host", target.netloc)
    return [host, *((name.encode("ascii"), value.encode("latin-1", "ignore")) for name, value in headers)]
