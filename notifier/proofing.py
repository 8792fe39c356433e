"""Proofs: a digest in the mail of those at the desk who asked for it, before its readers get it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from notifier import digests, observe
from notifier.db import affected, upsert
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.digests import Place
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import Role
from notifier.domain.letter import Proof as Marked
from notifier.domain.outcome import Refused, Sent
from notifier.issues.letters import addressed, post
from notifier.models import AuditEvent, Proof, Site, User
from notifier.parts import Parts
from notifier.queue import later, to_prove, transaction
from notifier.stages.render import RenderFailed

PER_HOUR: Final = 20
_log = observe.log(__name__)
_EDITORS: Final = tuple(role for role in Role if role.may_act_as(Role.EDITOR))
_ASKED: Final = "digest.proof_asked"
_MAY: Final = and_(User.role.in_(_EDITORS), User.disabled_at.is_(None))
_WANT_ALL: Final = and_(User.wants_proofs, _MAY)


class Asked(StrEnum):
    """What became of a wish for a proof."""

    OWED = "owed"
    """Also where one is on its way already."""
    TOO_LATE = "too_late"
    EMPTY = "empty"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Edition:
    """What a proof shows of a digest: the letter in the language of most of its readers, and how many they are."""

    place: Place
    language: str = ""
    """Without it both are counted when the proof is made."""
    readers: int = 0


@dataclass(frozen=True, slots=True)
class _Result:
    is_sent: bool = False
    answer: str = ""
    """For the row alone: a server's words may hold the address."""
    shows: str = ""
    reason: str = ""


def is_asked(session: Session) -> bool:
    """Whether anybody wants proofs of all digests."""
    return session.scalar(select(User.id).where(_WANT_ALL).limit(1)) is not None


def owe(session: Session, of: Edition, now: datetime) -> None:
    """Note a proof for everybody who wants them all; the caller sees to it that a digest is told of once."""
    if users := session.scalars(select(User.id).where(_WANT_ALL).order_by(User.id)).all():
        _note(session, of, [{"user_id": user, "is_asked": False} for user in users], now)


def ask(parts: Parts, place: Place, user_id: int, by: Actor, now: datetime) -> Asked:
    """Send one user a proof of a digest as it is now, again if need be; while one waits it is that one."""
    found = digests.look(parts, place)
    if place.at <= now or found.is_planned:
        return Asked.TOO_LATE
    if not found.shown():
        return Asked.EMPTY
    with transaction(parts.db, parts.bell) as session:
        session.get_one(User, user_id, with_for_update=True)  # Two presses at once would both be the last allowed.
        theirs = AuditEvent.site_id == place.site_id, AuditEvent.actor == by.name, AuditEvent.action == _ASKED
        lately = select(func.count()).where(*theirs, AuditEvent.at > now - timedelta(hours=1))
        if (session.scalar(lately.select_from(AuditEvent)) or 0) >= PER_HOUR:
            return Asked.MANY
        if _note(session, Edition(place), [{"user_id": user_id, "is_asked": True}], now):
            named = {"frequency": place.frequency.value, "slot": place.at.isoformat()}
            audit.note(session, by, _ASKED, now, site_id=place.site_id, **named)
    return Asked.OWED


def latest(parts: Parts, place: Place, user_id: int) -> Proof | None:
    """This user's own proof of a digest, or else the last one that anybody was sent."""
    ours = Proof.site_id == place.site_id, Proof.frequency == place.frequency, Proof.slot == place.at
    is_own = Proof.user_id == user_id
    with parts.db.reading() as session:
        found = select(Proof).where(*ours, or_(is_own, Proof.is_sent))
        return session.scalars(found.order_by(is_own.desc(), Proof.taken_at.desc(), Proof.id).limit(1)).first()


def send(parts: Parts, proof_id: int, now: datetime) -> None:
    """Send it, at most once; what came of it stands in its row, and in the log without an address."""
    with parts.db.writing() as session:
        won = update(Proof).where(Proof.id == proof_id, Proof.taken_at.is_(None)).values(taken_at=now)
        if not affected(session, won):
            return
        proof = session.get_one(Proof, proof_id)
        to = session.scalar(select(User).where(User.id == proof.user_id, _MAY if proof.is_asked else _WANT_ALL))
        slug = session.get_one(Site, proof.site_id).slug
    result = _sent(parts, proof, to, slug, now) if to else _Result(reason="not_wanted")
    with parts.db.writing() as session:
        said = {"is_sent": result.is_sent, "answer": result.answer[:500] or result.reason, "shows": result.shows}
        # One that was asked for again meanwhile has a result of its own to come.
        session.execute(update(Proof).where(Proof.id == proof_id, Proof.taken_at == now).values(**said))
    if not result.is_sent:
        _log.warning("proof_not_sent", proof=proof_id, site=proof.site_id, user=proof.user_id, reason=result.reason)


def address_of(parts: Parts, slug: str, place: Place) -> str:
    """Where a digest is looked into, held, ordered and left out at the desk."""
    return f"{parts.settings.base_url}/desk/at/{slug}/calendar/{digests.name(place)}"


def purge(session: Session, now: datetime, kept: timedelta) -> None:
    """Forget proofs of long ago."""
    session.execute(delete(Proof).where(Proof.slot <= now - kept))


def _note(session: Session, of: Edition, users: list[dict[str, Any]], now: datetime) -> int:
    """One row a user and digest: anew where the last one was taken, as it is where it waits; gives how many are due."""
    key = {"site_id": of.place.site_id, "frequency": of.place.frequency, "slot": of.place.at}
    fresh = {
        "language": of.language, "readers": of.readers, "created_at": now, "taken_at": None, "is_sent": False,
        "answer": "", "shows": "",
    }  # fmt: skip
    new = upsert(session, Proof).values([{**key, **fresh, **one} for one in users])
    again = new.on_conflict_do_update(
        index_elements=[*key, "user_id"], set_={name: new.excluded[name] for name in (*fresh, "is_asked")},
        where=Proof.taken_at.is_not(None),
    )  # fmt: skip
    due = session.scalars(again.returning(Proof.id)).all()
    later(session, *map(to_prove, due))
    return len(due)


def _sent(parts: Parts, proof: Proof, to: User, slug: str, now: datetime) -> _Result:
    place = Place(proof.site_id, proof.frequency, proof.slot)
    if proof.slot <= now:
        # What it says at its top is no longer true: it would bid an editor hold what has left.
        return _Result(reason="too_late")
    counted = digests.biggest_edition(parts, place) if proof.is_asked else (proof.language, proof.readers)
    looked, (language, readers) = digests.look(parts, place), counted
    try:
        found = digests.letter(parts, place, language, looked.shown(), now)
        mark = Marked(to.language, proof.slot, readers, address_of(parts, slug, place))
        outcome = post(parts, addressed(parts, parts.press, replace(found, proof=mark), to.address, now))
    except (RenderFailed, AddressInvalid, ValueError) as fault:
        return _Result(answer=f"{type(fault).__name__}: {fault}", reason=type(fault).__name__)
    match outcome:
        case Sent(reply):
            return _Result(is_sent=True, answer=reply, shows=looked.shows)
        case Refused(reply):
            return _Result(answer=reply, reason="refused")
        case _:
            return _Result(answer=outcome.reply, reason="uncertain")
