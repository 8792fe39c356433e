"""Whether a domain takes mail at all: by a double of the DNS."""

from typing import Any

import dns.name
import dns.resolver
import pytest

from notifier.exchangers import AGAIN_S, MailDomains, MxUnknownError, takes_mail


class _Answer:
    def __init__(self, preference: int, exchange: str) -> None:
        self.preference = preference
        self.exchange = dns.name.from_text(exchange)


@pytest.mark.parametrize(
    ("records", "takes"),
    [
        ({"MX": [_Answer(0, ".")], "A": ["192.0.2.1"]}, False),  # RFC 7505: no mail, whatever else there is
        ({"MX": [_Answer(10, "mx.own.iq.")]}, True),
        ({"A": ["192.0.2.1"]}, True),  # RFC 5321, 5.1: the implicit MX
        ({"AAAA": ["2001:db8::1"]}, True),
        ({}, False),
    ],
)
def test_a_domain_takes_mail_where_mail_can_go(
    monkeypatch: pytest.MonkeyPatch, records: dict[str, list[Any]], *, takes: bool
) -> None:
    def resolve(_name: str, kind: str, **_given: object) -> list[Any]:
        if kind not in records:
            raise dns.resolver.NoAnswer if records else dns.resolver.NXDOMAIN
        return records[kind]

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert takes_mail("own.iq") is takes


def test_what_takes_mail_is_remembered_for_a_while_and_a_silent_dns_is_no_reason() -> None:
    now, asked = [0.0], []

    def ask(domain: str) -> bool:
        asked.append(domain)
        if domain == "silent.iq":
            raise MxUnknownError
        return domain != "none.iq"

    takes = MailDomains(ask, clock=lambda: now[0])
    assert [takes(one) for one in ("none.iq", "none.iq", "own.iq", "silent.iq", "silent.iq")] == [
        *(False, False, True, True, True),
    ]
    assert asked == ["none.iq", "own.iq", "silent.iq", "silent.iq"]
    now[0] = AGAIN_S
    takes("none.iq")
    assert asked[-1] == "none.iq"
    assert [takes(one) for one in ("gmail.com", "rafidain.example", "localhost")] == [True, True, True]
    assert len(asked) == 5
