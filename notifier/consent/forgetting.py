"""What somebody who is forgotten had asked for, for themselves or at other addresses."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from notifier.consent.limits import counts
from notifier.models import ConsentEvent, OneTimeToken, Signup, Subscriber, Subscription

_EMPTIED: Final[dict[str, Any]] = {
    "subscriber_id": None, "moves_id": None, "address": "", "name": "", "ip": "", "topics": [],
}  # fmt: skip


def forget_signups(session: Session, reader: Subscriber, now: datetime) -> None:
    """Forget what a reader asked for; of another address that was asked of late only that it was, by its limit hash.

    Else whoever is forgotten and comes again could have letters sent to a stranger without end. An address that they
    wanted, and that asked for nothing itself, is forgotten with them.
    """
    theirs = or_(Signup.subscriber_id == reader.id, Signup.moves_id == reader.id)
    found = session.execute(select(Signup.id, Signup.subscriber_id, Signup.handled_at).where(theirs)).all()
    ids, wanted = [one for one, *_ in found], {who for _, who, _ in found if who and who != reader.id}
    # No button belongs to them any more.
    session.execute(delete(OneTimeToken).where(OneTimeToken.signup_id.in_(ids)))
    # The proof that these addresses were asked says from where.
    moments = [at for *_, at in found if at]
    proof = update(ConsentEvent).where(ConsentEvent.subscriber_id.in_(wanted), ConsentEvent.at.in_(moments))
    session.execute(proof.values(ip="", detail={}))
    is_their_own = Signup.subscriber_id == reader.id
    session.execute(delete(Signup).where(Signup.id.in_(ids), ~counts(now) | is_their_own))
    session.execute(update(Signup).where(Signup.id.in_(ids)).values(_EMPTIED))
    _forget_nobodies(session, wanted)


def _forget_nobodies(session: Session, wanted: Collection[int]) -> None:
    """Drop the rows of addresses that have not agreed to anything, and that nobody has asked for besides."""
    is_nobody = (
        Subscriber.confirmed_at.is_(None),
        ~exists().where(Subscription.subscriber_id == Subscriber.id),
        ~exists().where(Signup.subscriber_id == Subscriber.id),
    )
    # Held first: who is just being signed up is seen by the statement after it.
    session.scalars(select(Subscriber.id).where(Subscriber.id.in_(wanted)).order_by(Subscriber.id).with_for_update())
    session.execute(delete(Subscriber).where(Subscriber.id.in_(wanted), *is_nobody))
