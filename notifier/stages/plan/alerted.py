"""How many alerts people were sent today: they count among the letters of a day, beside those about comments."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.schedule import zone_of
from notifier.domain.words import ItemKind, LetterKind, State
from notifier.models import Delivery, Item, Subscriber

_LONGEST_DAY: Final = timedelta(hours=26)


def local_day(zone: str, now: datetime) -> str:
    """The date where somebody lives."""
    return now.astimezone(zone_of(zone)).date().isoformat()


def alerts_of_the_day(session: Session, zones: Mapping[int, str], now: datetime) -> Counter[int]:
    """Of these readers (id -> time zone): how many each was sent, or is about to be, on the day that it is there now.

    Looked up by reader and article in the key that says "once"; nothing is counted, and no reader's row written, while
    an alert to a million people is planned.
    """
    sites = select(Subscriber.site_id).where(among(session, Subscriber.id, zones))
    lately = Item.kind == ItemKind.ARTICLE, Item.announced_at > now - _LONGEST_DAY
    fresh = session.scalars(select(Item.id).where(Item.site_id.in_(sites), *lately, Item.planned_count > 0)).all()
    if not fresh:
        return Counter()
    rows = session.execute(
        select(Delivery.subscriber_id, Delivery.created_at).where(
            among(session, Delivery.subscriber_id, zones),
            Delivery.kind == LetterKind.ALERT,
            among(session, Delivery.about_id, fresh),
            Delivery.state.in_([State.QUEUED, State.SENDING, State.SENT]),
        )
    )
    todays = (who for who, at in rows if who and local_day(zones[who], at) == local_day(zones[who], now))
    return Counter(todays)
