"""Questions to a WordPress's REST API, each with a plain sentence for what may come back instead of an answer."""

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from notifier.sources.faults import ApiInvalid, FetchRefused
from notifier.sources.fetch import Fetched, Fetcher
from notifier.sources.wordpress.seen import Row

REQUESTS_MAX: Final = 24
SECONDS_MAX: Final = 150.0
"""What one look may take: the claim on a source lasts five minutes."""
_LOGIN: Final = frozenset({401, 403})
_GONE: Final = frozenset({401, 403, 404, 410})
_OURS: Final = frozenset({"rest_no_route", "rest_forbidden_context"})
"""Codes that speak of our question, not of what was asked for."""


class AllowanceSpentError(Exception):
    """One look has asked enough; the next goes on from here."""


@dataclass(slots=True)
class Allowance:
    """How much one look may still ask."""

    requests: int = REQUESTS_MAX
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS_MAX)

    def take(self) -> None:
        """Spend one request. Raises `AllowanceSpentError` when there is none left."""
        if self.requests < 1 or time.monotonic() > self.until:
            raise AllowanceSpentError
        self.requests -= 1


@dataclass(slots=True)
class Rest:
    """The API below one root, such as `https://site/wp-json/` or `https://site/?rest_route=/`."""

    fetcher: Fetcher
    root: str
    authorization: str = ""
    allowance: Allowance = field(default_factory=Allowance)
    too_large: int = 0
    """How many rows were larger than a fetch may be, and left out."""
    totals: dict[str, int] = field(default_factory=dict)
    """How many there are of each route, as the last answer said."""

    def rows(self, route: str, ask: Mapping[str, str], count: int, offset: int = 0) -> list[Row]:
        """Up to `count` rows; a row that is larger than a fetch may be is an empty one.

        Raises `FetchRefused` and `ApiInvalid`.
        """
        try:
            told = self._ask(route, {**ask, "per_page": str(count), **({"offset": str(offset)} if offset else {})})
        except FetchRefused as fault:
            if fault.key != "too_large":
                raise
            return self._smaller(route, ask, count, offset)
        if not isinstance(told, list):
            raise ApiInvalid("shape", f"{self._host} answers with JSON that is no list of {route}.")
        return [row if isinstance(row, dict) else {} for row in told]

    def row(self, route: str, ask: Mapping[str, str]) -> Row:
        """One thing. Raises `FetchRefused` and `ApiInvalid`."""
        told = self._ask(route, ask)
        if not isinstance(told, dict):
            raise ApiInvalid("shape", f"{self._host} answers with JSON that is no description of {route or 'itself'}.")
        return told

    def has(self, route: str, states: frozenset[str]) -> bool:
        """Whether the site itself says that this one thing is there for readers; anything unclear raises."""
        try:
            return self.row(route, {"_fields": "id,status", **self.context}).get("status", "") in states
        except ApiInvalid as fault:
            if fault.status in _GONE and fault.key.startswith("rest_") and fault.key not in _OURS:
                return False
            raise

    @property
    def context(self) -> dict[str, str]:
        """Who has a password sees the addresses of commenters, which are kept only as hashes."""
        return {"context": "edit"} if self.authorization else {}

    @property
    def _host(self) -> str:
        return urlsplit(self.root).netloc

    def _smaller(self, route: str, ask: Mapping[str, str], count: int, offset: int) -> list[Row]:
        if count == 1:
            self.too_large += 1
            return [{}]
        half = count // 2
        first = self.rows(route, ask, half, offset)
        return first + (self.rows(route, ask, count - half, offset + half) if len(first) == half else [])

    def _ask(self, route: str, ask: Mapping[str, str]) -> Any:  # noqa: ANN401 - it is whatever JSON says
        self.allowance.take()
        joined = "&" if "?" in self.root else "?"
        url = f"{self.root}{route}{joined}{urlencode(ask)}" if ask else f"{self.root}{route}"
        try:
            fetched = self.fetcher.get(url, authorization=self.authorization)
        except FetchRefused as fault:
            if fault.status in _GONE:
                raise self._refused(fault) from fault
            raise
        total = fetched.headers.get("x-wp-total", "")
        if total.isdecimal():
            self.totals[route] = int(total[:9])
        return self._read(fetched)

    def _read(self, fetched: Fetched) -> Any:  # noqa: ANN401 - the same
        found = _json(fetched.body)
        if found is None:
            moved = urlsplit(fetched.url).netloc
            there = f", after it led to {moved}" if moved != self._host else ""
            raise ApiInvalid(
                "not_json",
                f"{self._host} answers with {_what(fetched)} where JSON was expected{there}: a login wall, "
                f"a maintenance page, a firewall or a broken plugin may stand before its REST API.",
            )
        return found

    def _refused(self, fault: FetchRefused) -> ApiInvalid:
        told = _json(fault.body)
        code = str(told.get("code") or "")[:60] if isinstance(told, dict) else ""
        if fault.status in _LOGIN:
            said = f" ({code})" if code else ""
            wish = "Its password is not accepted" if self.authorization else "It asks for a login"
            advice = "check it" if self.authorization else "an application password of that WordPress would open it"
            sentence = f"{self._host} answered with status {fault.status}{said}. {wish}: {advice}."
            return ApiInvalid(code or "wants_login", sentence, fault.status)
        sentence = (
            f"{self._host} answered with status {fault.status}: its REST API is not, or no longer, at {self.root}."
        )
        return ApiInvalid(code or "no_api", sentence, fault.status)


def basic(secret: str) -> str:
    """The Authorization header for `user name:application password`."""
    return f"Basic {b64encode(secret.encode()).decode()}" if secret else ""


def _json(body: bytes) -> Any | None:  # noqa: ANN401 - the same
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace").strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return None


def _what(fetched: Fetched) -> str:
    if not fetched.body.strip():
        return "nothing"
    return (
        "a web page" if b"<html" in fetched.body[:2000].lower() or "html" in fetched.content_type else "something else"
    )
