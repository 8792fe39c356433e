"""What editors do to one reader: each act one transaction, and one line in the log without an address."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from notifier import outbox
from notifier.consent import evidence, signup, subscriptions, suppression
from notifier.consent.adding import NewReader, add_reader
from notifier.consent.covered import note_covered
from notifier.consent.signup import SignUpForm
from notifier.desk import audit, tagging
from notifier.desk.audit import Actor
from notifier.domain.calls import HookEvent
from notifier.domain.schedule import is_zone
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.words import ConsentAction
from notifier.models import Site, Subscriber, SubscriberNote
from notifier.parts import Parts
from notifier.queue import later, to_sign_up, transaction
from notifier.stages import record

NAME_MAX = 200
NOTE_MAX = 1000
SOURCE = "desk"


@dataclass(frozen=True, slots=True)
class Edit:
    """What can be put right about a reader."""

    name: str
    language: str
    time_zone: str
    tags: tuple[str, ...] | None = None
    """None leaves them as they are."""


def edit(parts: Parts, site_id: int, reader_id: int, wanted: Edit, by: Actor, now: datetime) -> None:
    """Put it right. Raises ValueError for a language or a zone that there is not, LookupError for nobody.

    TagsFullError where the site has no room for a new tag.
    """
    with transaction(parts.db, parts.bell) as session:
        reader = held(session, site_id, reader_id)
        is_known = wanted.language in {reader.language, *LANGUAGES}
        if not is_known or not is_zone(wanted.time_zone):
            raise ValueError(wanted)
        if wanted.tags is not None:
            tagging.retag(session, site_id, reader.id, wanted.tags, now)
        before = reader.name, reader.language, reader.time_zone
        reader.name, reader.language = " ".join(wanted.name.split())[:NAME_MAX], wanted.language
        if reader.time_zone != wanted.time_zone:
            # What was sent under the old hours is not sent again under the new ones.
            note_covered(session, reader, now)
            reader.time_zone, reader.changed_at = wanted.time_zone, now
        if (reader.name, reader.language, reader.time_zone) != before:
            outbox.tell_of_reader(session, reader, HookEvent.CHANGED, now, SOURCE)
        audit.note(session, by, "reader.edited", now, site_id=site_id, reader=reader.id)


def add(parts: Parts, site_id: int, new: NewReader, by: Actor, now: datetime) -> int | None:
    """Add somebody whose consent the editor holds; None for a suppressed address. Raises AddressInvalid."""
    with parts.db.writing() as session:
        reader = add_reader(session, session.get_one(Site, site_id), new, now)
        if reader is not None:
            audit.note(session, by, "reader.added", now, site_id=site_id, reader=reader.id)
        return reader.id if reader else None


def ask(parts: Parts, form: SignUpForm, by: Actor, now: datetime) -> None:
    """Ask an address by letter whether it wants to. Raises `consent.signup.Invalid`."""
    with transaction(parts.db, parts.bell) as session:
        stands_on = signup.grounds(session, form.site, form.topics)
        row = signup.request(session, form, stands_on, now)
        audit.note(session, by, "reader.asked", now, site_id=stands_on.site_id, signup=row)
        later(session, to_sign_up(row))


def suppress(parts: Parts, site_id: int, reader_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Never write to them again. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        site = session.get_one(Site, site_id)
        suppression.suppress(session, site, reader.address, reason.strip()[:40] or "asked", SOURCE, now)
        audit.note(session, by, "reader.suppressed", now, site_id=site_id, reader=reader.id)


def lift(parts: Parts, site_id: int, reader_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Let them be written to again; the reason is kept with the proof of consent. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        if suppression.lift(session, session.get_one(Site, site_id), reader.address, now):
            detail = {"lifted": reason.strip()[:NOTE_MAX]}
            evidence.note(session, reader, ConsentAction.CHANGED, "", now, source=SOURCE, detail=detail)
            reader.changed_at = now
        audit.note(session, by, "reader.lifted", now, site_id=site_id, reader=reader.id)


def unsubscribe(parts: Parts, site_id: int, reader_id: int, by: Actor, now: datetime) -> None:
    """End all that they get. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        names = subscriptions.end(session, reader, true(), "unsubscribed", now).said
        subscriptions.let_go(reader, now)
        if names:
            evidence.note(session, reader, ConsentAction.UNSUBSCRIBED, ",".join(names), now, source=SOURCE)
        audit.note(session, by, "reader.unsubscribed", now, site_id=site_id, reader=reader.id)


def erase(parts: Parts, site_id: int, reader_id: int, typed: str, by: Actor, now: datetime) -> bool:
    """Forget them, but for a suppression by hash; False where the address typed is not theirs.

    Raises LookupError for nobody.
    """
    with transaction(parts.db, parts.bell) as session:
        reader = held(session, site_id, reader_id)
        if typed.strip().casefold() not in {reader.address.casefold(), reader.address_key}:
            return False
        record.forget_words(session, reader.id)
        suppression.erase(session, session.get_one(Site, site_id), reader, now)
        audit.note(session, by, "reader.erased", now, site_id=site_id, reader=reader_id)
        return True


def forget_standing(parts: Parts, site_id: int, reader_id: int, by: Actor, now: datetime) -> None:
    """Hold nothing against their address any more. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        suppression.forget_standing(session, site_id, reader.address_hash)
        audit.note(session, by, "standing.forgotten", now, site_id=site_id, reader=reader.id)


def write_note(parts: Parts, site_id: int, reader_id: int, words: str, by: Actor, now: datetime) -> None:
    """Write something down about them. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        if text := words.strip()[:NOTE_MAX]:
            session.add(SubscriberNote(subscriber_id=reader.id, actor=by.name, words=text, at=now))
            audit.note(session, by, "reader.noted", now, site_id=site_id, reader=reader.id)


def held(session: Session, site_id: int, reader_id: int) -> Subscriber:
    """A reader of this site, locked for the rest of the transaction. Raises LookupError for nobody."""
    ours = select(Subscriber).where(Subscriber.site_id == site_id, Subscriber.id == reader_id)
    reader = session.scalar(ours.with_for_update())
    if reader is None:
        raise LookupError(reader_id)
    return reader
