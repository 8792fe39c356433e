"""Mailgun: `messages.mime` takes the message as it is, and keeps our Message-ID."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome
from notifier.transports.api.call import MARK, Barred, Call, Reply, by_status, in_smtp, mark_of, taken

_AS_IT_IS: Final = (("o:tracking", "no"), ("o:tracking-clicks", "no"), ("o:tracking-opens", "no"))
"""No link is rewritten and no picture added: what is counted, our own links count under the site's policy."""


class Mailgun:
    """One sending domain."""

    octets_max = 25_000_000

    def __init__(self, base: str, domain: str, key: str) -> None:
        self._url = f"{base}/v3/{domain}/messages.mime"
        self._login = "Basic " + b64encode(f"api:{key}".encode()).decode()

    def letter(self, message: Message, now: datetime) -> Call:
        """A form with the message as a file."""
        del now
        mark = mark_of(message)
        fields = [("to", message.rcpt_to), *_AS_IT_IS, *([(f"v:{MARK}", mark)] if mark else [])]
        # No letter can hold the hash of itself.
        boundary = sha256(message.data).hexdigest()
        form = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="message"; filename="message.mime"\r\n'
            "Content-Type: message/rfc822\r\n\r\n"
        )
        body = b"".join([*form, head.encode(), message.data, f"\r\n--{boundary}--\r\n".encode()])
        return self._call(f"multipart/form-data; boundary={boundary}", body)

    def knock(self, now: datetime) -> Call:
        """A form without fields: keys that may only send can send this."""
        del now
        return self._call("application/x-www-form-urlencoded", b"")

    def judge(self, reply: Reply) -> Outcome | Barred:
        """Mailgun has words and no codes."""
        told = reply.told
        if reply.status == 200:  # noqa: PLR2004 - RFC 9110
            return taken(told.get("id"))
        words = str(told.get("message", ""))
        if reply.status == 400 and "not a valid address" in words:  # noqa: PLR2004 - the same
            return in_smtp(553, "5.1.3", reply, words)
        return by_status(reply, words)

    def _call(self, kind: str, body: bytes) -> Call:
        return Call(self._url, {"Authorization": self._login, "Content-Type": kind}, body)
