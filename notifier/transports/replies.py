"""What an SMTP server's answer means for the letter: pure, no network."""

import re
from typing import Final

from notifier.domain.message import Message
from notifier.domain.outcome import Refused
from notifier.domain.returns.classify import classify
from notifier.domain.returns.words import Blame
from notifier.domain.slowdown import Scope, slowdown

REPLY_CHARACTERS_MAX: Final = 400
FINAL: Final = 500
"""Replies from here on are final (RFC 5321 4.2.1)."""

# The server speaks of our account or of its own state, not of this letter.
_ACCOUNT_CODES: Final = frozenset({421, 530, 534, 535, 538})
_SENDER_STATUS: Final = re.compile(r"5\.(7\.\d+|1\.[78])\b")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")
_UNSAFE_IN_PATH: Final = re.compile(r"[\x00-\x20\x7f<>]")


def text_of(code: int, reply: bytes | str) -> str:
    """The reply on one line, of bounded length."""
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _CONTROLS.sub(" ", f"{code} {said}").strip()[:REPLY_CHARACTERS_MAX]


def refusal(command: str, code: int, reply: bytes) -> Refused:
    """The outcome of a reply that is not the one hoped for."""
    said = text_of(code, reply)
    slows = slowdown(command, code, said)
    if code in _ACCOUNT_CODES or (command == "MAIL" and _SENDER_STATUS.search(said)):
        return Refused(said, charged=False, slows=slows)
    if code >= FINAL and classify(said).blame is Blame.ACCOUNT:
        # It speaks of the sender: a DMARC mistake must not end a million letters.
        return Refused(said, slows=slows or Scope.GROUP)
    return Refused(said, forever=500 <= code < 600, slows=slows)  # noqa: PLR2004 - the class of final replies, RFC 5321 4.2.1


def unfit(message: Message, extensions: dict[str, str]) -> Refused | None:
    """Why this server cannot take the message at all, told before it costs a round trip; None when it can."""
    if not message.rcpt_to or _UNSAFE_IN_PATH.search(message.rcpt_to + message.mail_from):
        return Refused("5.1.3 the address cannot be written in SMTP", forever=True)
    if needs_smtputf8(message) and "smtputf8" not in extensions:
        said = "5.6.7 the address needs SMTPUTF8, which the server does not offer"
        return Refused(said, forever=True, is_only_here=True)
    if message.is_8bit and "8bitmime" not in extensions:
        return Refused("the server does not offer 8BITMIME: set NOTIFIER_BODY_ENCODING to base64", charged=False)
    most = extensions.get("size", "").strip()
    if most.isdecimal() and 0 < int(most) < len(message.data):
        said = f"5.3.4 {len(message.data)} bytes; the server takes {most}"
        return Refused(said, forever=True, is_only_here=True)
    return None


def needs_smtputf8(message: Message) -> bool:
    """Whether an address of the envelope goes beyond ASCII (RFC 6531)."""
    return message.needs_smtputf8 or not (message.rcpt_to + message.mail_from).isascii()
