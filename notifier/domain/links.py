"""The personal links and names of one delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.domain.claimed import Claimed
from notifier.domain.letter import Personal
from notifier.domain.mail import sender_host
from notifier.domain.tokens import Signer
from notifier.domain.tracks import Tracks
from notifier.domain.words import LetterKind

REPLY: Final = "reply"
"""The purpose of the token in `reply+<token>@…`, and how its local part begins."""
LEAVE: Final = "unsubscribe"
"""The same of `unsubscribe+<token>@…`, where a mail program writes for its reader to end what brought a letter."""
BOUNCE: Final = "b"
"""How a return path begins; its token is `<id>.<mac>` for this purpose, as short as VERP asks for:"""
VERP: Final = "bounce"
MESSAGE: Final = "message"
"""The purpose of the MAC in a Message-ID."""
_DOORS: Final = {
    LetterKind.CONFIRM: ("confirm_url", "confirm"),
    LetterKind.MAGIC_LINK: ("sign_in_url", "sign-in"),
    LetterKind.GOODBYE: ("undo_url", "undo"),
    LetterKind.ADDRESS_CHANGE: ("undo_url", "not-me"),
}
"""The letters that are sent for the sake of one link: its name, and the page it opens."""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes what is personal about a letter: signed links, Message-ID, return path."""

    base_url: str
    bounce_domain: str
    signer: Signer
    sender_address: str
    reply_domain: str = ""
    """Of the address that takes answers; empty where none are taken."""
    leave_domain: str = ""
    """Of the address that takes unsubscriptions; empty leaves them to the sender."""

    def personal(self, one: Claimed, sent_at: datetime, token: str = "") -> Personal:
        """The personal values of one delivery; the Message-ID is the same at every try.

        `token` opens what a letter offers that is sent for the sake of one link.
        """
        mac = self.signer.short(MESSAGE, one.delivery_id)
        is_list_mail = one.kind.is_list_mail
        of = (one.generation,) if one.generation else ()
        return Personal(
            delivery_id=one.delivery_id,
            address=one.address,
            name=one.name,
            message_id=f"<d{one.delivery_id}.{mac}@{sender_host(self.sender_address)}>",
            mail_from=self._return_path(one.delivery_id),
            sent_at=sent_at,
            unsubscribe_url=self._url("u", one.subscriber_id, one.delivery_id, *of) if is_list_mail else "",
            preferences_url=self._url("p", one.subscriber_id, *of) if is_list_mail else "",
            view_url=self._url("v", one.delivery_id) if is_list_mail else "",
            reply_to=self._reply_to(one),
            leave_address=self._leave_address(one.delivery_id) if is_list_mail else "",
            trace=Tracks(self.base_url, self.signer).personal(one.letter_id, one.delivery_id) if one.may_track else "",
            **self._door(one.kind, token),
        )

    def _door(self, kind: LetterKind, token: str) -> dict[str, str]:
        if not token or kind not in _DOORS:
            return {}
        name, path = _DOORS[kind]
        return {name: f"{self.base_url}/{path}/{token}"}

    def _url(self, purpose: str, *ids: int) -> str:
        return f"{self.base_url}/{purpose}/{self.signer.sign(purpose, *ids)}"

    def _reply_to(self, one: Claimed) -> str:
        if not self.reply_domain or one.kind is not LetterKind.REPLY:
            return ""
        return f"{REPLY}+{self.signer.sign_local(REPLY, one.delivery_id)}@{self.reply_domain}"

    def _leave_address(self, delivery_id: int) -> str:
        if not self.leave_domain:
            return ""
        return f"{LEAVE}+{self.signer.sign_local(LEAVE, delivery_id)}@{self.leave_domain}"

    def _return_path(self, delivery_id: int) -> str:
        """A VERP address `b+<id>.<mac>@…` where a bounce domain is set; else the sender."""
        if not self.bounce_domain:
            return self.sender_address
        return f"{BOUNCE}+{delivery_id}.{self.signer.short(VERP, delivery_id)}@{self.bounce_domain}"
