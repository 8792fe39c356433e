"""Amazon SES by SNS: notifications and configuration-set events, which differ in one field's name.

SES puts a Message-ID of its own on the wire; ours comes back among the headers, where those are included, and in
`commonHeaders`. What went by the API comes back with its tag as well.
"""

from collections.abc import Iterator
from typing import Any, Final

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, part, refusal, several, text
from notifier.domain.returns.words import BounceClass, EventKind

TAG_MAX: Final = 256
"""Characters of a tag's value."""
_SUBTYPES: Final = {
    "NoEmail": BounceClass.BAD_ADDRESS,
    "General": BounceClass.UNKNOWN,
    "Suppressed": BounceClass.BAD_ADDRESS,
    "OnAccountSuppressionList": BounceClass.BAD_ADDRESS,
    "MailboxFull": BounceClass.FULL,
    "MessageTooLarge": BounceClass.TOO_BIG,
    "ContentRejected": BounceClass.CONTENT,
    "AttachmentRejected": BounceClass.CONTENT,
}


def read(message: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What one message says."""
    clue, kind = _clue(message), text(message, "eventType") or text(message, "notificationType")
    match kind:
        case "Bounce":
            yield from _bounce(clue, part(message, "bounce"))
        case "Complaint":
            # A reader who took a complaint back; `complaintSubType` OnAccountSuppressionList is an old one.
            if text(message, "complaint", "complaintFeedbackType") != "not-spam":
                yield Heard(clue, EventKind.COMPLAINED, moment(text(message, "complaint", "timestamp")))
        case "Delivery":
            yield Heard(clue, EventKind.DELIVERED, moment(text(message, "delivery", "timestamp")))
        case "DeliveryDelay":
            delay = part(message, "deliveryDelay")
            for one in several(delay, "delayedRecipients"):
                full = BounceClass.FULL if text(delay, "delayType") == "MailboxFull" else BounceClass.TEMPORARY
                told = Told(text(one, "diagnosticCode"), text(one, "status"), is_final=False, otherwise=full)
                yield refusal(clue, told, moment(text(delay, "timestamp")))
        case "Reject" | "Rendering Failure":
            yield refusal(clue, Told(text(message, "reject", "reason"), otherwise=BounceClass.CONTENT), None)


def _bounce(clue: str, bounce: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    is_final = text(bounce, "bounceType") != "Transient"
    otherwise = _SUBTYPES.get(text(bounce, "bounceSubType"))
    if not is_final and otherwise in {None, BounceClass.UNKNOWN}:
        otherwise = BounceClass.TEMPORARY
    for one in several(bounce, "bouncedRecipients"):
        told = Told(text(one, "diagnosticCode"), text(one, "status"), is_final, otherwise)
        yield refusal(clue, told, moment(text(bounce, "timestamp")))


def _clue(message: Any) -> str:  # noqa: ANN401 - JSON
    found = [text(message, "mail", "commonHeaders", "messageId")]
    found += [
        text(header, "value")
        for header in several(message, "mail", "headers")
        if text(header, "name").lower() in {"message-id", "list-unsubscribe"}
    ]
    # A tag's value has no dots.
    marks = [f"{str(one)[:TAG_MAX].replace('_', '.')}@tag" for one in several(message, "mail", "tags", "notifier")]
    return " ".join([*found, *marks, text(message, "mail", "source")])
