"""Which domains share a budget."""

import pytest

from notifier.domain.recipients import group_of, is_public


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("gmail.com", "google"),
        ("GoogleMail.com.", "google"),
        ("outlook.com", "microsoft"),
        ("outlook.sa", "microsoft"),
        ("hotmail.co.il", "microsoft"),
        ("hotmail.com", "microsoft"),
        ("live.fr", "microsoft"),
        ("msn.com", "microsoft"),
        ("yahoo.com", "yahoo"),
        ("yahoo.com.tr", "yahoo"),
        ("yahoo.co.uk", "yahoo"),
        ("ymail.com", "yahoo"),
        ("maktoob.com", "yahoo"),
        ("aol.com", "yahoo"),
        ("me.com", "icloud"),
        ("walla.co.il", "walla"),
        ("rafidain.example", "rafidain.example"),
        ("live.rafidain.example", "live.rafidain.example"),
        ("notgmail.com", "notgmail.com"),
        ("صحيفة.example", "xn--ogbhx3c3b.example"),
        ("google", "google"),
    ],
)
def test_a_provider_is_one_group_and_any_other_domain_its_own(domain: str, group: str) -> None:
    assert group_of(domain) == group


@pytest.mark.parametrize(
    ("mx", "group"),
    [
        (("aspmx.l.google.com.", "alt1.aspmx.l.google.com."), "google"),
        (("rafidain-example.mail.protection.outlook.com",), "microsoft"),
        (("rafidain-example.a-v1.mx.microsoft",), "microsoft"),
        (("mx-eu.mail.am0.yahoodns.net",), "yahoo"),
        (("mx01.mail.icloud.com",), "icloud"),
        (("mx.unknown.example", "mx1.ovh.net"), "ovh"),
        (("mx.notgoogle.com",), "rafidain.example"),
        ((), "rafidain.example"),
    ],
)
def test_a_domain_belongs_to_whoever_takes_its_mail(mx: tuple[str, ...], group: str) -> None:
    assert group_of("rafidain.example", mx) == group


@pytest.mark.parametrize(
    "domain", ["a.example", "a.test", "localhost", "mail", "x.localhost", "b.invalid", "nas.local"]
)
def test_names_that_only_this_network_knows_are_not_asked_for_outside(domain: str) -> None:
    assert not is_public(domain)


def test_others_are() -> None:
    assert is_public("rafidain.iq")
