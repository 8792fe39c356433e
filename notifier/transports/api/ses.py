"""Amazon SES, API v2: `SendEmail` with the raw message, signed by AWS Signature Version 4.

SES puts a Message-ID and a Date of its own on the wire; ours comes back in its events as the tag `notifier`.
"""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any, Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome
from notifier.transports.api.call import MARK, Barred, Call, Reply, by_status, in_smtp, mark_of, taken
from notifier.transports.api.sigv4 import Signer

PATH: Final = "/v2/email/outbound-emails"
_CLOSED: Final = frozenset({"AccountSuspendedException", "SendingPausedException"})
_OURS: Final = ("not verified", "MailFromDomainNotVerified")


class Ses:
    """One region, one key, perhaps one configuration set."""

    octets_max = 40_000_000

    def __init__(self, base: str, signer: Signer, configuration_set: str = "") -> None:
        self._url = f"{base}{PATH}"
        self._signer = signer
        self._set = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def letter(self, message: Message, now: datetime) -> Call:
        """The raw message, to its one recipient."""
        told: dict[str, Any] = {
            "Content": {"Raw": {"Data": b64encode(message.data).decode()}},
            "Destination": {"ToAddresses": [message.rcpt_to]},
            **self._set,
        }
        if mark := mark_of(message):
            # A tag's value has no dots.
            told["EmailTags"] = [{"Name": MARK, "Value": mark.replace(".", "_")}]
        return self._call(told, now)

    def knock(self, now: datetime) -> Call:
        """An empty request."""
        return self._call({}, now)

    def judge(self, reply: Reply) -> Outcome | Barred:
        """By the exception's name, else by the status."""
        told = reply.told
        if reply.status == 200:  # noqa: PLR2004 - RFC 9110
            return taken(told.get("MessageId"))
        kind = str(told.get("__type", "")).rpartition("#")[2]
        words = f"{kind} {told.get('message') or told.get('Message') or ''}".strip()
        if kind in _CLOSED:
            return Barred(words)
        if any(word in words for word in _OURS):
            return in_smtp(554, "5.7.1", reply, words)
        if kind in {"LimitExceededException", "TooManyRequestsException"}:
            return by_status(Reply(429), words)
        return by_status(reply, words)

    def _call(self, told: dict[str, Any], now: datetime) -> Call:
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        return Call(self._url, self._signer.signed("POST", self._url, headers, body, now), body)
