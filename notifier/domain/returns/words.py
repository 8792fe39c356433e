"""The closed vocabularies of what comes back."""

from enum import StrEnum


class Blame(StrEnum):
    """Whom a refusal speaks of."""

    ADDRESS = "address"
    ACCOUNT = "account"
    """The sender: its server, name, standing, or the way it goes."""
    LETTER = "letter"
    NOBODY = "nobody"


class BounceClass(StrEnum):
    """Why a letter was refused or came back."""

    BAD_ADDRESS = "bad_address"
    """There is no such mailbox or domain, or it takes no mail at all (RFC 3463 X.1.x, RFC 7505)."""
    INACTIVE = "inactive"
    """The mailbox is there and switched off (X.2.1)."""
    FULL = "mailbox_full"
    TEMPORARY = "temporary"
    POLICY = "policy"
    """Authentication, reputation, rates (X.7.x): about the sender, whatever the words beside it say."""
    CONTENT = "content"
    TOO_BIG = "too_big"
    AUTO_REPLY = "auto_reply"
    RELAY = "relay"
    """The way is set up wrongly: relaying is denied, mail goes in circles, the sender's domain is not known."""
    UNKNOWN = "unknown"

    @property
    def blame(self) -> Blame:
        """Whom it speaks of."""
        return _BLAMES.get(self, Blame.NOBODY)


_BLAMES = {
    BounceClass.BAD_ADDRESS: Blame.ADDRESS,
    BounceClass.INACTIVE: Blame.ADDRESS,
    BounceClass.FULL: Blame.ADDRESS,
    BounceClass.TEMPORARY: Blame.ADDRESS,
    BounceClass.POLICY: Blame.ACCOUNT,
    BounceClass.RELAY: Blame.ACCOUNT,
    BounceClass.CONTENT: Blame.LETTER,
    BounceClass.TOO_BIG: Blame.LETTER,
}


class EventKind(StrEnum):
    """What became known of a letter after it had left."""

    BOUNCED = "bounced"
    """It came back for good."""
    DELAYED = "delayed"
    """Somebody still tries; no bounce (RFC 3464 2.3.3)."""
    DELIVERED = "delivered"
    COMPLAINED = "complained"
    LEFT = "left"
    """Its reader asked a mail program or the provider for no more of it."""
    ANSWERED = "answered"
    """A machine answered: an absence, a receipt."""
