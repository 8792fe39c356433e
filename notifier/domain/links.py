"""The personal links and names of one delivery."""

from dataclasses import dataclass
from datetime import datetime

from notifier.domain.claimed import Claimed
from notifier.domain.letter import Personal
from notifier.domain.mail import sender_host
from notifier.domain.tokens import Signer
from notifier.domain.words import LetterKind


@dataclass(frozen=True, slots=True)
class Links:
    """Makes what is personal about a letter: signed links, Message-ID, return path."""

    base_url: str
    bounce_domain: str
    signer: Signer
    sender_address: str

    def personal(self, one: Claimed, sent_at: datetime, confirm_token: str = "") -> Personal:
        """The personal values of one delivery; the Message-ID is the same at every try."""
        mac = self.signer.short("message", one.delivery_id)
        is_confirm = one.kind is LetterKind.CONFIRM
        return Personal(
            delivery_id=one.delivery_id,
            address=one.address,
            name=one.name,
            message_id=f"<d{one.delivery_id}.{mac}@{sender_host(self.sender_address)}>",
            mail_from=self._return_path(one.delivery_id),
            sent_at=sent_at,
            unsubscribe_url="" if is_confirm else self._url("u", one.subscriber_id, one.delivery_id),
            preferences_url="" if is_confirm else self._url("p", one.subscriber_id),
            view_url="" if is_confirm else self._url("v", one.delivery_id),
            confirm_url=f"{self.base_url}/confirm/{confirm_token}" if confirm_token else "",
        )

    def _url(self, purpose: str, *ids: int) -> str:
        return f"{self.base_url}/{purpose}/{self.signer.sign(purpose, *ids)}"

    def _return_path(self, delivery_id: int) -> str:
        """A VERP address `b+<id>.<mac>@…` where a bounce domain is set; else the sender."""
        if not self.bounce_domain:
            return self.sender_address
        return f"b+{delivery_id}.{self.signer.short('bounce', delivery_id)}@{self.bounce_domain}"
