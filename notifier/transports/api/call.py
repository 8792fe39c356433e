"""One request to a provider, what it answered, and what that means for the letter."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Protocol

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.transports.replies import refusal, text_of, unfit

MARK: Final = "notifier"
"""The name under which a provider keeps the letter's mark, and sends it back in its webhooks."""
_BARRED: Final = frozenset({401, 402, 403, 404, 405, 407, 410})
# A 421 speaks of the account's speed, and is not counted against the letter.
_IN_SMTP: Final = {
    413: (".", 552, "5.3.4"),
    429: ("MAIL", 421, "4.7.0 too many requests:"),
    502: ("MAIL", 421, "4.3.2"),
    503: ("MAIL", 421, "4.3.2"),
}
_OF_THE_LETTER: Final = frozenset({400, 406, 413, 415, 422})
"""Only these end one: what nobody foresaw, a 408 for instance, is tried again."""
_THEIR_FAULT: Final = ("MAIL", 451, "4.3.2")
_OUR_FAULT: Final = (".", 554, "5.6.0")
_MESSAGE_ID: Final = re.compile(rb"^Message-ID:\s*<([^@<>\s]{1,60})@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """A POST; `headers` and `body` hold the key and the letter."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes = field(default=b"", repr=False)

    @property
    def told(self) -> Mapping[str, Any]:
        """Its JSON; empty for whatever is no JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Barred:
    """Nothing more can be sent by the account; the letter is not at fault, and was not taken.

    `is_for_good`: the key is refused, or the account closed, which no second try changes.
    """

    said: str
    is_for_good: bool = True


class Provider(Protocol):
    """Writes the requests of one provider and reads its answers. Pure but for what it is given."""

    octets_max: int
    """Of a message."""

    def letter(self, message: Message, now: datetime) -> Call:
        """The request that hands a letter over."""
        ...

    def knock(self, now: datetime) -> Call:
        """A request without a letter: refused as incomplete, or for its key."""
        ...

    def judge(self, reply: Reply) -> Outcome | Barred:
        """What an answer to a letter means."""
        ...


def cannot(provider: Provider, message: Message) -> Refused | None:
    """Why a provider cannot take a letter at all; none of them speaks SMTPUTF8."""
    return unfit(message, {"8bitmime": "", "size": str(provider.octets_max)})


def mark_of(message: Message) -> str:
    """What names a letter of ours: its Message-ID without host and brackets; empty for one without."""
    found = _MESSAGE_ID.search(message.data.partition(b"\r\n\r\n")[0])
    return found[1].decode("ascii", "replace") if found else ""


def taken(number: object) -> Outcome:
    """The provider has it, under a number of its own; without one it was perhaps another who answered."""
    if not isinstance(number, str) or not number.strip():
        return Uncertain(text_of(HTTPStatus.OK, "no number"))
    return Sent(text_of(HTTPStatus.OK, f"id {number}"))


def in_smtp(code: int, status: str, reply: Reply, words: str) -> Refused:
    """A refusal in the words of SMTP (RFC 5321, RFC 3463), so that it is judged as one."""
    return refusal(".", code, f"{status} {words} (HTTP {reply.status})".encode())


def by_status(reply: Reply, words: str) -> Outcome | Barred:
    """What a status says where the provider's own codes say no more (RFC 9110, 15)."""
    said = text_of(reply.status, words)
    if reply.status in _BARRED:
        return Barred(said)
    if reply.status == HTTPStatus.GATEWAY_TIMEOUT:
        # Whoever stood behind the gateway may have taken it.
        return Uncertain(said)
    known = _IN_SMTP.get(reply.status)
    if known is None and reply.status < HTTPStatus.BAD_REQUEST:
        return Barred(f"unexpected: {said}", is_for_good=False)
    is_theirs = reply.status not in _OF_THE_LETTER
    command, code, status = known or (_THEIR_FAULT if is_theirs else _OUR_FAULT)
    return refusal(command, code, f"{status} {words} (HTTP {reply.status})".encode())
