"""What the checks ask the DNS, and the DNS itself."""

from typing import Final, Protocol

import dns.exception
import dns.resolver
import dns.reversename

LOOKUP_S: Final = 2.5


class DnsSilentError(Exception):
    """The DNS did not say, this time; the message names the question."""


class Dns(Protocol):
    """Answers by name; empty for a name or a kind that is not there. Raises DnsSilentError."""

    def texts(self, name: str) -> tuple[str, ...]:
        """TXT records, each in one piece."""
        ...

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The mail servers of a domain, the preferred first; `.` alone for one that takes no mail (RFC 7505)."""
        ...

    def addresses(self, name: str) -> tuple[str, ...]:
        """IPv4 and IPv6 addresses."""
        ...

    def names(self, ip: str) -> tuple[str, ...]:
        """What an address is called, by its PTR records."""
        ...


class LiveDns:
    """The DNS as this machine's resolver gives it; each question is asked once."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver or dns.resolver.Resolver()
        self._resolver.cache = dns.resolver.LRUCache()

    def texts(self, name: str) -> tuple[str, ...]:
        """As the protocol says."""
        return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in self._ask(name, "TXT"))

    def exchangers(self, name: str) -> tuple[str, ...]:
        """As the protocol says."""
        found = sorted((int(one.preference), one.exchange.to_text()) for one in self._ask(name, "MX"))
        return tuple(host if host == "." else host.rstrip(".").lower() for _, host in found)

    def addresses(self, name: str) -> tuple[str, ...]:
        """As the protocol says."""
        return tuple(one.to_text() for kind in ("A", "AAAA") for one in self._ask(name, kind))

    def names(self, ip: str) -> tuple[str, ...]:
        """As the protocol says."""
        reverse = dns.reversename.from_address(ip).to_text()
        return tuple(one.to_text().rstrip(".").lower() for one in self._ask(reverse, "PTR"))

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | tuple[()]:
        try:
            return self._resolver.resolve(f"{name.rstrip('.')}.", kind, lifetime=LOOKUP_S, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.EmptyLabel, dns.name.LabelTooLong):
            return ()
        except (dns.exception.DNSException, OSError) as fault:
            raise DnsSilentError(f"{kind} {name}: {type(fault).__name__}") from fault
