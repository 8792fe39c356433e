"""Try an account: connect, say hello, encrypt, log in, and send a letter to oneself if wanted."""

import smtplib
import ssl
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from notifier import dkim_keys
from notifier.account import Account
from notifier.accounts import LocalConnections, Slots
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.address import check_address
from notifier.domain.claimed import Claimed
from notifier.domain.dkim import DkimSigner
from notifier.domain.outcome import Outcome, Sent
from notifier.domain.words import LetterKind
from notifier.models import Site
from notifier.parts import Parts
from notifier.stages import gather
from notifier.stages.render import personalise
from notifier.stages.render.compile.sample import sample
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.listed import send_all
from notifier.transports.made import knock, transport_of
from notifier.transports.replies import text_of

STEP_S: Final = 8.0
"""For each step: somebody waits before a page."""
_EXTENSIONS: Final = ("pipelining", "8bitmime", "smtputf8", "size", "starttls", "auth")


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went; `said` is the server's or our own word about what failed, in English."""

    is_ready: bool
    took_ms: int
    said: str = ""
    is_refused: bool = False
    """Name or password are wrong, which no second try changes."""
    tls: str = ""
    """Such as `TLSv1.3`; empty where nothing is encrypted."""
    has_logged_in: bool = False
    offers: tuple[str, ...] = ()
    sent_to: str = ""


def try_account(parts: Parts, site_id: int, name: str, to: str, by: Actor, now: datetime) -> Tried:
    """Connect as letters do, within seconds; with `to`, send a sample letter there.

    Raises LookupError for an unknown account, AddressInvalid.
    """
    if name not in parts.settings.accounts:
        raise LookupError(name)
    account = parts.settings.accounts[name]
    bounded = account.model_copy(update={
        "connect_timeout_s": min(account.connect_timeout_s, STEP_S),
        "reply_timeout_s": min(account.reply_timeout_s, STEP_S),
        "connections": 1,
    })  # fmt: skip
    to = check_address(to).wire if to else ""
    tried = _knocked(bounded) if bounded.api else _greeted(SmtpAccount.of(bounded))
    if tried.is_ready and to:
        outcome = _sent(parts, site_id, bounded, to, now)
        is_sent = isinstance(outcome, Sent)
        tried = replace(tried, is_ready=is_sent, said=outcome.reply, sent_to=to if is_sent else "")
    with parts.db.writing() as session:
        audit.note(session, by, "account.tested", now, site_id=site_id, account=name, ok=int(tried.is_ready))
    return tried


def _greeted(account: SmtpAccount) -> Tried:
    began = time.monotonic()
    try:
        smtp = open_session(account)
    except SessionRefusedError as fault:
        return Tried(is_ready=False, took_ms=_since(began), said=str(fault), is_refused=fault.is_for_good)
    try:
        tls = (smtp.sock.version() or "") if isinstance(smtp.sock, ssl.SSLSocket) else ""
        offers = tuple(one.upper() for one in _EXTENSIONS if smtp.has_extn(one))
        code, words = smtp.quit()
    except (OSError, smtplib.SMTPException) as fault:
        return Tried(is_ready=False, took_ms=_since(began), said=f"{type(fault).__name__}: {fault}")
    finally:
        smtp.close()
    said = text_of(code, words)
    return Tried(
        is_ready=True, took_ms=_since(began), said=said, tls=tls, has_logged_in=bool(account.username), offers=offers
    )


def _knocked(account: Account) -> Tried:
    began = time.monotonic()
    barred = knock(account, STEP_S)
    if barred is not None:
        return Tried(is_ready=False, took_ms=_since(began), said=barred.said, is_refused=barred.is_for_good)
    return Tried(
        is_ready=True, took_ms=_since(began), tls="TLS" if account.tls == "implicit" else "", has_logged_in=True
    )


def _sent(parts: Parts, site_id: int, account: Account, to: str, now: datetime) -> Outcome:
    """A sample letter in the site's language, outside of all books."""
    with parts.db.reading() as session:
        face = gather.face(session.get_one(Site, site_id))
    content = replace(sample(LetterKind.DIGEST, face.language), site=face, at=now, language=face.language)
    one = Claimed(0, content.letter_id, (), content.kind, 0, 0, address=to)
    personal = parts.links(face.sender_address).personal(one, now, "test")
    signer = DkimSigner(dkim_keys.load(parts.settings.dkim_folder))
    message = personalise(parts.renderer.render(content), content, personal, signer)
    transport = transport_of(account, Slots("test", LocalConnections({"test": 1})))
    try:
        ((_, outcome),) = send_all(transport, [message])
    finally:
        transport.close()
    return outcome


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
