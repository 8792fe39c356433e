"""Take a mail in: each kind by its own rules, in one transaction; what is taken is committed when this returns."""

from datetime import datetime

from notifier import observe
from notifier.consent import visits
from notifier.domain.incoming import MailUnreadable, read_mail, recipients
from notifier.feedback import probes, replies
from notifier.feedback.door import Arrival, Kind, Place, place_of
from notifier.mailroom.returned import stray, take_leave, take_returned
from notifier.mailroom.verdict import UNKNOWN, Verdict
from notifier.models import Delivery
from notifier.parts import Parts
from notifier.queue import later, to_hand_over, transaction

_log = observe.log(__name__)


def take_in(parts: Parts, arrival: Arrival, now: datetime) -> Verdict:
    """Take one mail in; the same mail again changes nothing more. Raises SQLAlchemyError while the database is away."""
    match arrival.place.kind:
        case Kind.REPLY:
            return _take_reply(parts, arrival, now)
        case Kind.LEAVE:
            return take_leave(parts, arrival, now)
        case Kind.BOUNCE if probes.is_probe(arrival.place.delivery_id):
            with parts.db.writing() as session:
                probes.note(session, arrival.place.delivery_id, now)
            _log.info("probe_came")
            return Verdict()
        case Kind.BOUNCE | Kind.COMPLAINTS:
            return take_returned(parts, arrival, now)


def take_raw(parts: Parts, data: bytes, now: datetime) -> Verdict:
    """Take in a mail that came without an envelope: by whom its headers say it is to."""
    found = (placed(parts, one) for one in recipients(data))
    place = next((one for one in found if one), None)
    if place is None and (delivery := stray(parts, data)):
        place = Place(Kind.BOUNCE, delivery)
    return take_in(parts, Arrival(place, data), now) if place else UNKNOWN


def placed(parts: Parts, recipient: str) -> Place | None:
    """What a recipient stands for under our settings."""
    knobs = parts.settings
    return place_of(recipient, knobs.inbound_domain, parts.signer, knobs.bounce_domain)


def _take_reply(parts: Parts, arrival: Arrival, now: datetime) -> Verdict:
    delivery_id = arrival.place.delivery_id
    try:
        mail = read_mail(arrival.data, arrival.mail_from)
    except MailUnreadable as fault:
        _log.warning("reply_unreadable", delivery=delivery_id, fault=str(fault))
        return Verdict(is_readable=False)
    limits = replies.Limits(parts.settings.reply_characters_max, parts.settings.replies_per_h)
    with transaction(parts.db, parts.bell) as session:
        taken = replies.take_in(session, delivery_id, mail, limits, now)
        if taken is not None and taken.is_new and taken.reply_id and not taken.refusal:
            visits.acted(session, session.get_one(Delivery, delivery_id).subscriber_id or 0, now)
            later(session, to_hand_over(taken.reply_id))
    if taken is None:
        return UNKNOWN
    if taken.is_new:
        _log.info("reply_came", reply=taken.reply_id, delivery=delivery_id, refused=taken.refusal)
    return Verdict(refusal=taken.refusal)
