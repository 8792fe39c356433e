"""Who is asking, and whether they have asked too often."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from starlette.requests import Request

from notifier import observe

WINDOW_S: Final = 3600
WAIT_S: Final = 1.0
IPV6_PREFIX: Final = 64
"""One household holds a whole /64: it counts as one."""

_log = observe.log(__name__)

# Counting and setting the end in one step: a key without an end would refuse its address for ever.
_COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class SignupLimit:
    """A fixed window per hour and asker, counted in Redis for all web processes; keys are keyed hashes.

    An asker is an IP address or, where that is `what` is counted, any other word.
    """

    def __init__(self, redis_url: str, secret: str, per_hour: int, what: str = "signup") -> None:
        self._what = what
        self._secret = secret.encode()
        self._per_hour = per_hour
        self._redis = _client(redis_url)
        self._count = self._redis.register_script(_COUNT) if self._redis else None

    def allows(self, ip: str, now: datetime) -> bool:
        """Count one sign-up and say whether it is within the limit. Without Redis, yes."""
        if self._count is None:
            return True
        window = int(now.timestamp()) // WINDOW_S
        try:
            return int(self._count(keys=[self._key(ip, window)], args=[WINDOW_S])) <= self._per_hour
        except (RedisError, OSError) as fault:
            _log.warning("signup_limit_unavailable", fault=type(fault).__name__)
            return True

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            self._redis.close()

    def _key(self, ip: str, window: int) -> str:
        digest = hmac.new(self._secret, f"{self._what}:{_household(ip) or ip}:{window}".encode(), hashlib.sha256)
        return f"notifier:{self._what}s:{digest.hexdigest()[:32]}"


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


def _client(url: str) -> Redis | None:
    """A client that gives up within seconds; None where the broker is not Redis, and nothing is counted."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"redis", "rediss", "unix", "redis+socket"}:
        return None
    plain = f"unix://{rest}" if scheme == "redis+socket" else url
    return Redis.from_url(plain, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, retry=Retry(NoBackoff(), 0))


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _household(ip: str) -> str:
    address = _parsed(ip)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address or "")
