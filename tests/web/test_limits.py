"""Whose request it is, and how many of them."""

import pytest
from starlette.requests import Request

from notifier.web.limits import Proxies, household


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


def test_each_household_is_one() -> None:
    addresses = (
        "203.0.113.9",
        "203.0.113.8",
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8:0:1::1",
        "::ffff:203.0.113.9",
        "x",
    )
    assert [household(ip) for ip in addresses] == [
        *("203.0.113.9", "203.0.113.8", "2001:db8::/64", "2001:db8::/64", "2001:db8:0:1::/64", "203.0.113.9", ""),
    ]
