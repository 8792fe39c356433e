"""A word to who has just begun, ended everything, or asked for another address: planned where that became true."""

from datetime import datetime

from sqlalchemy.orm import Session

from notifier.consent.goodbyes import UNDO_LASTS
from notifier.consent.vetoes import LASTS as VETO_LASTS
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Site, Subscriber
from notifier.parts import Parts
from notifier.queue import later
from notifier.stages.plan.greetings import plan_address_change, plan_goodbye, plan_welcome
from notifier.stages.plan.letters import chunks


def welcome(parts: Parts, session: Session, subscriber_id: int, now: datetime) -> None:
    """Say what a reader who has confirmed will get, once in their life here, where the site does so."""
    if session.get(Subscriber, subscriber_id) is None:
        # Who moved to another address is no newcomer, and the row that stood for that address is gone.
        return
    reader, site = _whose(session, subscriber_id)
    if site.sends_welcome:
        made = plan_welcome(session, parts.edition(site, LetterKind.WELCOME, now), reader)
        later(session, *chunks(session, Delivery.id.in_(made), parts.settings.chunk_size))


def goodbye(parts: Parts, session: Session, subscriber_id: int, now: datetime) -> None:
    """Confirm that everything has ended, with a link that undoes it, where the site does so."""
    reader, site = _whose(session, subscriber_id)
    if site.sends_goodbye:
        made = plan_goodbye(session, parts.edition(site, LetterKind.GOODBYE, now), reader, UNDO_LASTS)
        later(session, *chunks(session, Delivery.id.in_(made), parts.settings.chunk_size))


def warn_of_move(parts: Parts, session: Session, subscriber_id: int, move_id: int, now: datetime) -> None:
    """Tell the address that is to be left, whatever the site says of other letters: only it can say no."""
    reader, site = _whose(session, subscriber_id)
    edition = parts.edition(site, LetterKind.ADDRESS_CHANGE, now)
    made = plan_address_change(session, edition, reader, move_id, VETO_LASTS)
    later(session, *chunks(session, Delivery.id.in_(made), parts.settings.chunk_size))


def _whose(session: Session, subscriber_id: int) -> tuple[Subscriber, Site]:
    reader = session.get_one(Subscriber, subscriber_id)
    return reader, session.get_one(Site, reader.site_id)
