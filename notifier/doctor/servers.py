"""The server of each account: it answers, takes our name and password, and encrypts under a certificate that holds."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from notifier.account import Account
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward, is_here
from notifier.doctor.words import said
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.made import knock

SOON: Final = timedelta(days=14)


def check(ward: Ward) -> Iterator[Finding]:
    """Each account."""
    for name, account in ward.accounts.items():
        yield _of_account(ward, Pen("tls", name), account)


def _of_account(ward: Ward, pen: Pen, account: Account) -> Finding:
    if account.api is not None:
        return _of_api(pen, account, ward.timeout_s)
    timeout_s = min(account.connect_timeout_s, ward.timeout_s)
    context = ward.tls or ssl.create_default_context()
    strict = replace(SmtpAccount.of(account), connect_timeout_s=timeout_s, tls_context=context)
    try:
        return judged(pen, account, *_opened(strict))
    except SessionRefusedError as refusal:
        # As sending does: whoever has no password to lose takes what encryption there is.
        is_let_be = account.tls == "opportunistic" and not account.username
        if not is_let_be or "CERTIFICATE_VERIFY_FAILED" not in str(refusal):
            where = f"{account.host}:{account.port}"
            return pen.red(f"{where}: {refusal}", said("do_server"))
    told = said("tls_untrusted", where=f"{account.host}:{account.port}")
    if is_here(account.host):
        return pen.green(said("here", told=told))
    return pen.amber(told, said("do_tls_untrusted"))


def _of_api(pen: Pen, account: Account, timeout_s: float) -> Finding:
    barred = knock(account, timeout_s)
    if barred is None:
        return pen.green(said("api_takes_key", host=account.host))
    if barred.is_for_good:
        return pen.red(f"{account.host}: {barred.said}", said("do_api_key"))
    return pen.red(f"{account.host}: {barred.said}", said("do_api_reach"))


def _opened(account: SmtpAccount) -> tuple[str, datetime | None]:
    """The version of TLS, and until when the certificate holds; nothing for a session that is not encrypted."""
    smtp = open_session(account)
    try:
        if not isinstance(smtp.sock, ssl.SSLSocket):
            return "", None
        seconds = ssl.cert_time_to_seconds(str((smtp.sock.getpeercert() or {})["notAfter"]))
        return smtp.sock.version() or "TLS", datetime.fromtimestamp(seconds, UTC)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()


def judged(pen: Pen, account: Account, version: str, until: datetime | None) -> Finding:
    """The finding of a session: its version of TLS, and until when the certificate holds; None where there is none."""
    where = f"{account.host}:{account.port}"
    if until is None:
        if is_here(account.host):
            return pen.green(said("here", told=said("tls_none", where=where)))
        return pen.red(said("tls_none", where=where), said("do_tls_none"))
    told = said("tls_until", where=where, version=version, day=f"{until:%Y-%m-%d}")
    if until - datetime.now(UTC) < SOON:
        return pen.amber(told, said("do_tls_renew"))
    if account.tls == "opportunistic" and not is_here(account.host):
        return pen.amber(told, said("do_tls_required"))
    return pen.green(told)
