"""Whose request it is, and how many of them."""

from datetime import UTC, datetime

import pytest
import redis
from starlette.requests import Request

from notifier.web.limits import Proxies, SignupLimit

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def request(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return Request({"type": "http", "client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "found"),
    [
        ((), "203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ((), "127.0.0.1", ("198.51.100.1",), "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        (("10.0.0.0/8",), "10.1.1.1", ("198.51.100.1",), "198.51.100.1"),
        (("10.0.0.0/8",), "10.1.1.1", ("1.1.1.1, 198.51.100.1",), "198.51.100.1"),
        (("10.0.0.0/8",), "10.1.1.1", ("1.1.1.1", "198.51.100.1, 10.2.2.2"), "198.51.100.1"),
        (("10.0.0.0/8",), "10.1.1.1", (), "10.1.1.1"),
        (("10.0.0.0/8",), "10.1.1.1", ("unknown",), "10.1.1.1"),
        (("10.0.0.0/8",), "10.1.1.1", ("1.1.1.1, \xff, 10.2.2.2",), "10.2.2.2"),
        (("10.0.0.0/8",), "10.1.1.1", ("10.3.3.3, 10.2.2.2",), "10.3.3.3"),
        (("10.0.0.0/8",), "::ffff:10.1.1.1", ("::ffff:198.51.100.1",), "198.51.100.1"),
        (("::1",), "::1", ("2001:db8::7",), "2001:db8::7"),
        (("10.0.0.0/8",), None, ("198.51.100.1",), ""),
        (("10.0.0.0/8",), "testclient", ("198.51.100.1",), ""),
    ],
)
def test_a_forwarded_address_counts_only_behind_our_proxies(
    trusted: tuple[str, ...], peer: str | None, forwarded: tuple[str, ...], found: str
) -> None:
    assert Proxies(trusted).client_ip(request(peer, *forwarded)) == found


def test_each_household_has_its_own_count(empty_redis_url: str) -> None:
    limit = SignupLimit(empty_redis_url, "secret", 2)
    addresses = ["203.0.113.9", "203.0.113.8", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
    assert [limit.allows(ip, NOW) for ip in [*addresses, "2001:db8::3", "203.0.113.9", "203.0.113.9"]] == [
        *[True] * 5,
        False,
        True,
        False,
    ]
    limit.close()


def test_redis_holds_no_address_and_forgets_within_the_hour(empty_redis_url: str) -> None:
    limit = SignupLimit(empty_redis_url, "secret", 2)
    limit.allows("203.0.113.9", NOW)
    limit.close()
    with redis.Redis.from_url(empty_redis_url) as client:
        (key,) = client.keys("notifier:signups:*")
        assert b"203.0.113" not in key
        assert 0 < client.ttl(key) <= 3600


def test_without_redis_everybody_may_sign_up_at_once() -> None:
    limit = SignupLimit("redis://127.0.0.1:9/0", "secret", 1)
    assert all(limit.allows("203.0.113.9", NOW) for _ in range(3))
    limit.close()


def test_a_broker_that_is_not_redis_counts_nothing() -> None:
    limit = SignupLimit("amqp://127.0.0.1:9//", "secret", 1)
    assert all(limit.allows("203.0.113.9", NOW) for _ in range(3))
    limit.close()
