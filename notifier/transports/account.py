"""An SMTP account, and how a session with its server begins: connect, TLS, AUTH."""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from notifier.account import SESSION_STEPS, Account, TlsPolicy
from notifier.transports.replies import FINAL, text_of


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Where letters are handed over, and as whom."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    tls: TlsPolicy = "opportunistic"
    helo: str = ""
    connect_timeout_s: float = 30
    reply_timeout_s: float = 600
    letters_per_connection: int = 100
    connections: int = 1
    """At once, where its answers take long."""
    tls_context: ssl.SSLContext | None = None
    """In place of the system's certificate authorities (which `SSL_CERT_FILE` can name as well)."""

    @classmethod
    def of(cls, account: Account) -> Self:
        """An account of the settings."""
        return cls(
            host=account.host,
            port=account.port,
            username=account.username,
            password=account.password.get_secret_value(),
            tls=account.tls,
            helo=account.helo,
            connect_timeout_s=account.connect_timeout_s,
            reply_timeout_s=account.reply_timeout_s,
            letters_per_connection=account.letters_per_connection,
            connections=account.connections,
        )


class SessionRefusedError(Exception):
    """No session came about; the text says why. No letter is at fault.

    `is_for_good`: the server refuses the account's name or password, which no second try changes.
    """

    def __init__(self, said: str, *, is_for_good: bool = False) -> None:
        super().__init__(said)
        self.is_for_good = is_for_good


def open_session(account: SmtpAccount) -> smtplib.SMTP:
    """A session ready for MAIL: greeted, and as the account asks encrypted and authenticated.

    Raises SessionRefusedError.
    """
    ends_at = time.monotonic() + SESSION_STEPS * account.connect_timeout_s
    try:
        smtp = _connect(account)
    except (OSError, smtplib.SMTPException, ValueError) as fault:
        raise SessionRefusedError(_said("connect", fault)) from fault
    try:
        _send_at_once(smtp)
        _greet(smtp, account, ends_at)
    except SessionRefusedError:
        smtp.close()
        raise
    except (OSError, smtplib.SMTPException, ValueError) as fault:
        smtp.close()
        raise SessionRefusedError(_said("handshake", fault)) from fault
    except BaseException:
        smtp.close()
        raise
    return smtp


def _connect(account: SmtpAccount) -> smtplib.SMTP:
    where, name = (account.host, account.port), account.helo or _own_name()
    if account.tls == "implicit":
        context = account.tls_context or ssl.create_default_context()
        return smtplib.SMTP_SSL(*where, local_hostname=name, timeout=account.connect_timeout_s, context=context)
    return smtplib.SMTP(*where, local_hostname=name, timeout=account.connect_timeout_s)


def _send_at_once(smtp: smtplib.SMTP) -> None:
    # A pipelined group over TLS is several records: the last must not wait for the first to be acknowledged.
    if smtp.sock is not None:
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _greet(smtp: smtplib.SMTP, account: SmtpAccount, ends_at: float) -> None:
    smtp.ehlo_or_helo_if_needed()
    _hurry(smtp, ends_at)
    if account.tls == "required" or (account.tls == "opportunistic" and smtp.has_extn("starttls")):
        smtp.starttls(context=account.tls_context or _starttls_context(account))
        _hurry(smtp, ends_at)
        smtp.ehlo_or_helo_if_needed()
    if account.username:
        _hurry(smtp, ends_at)
        _authenticate(smtp, account)


def _hurry(smtp: smtplib.SMTP, ends_at: float) -> None:
    """Leave the next step no more than what is left of the time for all of them."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("the server takes too long over its greetings")
    if smtp.sock is not None:
        smtp.sock.settimeout(min(left, smtp.timeout))


def _authenticate(smtp: smtplib.SMTP, account: SmtpAccount) -> None:
    if not isinstance(smtp.sock, ssl.SSLSocket):
        message = (
            "no AUTH without TLS: set NOTIFIER_SMTP_TLS to required or implicit, or leave NOTIFIER_SMTP_USERNAME empty"
        )
        raise SessionRefusedError(message, is_for_good=True)
    try:
        smtp.login(account.username, account.password)
    except (smtplib.SMTPException, ValueError) as fault:
        is_for_good = isinstance(fault, smtplib.SMTPAuthenticationError) and fault.smtp_code >= FINAL
        raise SessionRefusedError(_said("authentication", fault), is_for_good=is_for_good) from fault


def _starttls_context(account: SmtpAccount) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if account.tls == "opportunistic" and not account.username:
        # Encryption to whoever answers still beats none (RFC 7435); a password needs to know who answers.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(stage: str, fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{stage} refused: {text_of(fault.smtp_code, fault.smtp_error)}"
    return f"{stage} failed: {type(fault).__name__}: {fault}"


@cache
def _own_name() -> str:
    # smtplib finds the FQDN, or else an address literal (RFC 5321 4.1.3); asked once, for it may ask the DNS.
    return smtplib.SMTP().local_hostname
