"""In without a password: a link is asked for, sent, used once; a session is open for an hour."""

from datetime import datetime

from sqlalchemy.orm import Session

from notifier.consent import links, signing_in
from notifier.consent.signing_in import SignInLink, Visitor
from notifier.domain.words import LetterKind
from notifier.models import Delivery, SignIn, Site, Subscriber
from notifier.parts import Parts
from notifier.queue import later, to_sign_in, transaction
from notifier.stages.plan.letters import chunks
from notifier.stages.plan.sign_ins import plan_sign_in


def ask(parts: Parts, site_id: int, address: str, now: datetime) -> None:
    """Note that somebody wants a link, and nudge its task; what that finds never shows in the answer.

    Raises `consent.signup.Invalid` for what is no address.
    """
    with transaction(parts.db, parts.bell) as session:
        row = signing_in.request(session, site_id, address, now)
        later(session, to_sign_in(row.id))


def ask_by_letter(parts: Parts, token: str, now: datetime) -> bool:
    """The same for whoever has a letter's preference link: it goes to the address on file, which is not told."""
    ids = parts.signer.read(links.PREFERENCES, token)
    with transaction(parts.db, parts.bell) as session:
        reader = session.get(Subscriber, ids[0]) if ids else None
        _ask_for(session, reader, now)
        return reader is not None


def ask_by_old_link(parts: Parts, token: str, now: datetime) -> None:
    """The same for whoever has a sign-in link that opens nothing any more."""
    with transaction(parts.db, parts.bell) as session:
        _ask_for(session, signing_in.whose(session, token), now)


def ask_by_old_session(parts: Parts, visitor: Visitor, now: datetime) -> None:
    """The same for a browser whose session has run out."""
    with transaction(parts.db, parts.bell) as session:
        _ask_for(session, session.get(Subscriber, visitor.subscriber_id), now)


def answer(parts: Parts, sign_in_id: int, now: datetime) -> None:
    """Send the link, or nothing. Doing it twice sends nothing more."""
    with transaction(parts.db, parts.bell) as session:
        row = session.get(SignIn, sign_in_id, with_for_update=True)
        if row is None or row.handled_at is not None:
            return
        reader = signing_in.decide(session, row, now)
        if reader is None:
            return
        site = session.get_one(Site, row.site_id)
        edition = parts.edition(site, LetterKind.MAGIC_LINK, now)
        made = plan_sign_in(session, edition, reader, row.id)
        later(session, *chunks(session, Delivery.id.in_(made), parts.settings.chunk_size))


def look(parts: Parts, token: str, now: datetime) -> SignInLink | None:
    """What a link would open; changes nothing. None for a link that we never made."""
    with parts.db.reading() as session:
        return signing_in.peek(session, token, now)


def enter(parts: Parts, token: str, now: datetime) -> str | None:
    """Use a link: the new session's cookie. None where it does not open anything any more."""
    with transaction(parts.db, parts.bell) as session:
        return signing_in.use(session, token, now)


def who(parts: Parts, cookie: str, now: datetime) -> Visitor | None:
    """Whose session this is; changes nothing."""
    with parts.db.reading() as session:
        return signing_in.visitor(session, cookie, now)


def who_was(parts: Parts, cookie: str, now: datetime) -> Visitor | None:
    """Whose session this was until it ran out; changes nothing."""
    with parts.db.reading() as session:
        return signing_in.lapsed(session, cookie, now)


def leave(parts: Parts, visitor: Visitor) -> None:
    """End the sessions of this reader, in every browser."""
    with transaction(parts.db, parts.bell) as session:
        signing_in.close(session, visitor.subscriber_id)


def _ask_for(session: Session, reader: Subscriber | None, now: datetime) -> None:
    if reader is not None:
        row = signing_in.request(session, reader.site_id, reader.address, now)
        later(session, to_sign_in(row.id))
