"""Mail from a mailbox by IMAP: whatever was looked at is moved elsewhere, so what stays is left to do."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy.exc import DataError

from notifier import observe
from notifier.mailroom.taking import take_raw
from notifier.parts import Parts

AT_ONCE: Final = 200
TIMEOUT_S: Final = 30.0
_SIZE: Final = re.compile(rb"RFC822\.SIZE ([0-9]{1,12})")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS: Final = {"imaps": 993, "imap": 143}

_log = observe.log(__name__)


class MailboxError(RuntimeError):
    """The mailbox cannot be read; the message never holds its password."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox and how to open it."""

    host: str
    port: int
    name: str
    password: str = field(repr=False)
    folder: str
    is_tls: bool

    @classmethod
    def of(cls, url: str) -> "Mailbox":
        """The mailbox of `imaps://name:password@host:port/folder`. Raises MailboxError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
            raise MailboxError("NOTIFIER_INBOUND_IMAP_URL: write it as imaps://name:password@mail.example.org/INBOX")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        name, password = unquote(parts.username), unquote(parts.password or "")
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.hostname, port, name, password, folder, parts.scheme == "imaps")


@dataclass(frozen=True, slots=True)
class Emptied:
    """What one look found: mails taken in, and mails that were none of ours or too large."""

    taken: int = 0
    passed_over: int = 0


def empty(parts: Parts, now: datetime) -> Emptied:
    """Take in what lies in the mailbox, at most AT_ONCE mails; twice is as once.

    Raises MailboxError where it cannot be read, SQLAlchemyError while the database is away: what was not taken stays.
    """
    knobs = parts.settings
    box = Mailbox.of(knobs.inbound_imap_url.get_secret_value())
    taken = passed_over = 0
    with _opened(box, knobs.inbound_imap_done) as server:
        for uid in _waiting(server):
            data = _mail(server, uid, knobs.inbound_bytes_max)
            if data is not None and _is_taken(parts, data, now):
                taken += 1
            else:
                passed_over += 1
            _move(server, uid, knobs.inbound_imap_done)
    if taken or passed_over:
        _log.info("mailbox_emptied", taken=taken, passed_over=passed_over)
    return Emptied(taken, passed_over)


def _is_taken(parts: Parts, data: bytes, now: datetime) -> bool:
    try:
        return take_raw(parts, data, now).is_ours
    except (DataError, ValueError, LookupError) as fault:
        # Whatever it holds that nobody can read or keep: the mails behind it are not to wait for it.
        _log.warning("mail_unkeepable", fault=type(fault).__name__)
        return False


@contextmanager
def _opened(box: Mailbox, done: str) -> Iterator[imaplib.IMAP4]:
    try:
        server = _connected(box)
    except (imaplib.IMAP4.error, OSError) as fault:
        raise MailboxError(f"the mailbox at {box.host} does not answer: {type(fault).__name__}") from None
    try:
        server.login(box.name, box.password)
        _asked(server.select(_quoted(box.folder)))
        server.create(_quoted(done))  # NO where it is there already
        yield server
    except (imaplib.IMAP4.error, OSError) as fault:
        raise MailboxError(f"the mailbox at {box.host} cannot be read: {type(fault).__name__}") from None
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _connected(box: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if box.is_tls:
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=TIMEOUT_S)
    server = imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT_S)
    if box.host not in _LOOPBACK:
        # A password is never sent in clear to another machine.
        server.starttls(context)
    return server


def _waiting(server: imaplib.IMAP4) -> list[str]:
    found = _asked(server.uid("SEARCH", "UNDELETED"))
    uids = found[0] if found and isinstance(found[0], bytes) else b""
    return [uid.decode() for uid in uids.split()[:AT_ONCE]]


def _mail(server: imaplib.IMAP4, uid: str, bytes_max: int) -> bytes | None:
    """The whole mail; None for one that is too large, or that somebody moved meanwhile."""
    told = _asked(server.uid("FETCH", uid, "(RFC822.SIZE)"))
    sizes = [_SIZE.search(row) for row in told if isinstance(row, bytes)]
    if not sizes or sizes[0] is None or int(sizes[0][1]) > bytes_max:
        return None
    for row in _asked(server.uid("FETCH", uid, "(BODY.PEEK[])")):
        if isinstance(row, tuple):
            return bytes(row[1])
    return None


def _move(server: imaplib.IMAP4, uid: str, done: str) -> None:
    """Move a mail (RFC 6851), or copy it and delete the first where the server knows no MOVE."""
    if "MOVE" in server.capabilities:
        _asked(server.uid("MOVE", uid, _quoted(done)))
        return
    _asked(server.uid("COPY", uid, _quoted(done)))
    _asked(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
    _asked(server.expunge())


def _asked(answer: tuple[str, Sequence[object]]) -> list[object]:
    """What the server told: bytes, a pair of them for a literal, or None. Raises IMAP4.error for a NO."""
    status, rows = answer
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return list(rows)


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
