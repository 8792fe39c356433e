"""Postmark's webhooks: no Message-ID of ours, but the metadata that `X-PM-Metadata-…` headers gave it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from notifier.domain.returns.event import Told
from notifier.domain.returns.providers.heard import Heard, moment, part, refusal, text
from notifier.domain.returns.words import BounceClass, EventKind

_TYPES: Final = {
    "HardBounce": BounceClass.BAD_ADDRESS,
    "BadEmailAddress": BounceClass.BAD_ADDRESS,
    "DnsError": BounceClass.TEMPORARY,
    "SoftBounce": BounceClass.TEMPORARY,
    "Transient": BounceClass.TEMPORARY,
    "ManuallyDeactivated": BounceClass.UNKNOWN,
    "Blocked": BounceClass.POLICY,
    "DMARCPolicy": BounceClass.POLICY,
    "SMTPApiError": BounceClass.RELAY,
    "SpamNotification": BounceClass.CONTENT,
    "VirusNotification": BounceClass.CONTENT,
    "TemplateRenderingFailed": BounceClass.CONTENT,
}
_PASSING: Final = frozenset({"Transient", "DnsError"})
_ANSWERS: Final = frozenset({"AutoResponder", "AddressChange", "ChallengeVerification", "Subscribe", "OpenRelayTest"})
_OTHERS: Final = {"SpamComplaint": EventKind.COMPLAINED, "Unsubscribe": EventKind.LEFT}


def read(body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    """What one request says."""
    metadata = part(body, "Metadata")
    clue = " ".join(map(str, metadata.values())) if isinstance(metadata, Mapping) else ""
    match text(body, "RecordType"):
        case "Bounce":
            yield from _bounce(clue, body)
        case "SpamComplaint":
            yield Heard(clue, EventKind.COMPLAINED, moment(text(body, "BouncedAt")))
        case "Delivery":
            yield Heard(clue, EventKind.DELIVERED, moment(text(body, "DeliveredAt")))
        case "SubscriptionChange":
            if part(body, "SuppressSending") is True and text(body, "Origin") == "Recipient":
                yield Heard(clue, EventKind.LEFT, moment(text(body, "ChangedAt")))


def _bounce(clue: str, body: Any) -> Iterator[Heard]:  # noqa: ANN401 - JSON
    kind, at = text(body, "Type"), moment(text(body, "BouncedAt"))
    if kind in _OTHERS:
        yield Heard(clue, _OTHERS[kind], at)
    elif kind in _ANSWERS:
        yield Heard(clue, EventKind.ANSWERED, at)
    else:
        told = Told(text(body, "Details") or text(body, "Description"), "", kind not in _PASSING, _TYPES.get(kind))
        yield refusal(clue, told, at)
