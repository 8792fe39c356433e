"""What providers tell by webhook: proven to be theirs, matched with letters that were made, and taken once."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from notifier import observe, returns
from notifier.domain.returns.event import Returned
from notifier.domain.returns.providers import READERS
from notifier.domain.returns.providers.heard import text
from notifier.feedback import clues, hooks
from notifier.mailroom import proofs, sns
from notifier.parts import Parts

EVENTS_MAX: Final = 5000
PURPOSE: Final = "feedback"
_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook as it came; `headers` by name in any case."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Heeded:
    """What became of a request: how many events were new, known, or of no letter of ours."""

    new: int = 0
    known: int = 0
    unknown: int = 0


def key_of(parts: Parts) -> bytes:
    """The key that requests of the generic kind are signed with."""
    return parts.signer.keys_for(PURPOSE, 0)[0]


def heed(parts: Parts, provider: str, request: Request) -> Heeded | None:
    """Take in what a provider tells; None for whatever it has not proven to be its own.

    Raises SQLAlchemyError while the database is away: the provider tells it again.
    """
    told = _proven(parts, provider, request)
    if told is None:
        _log.warning("feedback_refused", provider=provider)
        return None
    events, unknown = list[Returned](), 0
    for nth, heard in enumerate(READERS[provider](told)):
        if nth >= EVENTS_MAX:
            break
        delivery = clues.of_text(heard.clue, parts.signer)
        if delivery is None:
            unknown += 1
        else:
            events.append(heard.returned(delivery, request.now, provider))
    with parts.db.writing() as session:
        # A signature over a token says nothing of the body: each token is good for one.
        if provider == "mailgun" and not hooks.use(session, provider, text(told, "signature", "token"), request.now):
            _log.warning("feedback_replayed", provider=provider)
            return None
        new = returns.take_within(parts, session, events, request.now)
    found = Heeded(new, len(events) - new, unknown)
    _log.info("feedback", provider=provider, new=new, known=found.known, unknown=unknown)
    return found


def _proven(parts: Parts, provider: str, request: Request) -> Any | None:  # noqa: ANN401 - JSON
    """The JSON of a request that its provider sent; None for any other."""
    if provider == "ses":
        return sns.message(parts, request.body)
    proof = _PROOFS.get(provider)
    if proof is None or not proof(parts, request):
        return None
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


def _mailgun(parts: Parts, request: Request) -> bool:
    key = parts.settings.mailgun_signing_key.get_secret_value()
    return proofs.of_mailgun(request.body, key, request.now, parts.settings.hook_tolerance_s)


def _sendgrid(parts: Parts, request: Request) -> bool:
    knobs = parts.settings
    stamp = proofs.Stamp(
        request.headers.get("x-twilio-email-event-webhook-signature", ""),
        request.headers.get("x-twilio-email-event-webhook-timestamp", ""),
    )
    return proofs.of_sendgrid(stamp, request.body, knobs.sendgrid_verification_key, request.now, knobs.hook_tolerance_s)


def _postmark(parts: Parts, request: Request) -> bool:
    return proofs.is_basic(request.headers.get("authorization", ""), parts.settings.postmark_login.get_secret_value())


def _brevo(parts: Parts, request: Request) -> bool:
    token = parts.settings.brevo_token.get_secret_value()
    given = request.headers.get("authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _generic(parts: Parts, request: Request) -> bool:
    keys = parts.signer.keys_for(PURPOSE, 0)
    return proofs.of_hook(request.headers, request.body, keys, request.now, parts.settings.hook_tolerance_s)


_PROOFS: Final[Mapping[str, Callable[[Parts, Request], bool]]] = {
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "postmark": _postmark,
    "brevo": _brevo,
    "generic": _generic,
}
