"""TLS and AUTH, against a real server with a certificate made for the test."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notifier.domain.outcome import Outcome, Refused, Sent
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.listed import send_all
from notifier.transports.smtp import SmtpTransport
from tests.transports.post_office import PASSWORD, USER, PostOffice, letters, opened

TAKEN = [Sent("250 2.0.0 taken")]
LOGIN: dict[str, Any] = {"username": USER.decode(), "password": PASSWORD.decode()}


@dataclass(frozen=True)
class Certificate:
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl binary to make a certificate with")
    folder: Path = tmp_path_factory.mktemp("certificate")
    key, chain = str(folder / "key.pem"), str(folder / "chain.pem")
    subprocess.run(  # noqa: S603 - our own command line
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", key, "-out", chain, "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    return Certificate(server, ssl.create_default_context(cafile=chain))


def send(office: PostOffice, count: int = 1, **knobs: Any) -> list[Outcome]:
    facts: dict[str, Any] = {"helo": "mail.news.example", "connect_timeout_s": 3, "reply_timeout_s": 3}
    transport = SmtpTransport(SmtpAccount("127.0.0.1", office.port, **(facts | knobs)))
    outcomes = [outcome for _, outcome in send_all(transport, letters(count))]
    transport.close()
    return outcomes


def assert_nobodys_fault(outcomes: list[Outcome], text: str) -> None:
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert (outcome.forever, outcome.charged) == (False, False)
        assert text in outcome.reply


def is_encrypted(office: PostOffice) -> bool:
    return office.sessions[-1].ssl is not None


def test_required_tls_is_used_and_the_certificate_checked(certificate: Certificate) -> None:
    with opened(PostOffice(), tls_context=certificate.server) as office:
        assert send(office, tls="required", tls_context=certificate.client) == TAKEN
        assert is_encrypted(office)
        assert_nobodys_fault(send(office, tls="required"), "CERTIFICATE_VERIFY_FAILED")
    assert len(office.letters) == 1


def test_required_tls_that_is_not_offered_sends_nothing() -> None:
    with opened(PostOffice()) as office:
        assert_nobodys_fault(send(office, tls="required"), "STARTTLS")
    assert office.letters == []


def test_opportunistic_tls_takes_what_it_gets(certificate: Certificate) -> None:
    with opened(PostOffice(), tls_context=certificate.server) as office:
        assert send(office, tls="opportunistic") == TAKEN
        assert is_encrypted(office)
    with opened(PostOffice()) as office:
        assert send(office, tls="opportunistic") == TAKEN
        assert not is_encrypted(office)


def test_implicit_tls_speaks_tls_from_the_start(certificate: Certificate) -> None:
    with opened(PostOffice(), ssl_context=certificate.server) as office:
        assert send(office, tls="implicit", tls_context=certificate.client) == TAKEN


def test_no_tls_is_used_when_it_is_off(certificate: Certificate) -> None:
    with opened(PostOffice(), tls_context=certificate.server) as office:
        assert send(office, tls="off") == TAKEN
        assert not is_encrypted(office)


def test_the_account_authenticates_over_tls(certificate: Certificate) -> None:
    office = PostOffice()
    with opened(office, tls_context=certificate.server, authenticator=office.authenticate, auth_required=True):
        assert send(office, tls="required", tls_context=certificate.client, **LOGIN) == TAKEN


def test_a_password_is_never_given_to_an_unknown_server(certificate: Certificate) -> None:
    office = PostOffice()
    with opened(office, tls_context=certificate.server, authenticator=office.authenticate):
        assert_nobodys_fault(send(office, tls="opportunistic", **LOGIN), "CERTIFICATE_VERIFY_FAILED")
    assert office.auth_tries == 0


def test_a_wrong_password_is_no_letters_fault_and_tried_once(certificate: Certificate) -> None:
    office = PostOffice()
    with opened(office, tls_context=certificate.server, authenticator=office.authenticate):
        wrong = LOGIN | {"password": "wrong"}
        outcomes = send(office, count=3, tls="required", tls_context=certificate.client, **wrong)
    assert_nobodys_fault(outcomes, "535")
    assert_nobodys_fault(outcomes, "authentication")
    assert len(office.sessions) == 2  # EHLO before and after STARTTLS
    assert office.letters == []


@pytest.mark.parametrize("policy", ["off", "opportunistic"])
def test_there_is_no_auth_before_tls(policy: str) -> None:
    office = PostOffice()
    with opened(office, authenticator=office.authenticate, auth_require_tls=False):
        assert_nobodys_fault(send(office, tls=policy, **LOGIN), "no AUTH without TLS")
    assert office.auth_tries == 0
    assert office.letters == []


def test_a_server_that_draws_out_its_greetings_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.transports.account.SESSION_STEPS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeter = threading.Thread(target=_greet_slowly, args=(listener,), daemon=True)
        greeter.start()
        account = SmtpAccount("127.0.0.1", listener.getsockname()[1], helo="x.example", connect_timeout_s=0.4)
        with pytest.raises(SessionRefusedError, match="too long over its greetings"):
            open_session(account)
        greeter.join(5)
    assert not greeter.is_alive()


def _greet_slowly(listener: socket.socket) -> None:
    """Each line comes in time, all of them together do not; ends when the other side hangs up."""
    client, _ = listener.accept()
    with client:
        client.sendall(b"220 slow.example\r\n")
        client.recv(100)
        for line in (b"250-slow.example\r\n", b"250-SIZE\r\n", b"250-HELP\r\n", b"250 PIPELINING\r\n"):
            time.sleep(0.08)
            client.sendall(line)
        assert client.recv(100) == b""
