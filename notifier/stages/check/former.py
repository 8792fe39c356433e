"""The address that word of its being left goes to: the one it was then, whatever the reader's is by now."""

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.owed import Owed
from notifier.domain.words import Reason
from notifier.models import AddressMove, Subscriber, Suppression


def to_former(session: Session, owed: Sequence[Owed]) -> dict[int, Claimed | Reason]:
    """Such letters, or why they cannot go, by delivery.

    Nothing is in them that whoever asked could have written, such as a name.
    """
    if not owed:
        return {}
    held = exists().where(
        Suppression.site_id == Subscriber.site_id,
        Suppression.lifted_at.is_(None),
        or_(
            Suppression.address_hash == AddressMove.address_hash,
            (Suppression.domain != "") & AddressMove.address_key.endswith("@" + Suppression.domain),
        ),
    )
    rows = session.execute(
        select(AddressMove.id, AddressMove.address, held)
        .join(Subscriber, Subscriber.id == AddressMove.subscriber_id)
        .where(among(session, AddressMove.id, {one.about_id for one in owed}))
    )
    known = {move: (address, is_held) for move, address, is_held in rows}
    return {one.id: _judged(one, *known.get(one.about_id, (None, False))) for one in owed}


def _judged(one: Owed, address: str | None, is_held: bool) -> Claimed | Reason:  # noqa: FBT001 - a column's value
    if address is None:
        return Reason.ERASED
    if is_held:
        return Reason.SUPPRESSED
    if not address:
        return Reason.TOO_OLD
    return Claimed(one.id, one.letter_id, (), one.kind, one.about_id, one.subscriber_id or 0, address)
