"""The accounts' servers, by real sessions with certificates made for the test."""

import ssl
from datetime import UTC, datetime
from typing import Any

import pytest

from notifier.account import Account
from notifier.doctor import Light, servers
from notifier.doctor.finding import Finding, Pen
from tests.doctor.zone import Clinic
from tests.transports.post_office import PASSWORD, USER, PostOffice, free_port, opened
from tests.transports.test_smtp_sessions import Certificate, certificate

__all__ = ["certificate"]


def look(clinic: Clinic, port: int, trust: ssl.SSLContext | None = None, **knobs: Any) -> Finding:
    account = Account(host="127.0.0.1", port=port, **knobs)
    clinic.settings(smtp_accounts={"relay": account})
    clinic.given["tls"] = trust
    found = clinic.one(servers.check)
    assert found.about == "relay"
    return found


def test_a_server_that_takes_our_password_over_tls_is_green_but_for_a_certificate_that_ends(
    clinic: Clinic, certificate: Certificate
) -> None:
    office = PostOffice()
    with opened(office, tls_context=certificate.server, authenticator=office.authenticate, auth_required=True):
        found = look(
            clinic, office.port, certificate.client, tls="required", username=USER.decode(), password=PASSWORD.decode()
        )
        assert office.auth_tries == 1
    assert found.light is Light.AMBER, "it holds for a day"
    assert "TLSv1" in found.found
    assert "renewed" in found.advice


def test_a_wrong_password_is_red(clinic: Clinic, certificate: Certificate) -> None:
    office = PostOffice()
    with opened(office, tls_context=certificate.server, authenticator=office.authenticate, auth_required=True):
        found = look(clinic, office.port, certificate.client, tls="required", username="letters", password="wrong")
    assert found.light is Light.RED
    assert "authentication" in found.found
    assert "wrong" not in found.found


def test_starttls_that_is_required_and_not_offered_is_red(clinic: Clinic) -> None:
    with opened(PostOffice()) as office:
        assert look(clinic, office.port, tls="required").light is Light.RED


def test_a_server_that_is_away_is_red(clinic: Clinic) -> None:
    found = look(clinic, free_port())
    assert (found.light, "ConnectionRefused" in found.found) == (Light.RED, True)


def test_a_certificate_of_nobody_is_red_where_it_matters(clinic: Clinic, certificate: Certificate) -> None:
    with opened(PostOffice(), tls_context=certificate.server) as office:
        assert look(clinic, office.port, tls="required").light is Light.RED
        assert look(clinic, office.port, tls="opportunistic").light is Light.GREEN, "on this very machine"
        given = look(clinic, office.port, tls="opportunistic", username="letters", password="x")
        assert given.light is Light.RED, "no password is given to an unknown server"


def test_no_encryption_is_green_on_this_machine_alone(clinic: Clinic) -> None:
    with opened(PostOffice()) as office:
        assert look(clinic, office.port).light is Light.GREEN
    away = Account(host="smtp.relay.example")
    assert servers.judged(Pen("tls", "relay"), away, "", None).light is Light.RED


@pytest.mark.parametrize(("tls", "light"), [("required", Light.GREEN), ("opportunistic", Light.AMBER)])
def test_encryption_that_can_be_switched_off_on_the_way_is_amber(tls: Any, light: Light) -> None:
    away, until = Account(host="smtp.relay.example", tls=tls), datetime(2099, 1, 1, tzinfo=UTC)
    assert servers.judged(Pen("tls", "relay"), away, "TLSv1.3", until).light is light
