"""A letter to ourselves, through a real SMTP server and the real LMTP listener."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.doctor import Light, loop
from notifier.feedback import probes
from notifier.mailroom.lmtp import LmtpServer
from tests.doctor.zone import Clinic
from tests.transports.post_office import free_port

BOUNCES = "b.rafidain.example"


@dataclass
class Relay:
    """Takes a letter and hands it to whoever listens at `port` by LMTP, 0 for nobody; or says `refusal`."""

    port: int = 0
    refusal: str = ""
    seen: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.seen += envelope.rcpt_tos
        if self.port and not self.refusal:
            with smtplib.LMTP("127.0.0.1", self.port) as onwards:
                onwards.sendmail(envelope.mail_from or "", envelope.rcpt_tos, envelope.content or b"")
        return self.refusal or "250 OK"


@pytest.fixture
def relay(clinic: Clinic) -> Iterator[Relay]:
    relay, port = Relay(), free_port()
    clinic.settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="off", bounce_domain=BOUNCES)
    controller = Controller(relay, "127.0.0.1", port)
    controller.start()
    yield relay
    controller.stop()


def test_a_letter_goes_round_and_is_known_when_it_is_back(clinic: Clinic, relay: Relay) -> None:
    with LmtpServer(clinic.world.parts, "127.0.0.1:0", clinic.world.clock) as inbound:
        relay.port = inbound.port
        (found,) = loop.check(clinic.ward(), 5)
    assert (found.key, found.about, found.light) == ("loop", "smtp", Light.GREEN)
    (to,) = relay.seen
    assert to.endswith(f"@{BOUNCES}")
    assert len(to.partition("@")[0]) <= 64
    assert clinic.world.balance().planned == 0, "it is outside of all books"


def test_a_letter_that_does_not_come_back_is_red_within_its_time(clinic: Clinic, relay: Relay) -> None:
    (found,) = loop.check(clinic.ward(), 0.2)
    assert len(relay.seen) == 1
    assert (found.light, "did not come back" in found.found) == (Light.RED, True)


def test_a_letter_that_nobody_takes_is_told_with_the_servers_words(clinic: Clinic, relay: Relay) -> None:
    relay.refusal = "550 5.7.1 not for you"
    (found,) = loop.check(clinic.ward(), 5)
    assert (found.light, relay.refusal in found.found) == (Light.RED, True)


def test_without_a_bounce_domain_there_is_no_way_round(clinic: Clinic) -> None:
    (found,) = loop.check(clinic.ward(), 5)
    assert found.light is Light.SKIPPED


def test_a_probe_that_was_never_sent_has_not_come(clinic: Clinic) -> None:
    with clinic.world.parts.db.reading() as session:
        assert not probes.has_come(session, probes.number())
