"""Reverse DNS, EHLO, the way back, and whether senders can be answered."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from notifier.doctor import Light, hosts, returns
from notifier.mailroom.lmtp import LmtpServer
from tests.doctor.zone import IP, SENDER, Clinic
from tests.transports.post_office import PostOffice, free_port, opened

BOUNCES = "b.rafidain.example"


def test_a_name_that_leads_back_is_green(clinic: Clinic) -> None:
    clinic.settings(sending_ips=IP)
    clinic.zone.ptr[IP] = ["other.example", "mail.rafidain.example"]
    clinic.zone.a["mail.rafidain.example"] = [IP]
    found = clinic.one(hosts.check, "ptr")
    assert (found.light, found.about) == (Light.GREEN, IP)


def test_an_address_without_a_name_or_with_one_that_leads_elsewhere_is_red(clinic: Clinic) -> None:
    clinic.settings(sending_ips=IP)
    assert "no PTR" in clinic.one(hosts.check, "ptr").found
    clinic.zone.ptr[IP] = ["mail.rafidain.example"]
    clinic.zone.a["mail.rafidain.example"] = ["192.0.2.8"]
    found = clinic.one(hosts.check, "ptr")
    assert (found.light, found.record) == (Light.RED, f"mail.rafidain.example. A {IP}")


def test_what_cannot_be_known_of_a_relay_is_skipped(clinic: Clinic) -> None:
    clinic.settings(smtp_host="smtp.relay.example")
    assert clinic.one(hosts.check, "ptr").light is Light.SKIPPED


def test_our_own_server_is_known_by_its_greeting(clinic: Clinic) -> None:
    assert clinic.one(hosts.check, "ptr").light is Light.AMBER, "no address is known"
    clinic.zone.a["mail.rafidain.example"] = ["8.8.8.8"]
    clinic.zone.ptr["8.8.8.8"] = ["mail.rafidain.example"]
    assert clinic.one(hosts.check, "ptr").light is Light.GREEN


@pytest.mark.parametrize("name", ["localhost", "[127.0.0.1]", "gone.rafidain.example"])
def test_a_greeting_that_nobody_finds_is_red_and_at_a_relay_amber(clinic: Clinic, name: str) -> None:
    clinic.settings(smtp_helo=name)
    assert clinic.one(hosts.check, "ehlo").light is Light.RED
    clinic.settings(smtp_host="smtp.relay.example")
    assert clinic.one(hosts.check, "ehlo").light is Light.AMBER


def test_a_greeting_with_an_address_is_green(clinic: Clinic) -> None:
    clinic.zone.a["mail.rafidain.example"] = [IP]
    assert clinic.one(hosts.check, "ehlo").light is Light.GREEN


@pytest.fixture
def returning(clinic: Clinic) -> Iterator[tuple[Clinic, PostOffice]]:
    """A bounce domain whose mail server is a real one, on loopback."""
    with opened(PostOffice()) as office:
        clinic.settings(bounce_domain=BOUNCES)
        clinic.zone.mx[BOUNCES] = ["mx.rafidain.example"]
        clinic.zone.a["mx.rafidain.example"] = ["127.0.0.1"]
        clinic.given["smtp_port"] = office.port
        yield clinic, office


def test_a_server_that_takes_our_bounce_address_is_green_and_gets_no_letter(
    returning: tuple[Clinic, PostOffice],
) -> None:
    clinic, office = returning
    found = clinic.one(returns.check, "mx")
    assert (found.light, found.about) == (Light.GREEN, BOUNCES)
    assert len(office.sessions) == 1
    assert office.letters == []


def test_a_server_that_refuses_it_is_red_and_one_that_is_busy_amber(returning: tuple[Clinic, PostOffice]) -> None:
    clinic, office = returning
    office.says["RCPT"] = ["550 5.1.1 no such user"]
    found = clinic.one(returns.check, "mx")
    assert found.light is Light.RED
    assert "no such user" in found.found
    office.says["RCPT"] = ["451 4.3.0 later"]
    assert clinic.one(returns.check, "mx").light is Light.AMBER


def test_a_domain_without_mx_or_with_one_that_is_nowhere_is_red(clinic: Clinic) -> None:
    clinic.settings(bounce_domain=BOUNCES)
    assert "no MX" in clinic.one(returns.check, "mx").found
    clinic.zone.mx[BOUNCES] = ["mx.rafidain.example"]
    assert "no address" in clinic.one(returns.check, "mx").found
    clinic.zone.a["mx.rafidain.example"] = ["127.0.0.1"]
    clinic.given["smtp_port"] = free_port()
    found = clinic.one(returns.check, "mx")
    assert (found.light, "no answer" in found.found) == (Light.AMBER, True)


def test_bounces_that_go_to_the_senders_mailbox_are_amber(clinic: Clinic) -> None:
    assert clinic.one(returns.check, "mx").light is Light.AMBER


def test_the_door_is_green_while_it_runs_and_red_when_not(clinic: Clinic) -> None:
    where = f"127.0.0.1:{free_port()}"
    clinic.settings(inbound_domain="in.rafidain.example", inbound_listen=where)
    assert clinic.one(returns.check, "door").light is Light.RED
    with LmtpServer(clinic.world.parts, where, clinic.world.clock):
        found = clinic.one(returns.check, "door")
        assert (found.light, found.found[:3]) == (Light.GREEN, "220")


def test_a_reply_domain_is_asked_with_an_address_that_our_own_door_takes(clinic: Clinic) -> None:
    where, domain = f"127.0.0.1:{free_port()}", "in.rafidain.example"
    clinic.settings(inbound_domain=domain, inbound_listen=where, bounce_domain="")
    clinic.zone.mx[domain] = ["mx.rafidain.example"]
    clinic.zone.a["mx.rafidain.example"] = ["127.0.0.1"]
    asked: list[str] = []

    class Postfix:
        async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            asked.append(said[3])
            return "250 OK"

    relay = Controller(Postfix(), "127.0.0.1", free_port())
    relay.start()
    try:
        clinic.given["smtp_port"] = relay.port
        found = [one for one in clinic.look(returns.check, "mx") if one.about == domain]
    finally:
        relay.stop()
    assert [one.light for one in found] == [Light.GREEN]
    number = clinic.world.parts.signer.read_local("reply", asked[0].partition("+")[2].partition("@")[0])
    assert number == 1


def test_a_sender_that_takes_mail_is_green(clinic: Clinic) -> None:
    clinic.zone.mx[SENDER] = ["mx.rafidain.example"]
    found = clinic.one(returns.check_sites)
    assert found.light is Light.GREEN
    assert "rafidain" in found.found


def test_a_sender_that_takes_none_is_red(clinic: Clinic) -> None:
    assert clinic.one(returns.check_sites).light is Light.RED
    clinic.zone.mx[SENDER] = ["."]
    clinic.zone.a[SENDER] = [IP]
    assert clinic.one(returns.check_sites).light is Light.RED
    clinic.zone.mx[SENDER] = []
    assert clinic.one(returns.check_sites).light is Light.GREEN, "its own address takes its mail"
