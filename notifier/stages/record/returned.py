"""Letters that a server had taken and another sent back: they did not arrive, and the books say so."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier import outbox, tally
from notifier.bulk import among, told
from notifier.domain.calls import HookEvent
from notifier.domain.words import Reason, State
from notifier.models import Delivery, DeliveryEvent
from notifier.stages.record.book import DETAIL_CHARACTERS
from notifier.stages.record.writing import write

AT_ONCE = 1000


def bounce(session: Session, returned: Mapping[int, str], now: datetime) -> set[int]:
    """Turn what was sent into failed, with what was said of it; gives the deliveries that were not sent (yet).

    The moment at which they were sent stays. Doing it twice changes nothing more.
    """
    theirs = among(session, Delivery.id, sorted(returned)) & (Delivery.state == State.SENT)
    columns = Delivery.site_id, Delivery.kind, Delivery.about_id, Delivery.created_at, Delivery.reason
    rows = session.execute(select(Delivery.id, *columns).where(theirs).order_by(Delivery.id).with_for_update()).all()
    if rows:
        said = {row.id: returned[row.id][:DETAIL_CHARACTERS] for row in rows}
        lines = [
            tally.Line(site, kind, about, tally.day_of(at), State.SENT, why or "")
            for _, site, kind, about, at, why in rows
        ]
        tally.take_back(session, lines)
        ending = write(among(session, Delivery.id, said), State.FAILED)
        tally.end(session, ending.values(reason=Reason.BOUNCED, detail=told(session, Delivery.id, said)))
        outbox.tell_of_deliveries(session, HookEvent.DELIVERY_BOUNCED, said, now)
    return returned.keys() - {row.id for row in rows}


def bounce_early(session: Session, now: datetime) -> int:
    """Do so for bounces that were quicker than our own books; gives how many letters that were."""
    early = select(DeliveryEvent.id, DeliveryEvent.delivery_id, DeliveryEvent.detail, Delivery.state).join(
        Delivery, Delivery.id == DeliveryEvent.delivery_id
    )
    rows = session.execute(early.where(DeliveryEvent.is_early).order_by(DeliveryEvent.id).limit(AT_ONCE)).all()
    # What is still on its way is looked at again.
    ripe = [row for row in rows if row.state not in {State.QUEUED, State.SENDING}]
    if not ripe:
        return 0
    sent = {row.delivery_id: row.detail for row in ripe if row.state is State.SENT}
    bounce(session, sent, now)
    done = update(DeliveryEvent).where(among(session, DeliveryEvent.id, [row.id for row in ripe]))
    session.execute(done.values(is_early=False).execution_options(synchronize_session=False))
    return len(sent)
