"""Addresses that readers had before the one they have: told by the proofs of their consent, by hash only.

What stands with a wish for another address is emptied after a week; the proofs stay.
"""

from typing import Final

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from notifier.domain.words import ConsentAction
from notifier.models.audience import ConsentEvent, Subscriber

MOVED: Final = "address"
"""The purpose of the proof that a reader has another address now."""
TAKEN_BACK: Final = "not-me"
"""Of the one that they have their former address again, for the change was not theirs."""


def former_addresses() -> Select[int | None, str]:
    """(reader, hash) of the addresses that readers had and have left; not of one that others gave them."""
    after = aliased(ConsentEvent)
    was_taken_back = exists().where(
        after.subscriber_id == ConsentEvent.subscriber_id, after.id > ConsentEvent.id, after.purpose == TAKEN_BACK
    )
    is_theirs = (
        (ConsentEvent.action == ConsentAction.CONFIRMED)
        | (ConsentEvent.purpose == TAKEN_BACK)
        | ((ConsentEvent.purpose == MOVED) & ~was_taken_back)
    )
    return (
        select(ConsentEvent.subscriber_id, ConsentEvent.address_hash)
        .join(Subscriber, Subscriber.id == ConsentEvent.subscriber_id)
        .where(ConsentEvent.address_hash != Subscriber.address_hash, is_theirs)
    )
