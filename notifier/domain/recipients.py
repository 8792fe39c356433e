"""Groups of recipient domains whose mail the same servers take: they have a budget together."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from notifier.domain.address import AddressInvalid, a_labels

# Their readers' addresses, as far as the provider has several domains; all others are groups by themselves.
_DOMAINS: Final[Mapping[str, str]] = {
    "google": "gmail.com googlemail.com",
    "microsoft": "msn.com windowslive.com passport.com",
    "yahoo": "ymail.com rocketmail.com aol.com aim.com maktoob.com",
    "icloud": "icloud.com me.com mac.com",
    "proton": "proton.me protonmail.com protonmail.ch pm.me",
    "yandex": "yandex.com yandex.ru yandex.com.tr yandex.ua yandex.kz yandex.by ya.ru",
    "mailru": "mail.ru bk.ru inbox.ru list.ru internet.ru",
    "gmx": "gmx.com gmx.net gmx.de gmx.at gmx.ch web.de",
    "zoho": "zoho.com zohomail.com",
    "walla": "walla.com walla.co.il",
    "etisalat": "emirates.net.ae eim.ae",
    "rediff": "rediffmail.com rediff.com",
    "orange": "orange.fr wanadoo.fr",
}
# The same names under many countries' codes: outlook.sa, hotmail.co.il, live.fr, yahoo.com.tr.
_COUNTRIES: Final = re.compile(r"(outlook|hotmail|live|yahoo)\.(?:com|[a-z]{2}|com?\.[a-z]{2})")
_BRANDS: Final = {"outlook": "microsoft", "hotmail": "microsoft", "live": "microsoft", "yahoo": "yahoo"}

# The ends of mail servers' names, for the domains of companies and schools.
_SERVERS: Final[Mapping[str, str]] = {
    "google": "google.com googlemail.com psmtp.com",
    "microsoft": "outlook.com mx.microsoft hotmail.com office365.us",
    "yahoo": "yahoodns.net yahoo.com aol.com",
    "icloud": "icloud.com apple.com",
    "proton": "protonmail.ch proton.me",
    "yandex": "yandex.net yandex.ru",
    "mailru": "mail.ru",
    "gmx": "gmx.net web.de",
    "zoho": "zoho.com zoho.eu zoho.in zohomail.com",
    "mimecast": "mimecast.com mimecast.co.za",
    "proofpoint": "pphosted.com ppe-hosted.com",
    "messagelabs": "messagelabs.com",
    "rackspace": "emailsrvr.com",
    "godaddy": "secureserver.net",
    "ovh": "ovh.net",
    "hostinger": "hostinger.com titan.email",
    "amazon": "amazonaws.com",
}
# RFC 2606, RFC 6761 and RFC 6762: names that no resolver outside of this machine or network knows.
_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost", "local", "onion", "internal"})

_BY_DOMAIN: Final = {domain: group for group, domains in _DOMAINS.items() for domain in domains.split()}
_BY_SERVER: Final = {server: group for group, servers in _SERVERS.items() for server in servers.split()}


@lru_cache(maxsize=50_000)
def group_of(domain: str, mx: tuple[str, ...] = ()) -> str:
    """The group of a recipient's domain: a provider's name or, without a known one, the domain itself.

    `mx`: the names of the domain's mail servers where they are known, the preferred one first. The domain comes back
    as A-labels in lower case.
    """
    name = plain(domain)
    brand = _COUNTRIES.fullmatch(name)
    known = _BRANDS[brand[1]] if brand else _BY_DOMAIN.get(name)
    return known or next(filter(None, (_of_server(plain(host)) for host in mx)), name)


def is_public(domain: str) -> bool:
    """Whether the public DNS can know this domain; the others' names stay here."""
    labels = plain(domain).split(".")
    return len(labels) > 1 and labels[-1] not in _RESERVED


def plain(domain: str) -> str:
    """A-labels in lower case without the final dot; as it is where it is no domain at all."""
    name = domain.strip().rstrip(".").lower()
    try:
        return a_labels(name)
    except AddressInvalid:
        return name


def _of_server(host: str) -> str | None:
    return next((_BY_SERVER[end] for end in _ends(host) if end in _BY_SERVER), None)


def _ends(host: str) -> Iterable[str]:
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels) - 1))
