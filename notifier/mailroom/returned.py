"""Mail that came back, complaints, and mail that unsubscribes: judged, and counted once whatever way it came."""

from datetime import datetime
from email.message import Message as Email

from notifier import observe, returns
from notifier.domain.incoming import MailUnreadable, opened
from notifier.domain.returns.event import Returned, Told
from notifier.domain.returns.report import Nature, Report, original, read_report
from notifier.domain.returns.words import EventKind
from notifier.domain.words import LetterKind
from notifier.feedback import alarms, clues, events
from notifier.feedback.door import Arrival
from notifier.mailroom.verdict import UNKNOWN, Verdict
from notifier.parts import Parts

SOURCE = "mail"
_log = observe.log(__name__)


def take_returned(parts: Parts, arrival: Arrival, now: datetime) -> Verdict:
    """Take in what came to an address for returned mail; what tells nothing of a letter of ours changes nothing."""
    try:
        mail = opened(arrival.data)
        report = read_report(mail, arrival.mail_from)
        headers = list(original(mail))
        delivery = arrival.place.delivery_id or clues.of_headers(headers, parts.signer) or 0
    except MailUnreadable as fault:
        _log.warning("returned_unreadable", delivery=arrival.place.delivery_id, fault=str(fault))
        return Verdict(is_readable=False)
    if not delivery and report.nature is Nature.COMPLAINT and (stream := clues.stream_of(headers)):
        return _take_named(parts, *stream, now)
    event = _event(report, delivery, now) if delivery else None
    if event is None:
        _log.info("returned_ignored", delivery=delivery, nature=report.nature)
        return Verdict()
    is_new = returns.take(parts, [event], now)
    _log.info("returned", delivery=delivery, kind=event.kind, why=event.why, status=event.status, is_new=bool(is_new))
    return Verdict()


def _take_named(parts: Parts, slug: str, kind: LetterKind, now: datetime) -> Verdict:
    """A provider told which stream was complained of, and hid the rest: nobody is suppressed by it."""
    with parts.db.writing() as session:
        is_ours = alarms.named(session, slug, kind, now)
    _log.info("complaint_of_stream", kind=kind, is_ours=is_ours)
    return Verdict()


def take_leave(parts: Parts, arrival: Arrival, now: datetime) -> Verdict:
    """End what brought a letter; a mail that a server sent back to this address ends nothing."""
    delivery = arrival.place.delivery_id
    if arrival.mail_from == "" or _is_report(arrival.data):
        _log.info("leave_ignored", delivery=delivery)
        return Verdict()
    with parts.db.writing() as session:
        whom = events.concerned(session, [delivery]).get(delivery)
        if whom is None:
            return UNKNOWN
        if not returns.take_within(parts, session, [Returned(delivery, EventKind.LEFT, now, SOURCE)], now):
            # It is noted once; but who came back since, and writes to the same address again, wants to leave again.
            returns.leave(session, whom, SOURCE, now)
    _log.info("left", delivery=delivery)
    return Verdict()


def stray(parts: Parts, data: bytes) -> int | None:
    """The letter that a mail to none of our addresses speaks of, where it is a report that holds our own proof.

    So bounces are found in a mailbox whose addresses say nothing, such as the sender's own.
    """
    try:
        mail = opened(data)
    except MailUnreadable:
        return None
    return clues.of_headers(original(mail), parts.signer)


def _event(report: Report, delivery: int, now: datetime) -> Returned | None:
    match report:
        case Report(Nature.COMPLAINT):
            return Returned(delivery, EventKind.COMPLAINED, now, SOURCE)
        case Report(Nature.ANSWER):
            return Returned(delivery, EventKind.ANSWERED, now, SOURCE)
        case Report(Nature.BOUNCE, Told() as told):
            return told.returned(delivery, now, SOURCE)
    return None


def _is_report(data: bytes) -> bool:
    try:
        mail: Email = opened(data)
    except MailUnreadable:
        return True
    return mail.get_content_type() == "multipart/report" or str(mail.get("Return-Path", "")).strip() == "<>"
