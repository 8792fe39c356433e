"""Whose servers take a domain's mail, found out beside the sending: until it is known, a domain is its own group."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import dns.exception
import dns.resolver

from notifier.domain.recipients import group_of, is_public
from notifier.shared import Shared

LOOKUPS_PER_S: Final = 5.0
LOOKUP_S: Final = 3.0
LOOK_S: Final = 0.5
"""How often an idle thread looks whether it shall end."""
KNOWN_MAX: Final = 50_000
WAITING_MAX: Final = 5_000
BATCH: Final = 100
LASTS_S: Final = 86_400.0
"""A domain moves to other servers rarely."""
AGAIN_S: Final = 900.0
"""After a lookup that failed."""

Lookup = Callable[[str], Sequence[str]]
"""A domain to the names of its mail servers, the preferred first; none for a domain without any.

Raises MxUnknownError.
"""

_LOAD: Final = "return redis.call('MGET', unpack(KEYS))"
_SAVE: Final = "redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1"


class MxUnknownError(Exception):
    """The DNS did not say, this time."""


class Groups:
    """The group of each domain, by provider and where it is known by MX. Never waits; safe for threads.

    A thread asks for what is unknown, a few a second, and leaves what it learns in Redis for other workers. A domain
    can be one person's: none is logged.
    """

    def __init__(self, shared: Shared, lookup: Lookup | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`lookup` None: domains are groups by themselves, unless they are a provider's."""
        self._lookup = lookup
        self._clock = clock
        self._load, self._save = shared.script(_LOAD), shared.script(_SAVE)
        self._known: dict[str, tuple[str, float]] = {}
        self._waiting: queue.Queue[str] = queue.Queue(WAITING_MAX)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, domain: str) -> str:
        """The group of a recipient's domain, as far as it is known now."""
        group = group_of(domain)
        # A provider's name has no dot; nor has a name that only this network knows.
        if self._lookup is None or "." not in group:
            return group
        known, until = self._known.get(group, (group, 0.0))
        if self._clock() >= until:
            self._ask_for(group, known)
        return known

    def close(self) -> None:
        """End the thread; a later question begins another."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(LOOKUP_S)
        self._ended, self._thread = threading.Event(), None

    def _ask_for(self, domain: str, known: str) -> None:
        if not is_public(domain):
            self._remember(domain, domain, LASTS_S)
            return
        with suppress(queue.Full):  # It is asked for with its next letter.
            self._waiting.put_nowait(domain)
            self._remember(domain, known, AGAIN_S)
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # Begun late: a thread does not come along when a worker forks.
                self._thread = threading.Thread(target=self._work, args=(self._ended,), name="mx", daemon=True)
                self._thread.start()

    def _work(self, ended: threading.Event) -> None:
        while not ended.is_set():
            domains = self._next()
            stored = (self._load([_key(one) for one in domains], []) if domains else None) or [None] * len(domains)
            for domain, group in zip(domains, stored, strict=True):
                if group is not None:
                    self._remember(domain, group.decode(), LASTS_S)
                elif not ended.wait(1 / LOOKUPS_PER_S):
                    self._look_up(domain)

    def _next(self) -> list[str]:
        domains: list[str] = []
        with suppress(queue.Empty):
            domains.append(self._waiting.get(timeout=LOOK_S))
            while len(domains) < BATCH:
                domains.append(self._waiting.get_nowait())
        return domains

    def _look_up(self, domain: str) -> None:
        try:
            servers = self._lookup(domain) if self._lookup else ()
        except MxUnknownError:
            return  # Remembered as asked for: it is again after a while.
        group = group_of(domain, tuple(servers))
        self._remember(domain, group, LASTS_S)
        self._save([_key(domain)], [group, int(LASTS_S)])

    def _remember(self, domain: str, group: str, seconds: float) -> None:
        with self._lock:
            if len(self._known) >= KNOWN_MAX:
                for oldest in list(self._known)[: KNOWN_MAX // 10]:
                    del self._known[oldest]
            self._known[domain] = (group, self._clock() + seconds)


def mx_of(domain: str) -> Sequence[str]:
    """The domain's mail servers as the DNS has them. Raises MxUnknownError."""
    try:
        answer = dns.resolver.resolve(f"{domain}.", "MX", lifetime=LOOKUP_S, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as fault:
        raise MxUnknownError(type(fault).__name__) from fault
    found = sorted((int(one.preference), one.exchange.to_text()) for one in answer)
    return [name for _, name in found]


def takes_mail(domain: str) -> bool:
    """Whether mail for this domain has somewhere to go: servers of its own or, without, an address (RFC 5321, 5.1).

    False for a null MX (RFC 7505). Raises MxUnknownError.
    """
    servers = mx_of(domain)
    if servers:
        return any(name != "." for name in servers)
    return any(_has(domain, kind) for kind in ("A", "AAAA"))


class MailDomains:
    """Which domains take mail, remembered for a while. Safe for threads; who is not known is believed."""

    def __init__(self, ask: Callable[[str], bool] | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`ask` None: every domain is believed."""
        self._ask = ask
        self._clock = clock
        self._known: dict[str, tuple[bool, float]] = {}

    def __call__(self, domain: str) -> bool:
        """Whether a domain (in A-labels) takes mail; asks the DNS, so it may take seconds."""
        # A provider's name has no dot, and what only this network knows is not the public DNS's to tell.
        if self._ask is None or "." not in group_of(domain) or not is_public(domain):
            return True
        known, until = self._known.get(domain, (True, 0.0))
        if self._clock() < until:
            return known
        try:
            found = self._ask(domain)
        except MxUnknownError:
            return True
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[domain] = found, self._clock() + AGAIN_S
        return found


def _has(domain: str, kind: str) -> bool:
    try:
        return bool(dns.resolver.resolve(f"{domain}.", kind, lifetime=LOOKUP_S, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    except (dns.exception.DNSException, OSError) as fault:
        raise MxUnknownError(type(fault).__name__) from fault


def _key(domain: str) -> str:
    return f"notifier:{{mx}}:{domain}"
