"""Who is asking: the address of a request, and the household behind it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.requests import Request

IPV6_PREFIX: Final = 64
"""One household holds a whole /64: it counts as one."""


class Proxies:
    """The proxies whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = [ip_network(entry, strict=False) for entry in trusted]

    def client_ip(self, request: Request) -> str:
        """The address a request came from: the rightmost hop that is no proxy of ours."""
        hop = _parsed(request.client.host if request.client else "")
        chain = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        while hop is not None and self._is_ours(hop) and chain:
            further = _parsed(chain.pop())
            if further is None:
                break
            hop = further
        return str(hop) if hop is not None else ""

    def _is_ours(self, hop: IPv4Address | IPv6Address) -> bool:
        return any(hop in network for network in self._networks)


def household(ip: str) -> str:
    """What counts as one: an IPv4 address, or the /64 of an IPv6 one."""
    address = _parsed(ip)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address or "")


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
