"""What each provider's webhooks say, read into one shape: `Heard`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from notifier.domain.returns.providers import brevo, generic, mailgun, postmark, sendgrid, ses
from notifier.domain.returns.providers.heard import Heard

__all__ = ["READERS", "Heard"]

READERS: Final[Mapping[str, Callable[[Any], Iterator[Heard]]]] = {
    "ses": ses.read,
    "mailgun": mailgun.read,
    "postmark": postmark.read,
    "sendgrid": sendgrid.read,
    "brevo": brevo.read,
    "generic": generic.read,
}
"""By the last part of the webhook's address. Each takes JSON of any shape, and gives what of it is meant for us."""
