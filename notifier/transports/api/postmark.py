"""Postmark: `/email` takes the letter in pieces and makes a message of its own; our headers go along in its list.

What cannot: our DKIM-Signature, Date and return path are theirs; Message-ID is kept by `X-PM-KeepID`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Email
from email.utils import parseaddr
from typing import Any, Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome
from notifier.transports.api.call import MARK, Barred, Call, Reply, by_status, in_smtp, mark_of, taken

_OF_THE_MESSAGE: Final = frozenset({
    "from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "content-transfer-encoding",
    "dkim-signature", "return-path", "cc", "bcc",
})  # fmt: skip
_BODIES: Final = {"text/plain": "TextBody", "text/html": "HtmlBody"}
_BARRED: Final = frozenset({10, 405, 412, 413})
"""Token, credits, an account that is not approved, or closed (postmarkapp.com/developer/api, "API error codes")."""
_STREAMS: Final = range(1200, 1300)
_SENDER: Final = frozenset({400, 401})
_INACTIVE, _AWAY, _FAULTY = 406, 100, 300


class Postmark:
    """One message stream of one server."""

    octets_max = 10_000_000

    def __init__(self, base: str, stream: str, token: str) -> None:
        self._url = f"{base}/email"
        self._stream = stream
        self._token = token

    def letter(self, message: Message, now: datetime) -> Call:
        """The letter in pieces."""
        del now
        mail = message_from_bytes(message.data)
        told: dict[str, Any] = {
            "From": _mailbox(mail, "From"),
            "To": message.rcpt_to,
            "Subject": _text(mail, "Subject"),
            **({"ReplyTo": _mailbox(mail, "Reply-To")} if mail["Reply-To"] else {}),
            **_bodies(mail),
            "Headers": [*_headers(mail), {"Name": "X-PM-KeepID", "Value": "true"}],
            "Metadata": {MARK: mark_of(message)},
            "MessageStream": self._stream,
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        return self._call(told)

    def knock(self, now: datetime) -> Call:
        """A letter without anything."""
        del now
        return self._call({})

    def judge(self, reply: Reply) -> Outcome | Barred:
        """By Postmark's own code, else by the status."""
        told = reply.told
        code, words = _code(told), f"{told.get('ErrorCode', '')} {told.get('Message', '')}".strip()
        if reply.status == 200 and code <= 0:  # noqa: PLR2004 - RFC 9110
            return taken(told.get("MessageID"))
        if code in _BARRED or code in _STREAMS:
            return Barred(words)
        if code in _SENDER:
            return in_smtp(554, "5.7.1", reply, words)
        if code == _INACTIVE:
            # It bounced or complained there; two such letters within a week suppress it here as well.
            return in_smtp(550, "5.2.1", reply, words)
        if code == _FAULTY and "'To'" in words:
            return in_smtp(553, "5.1.3", reply, words)
        return by_status(Reply(503) if code == _AWAY else reply, words)

    def _call(self, told: dict[str, Any]) -> Call:
        headers = {
            "Accept": "application/json", "Content-Type": "application/json", "X-Postmark-Server-Token": self._token,
        }  # fmt: skip
        return Call(self._url, headers, json.dumps(told).encode())


def _code(told: Mapping[str, Any]) -> int:
    """Of an answer; -1 where it has none."""
    code = told.get("ErrorCode")
    return code if isinstance(code, int) else -1


def _headers(mail: Email) -> list[dict[str, str]]:
    """Those that are not the message's own: List-Unsubscribe, Message-ID, References, … each on one line."""
    kept = [(name, " ".join(str(value).split())) for name, value in mail.items()]
    return [{"Name": name, "Value": value} for name, value in kept if name.lower() not in _OF_THE_MESSAGE]


def _bodies(mail: Email) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in mail.walk():
        octets = part.get_payload(decode=True)
        if (name := _BODIES.get(part.get_content_type())) and isinstance(octets, bytes):
            found[name] = octets.decode(part.get_content_charset() or "utf-8", "replace")
    return found


def _text(mail: Email, name: str) -> str:
    return str(make_header(decode_header(" ".join(str(mail[name] or "").splitlines()))))


def _mailbox(mail: Email, name: str) -> str:
    shown, address = parseaddr(" ".join(str(mail[name] or "").splitlines()))
    words = str(make_header(decode_header(shown))).replace("\\", "").replace('"', "")
    return f'"{words}" <{address}>' if words else address
