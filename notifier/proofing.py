"""Proofs: a digest in the mail of those at the desk who asked for it, before its readers get it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from notifier import digests, observe
from notifier.db import affected
from notifier.digests import Place
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import Role
from notifier.domain.letter import Proof as Marked
from notifier.domain.outcome import Refused, Sent
from notifier.issues.letters import addressed, post
from notifier.models import Proof, Site, User
from notifier.parts import Parts
from notifier.queue import later, to_prove
from notifier.stages.render import RenderFailed

_log = observe.log(__name__)
_EDITORS: Final = tuple(role for role in Role if role.may_act_as(Role.EDITOR))


@dataclass(frozen=True, slots=True)
class Edition:
    """What a proof shows of a digest: the letter in the language of most of its readers, and how many they are."""

    place: Place
    language: str
    readers: int


@dataclass(frozen=True, slots=True)
class _Result:
    is_sent: bool
    answer: str
    """For the row alone: a server's words may hold the address."""
    reason: str = ""


def is_asked(session: Session) -> bool:
    """Whether anybody wants proofs."""
    return session.scalar(select(User.id).where(_asks()).limit(1)) is not None


def owe(session: Session, of: Edition, now: datetime) -> None:
    """Note a proof for everybody who asked; the caller sees to it that a digest is told of once."""
    row = {
        "site_id": of.place.site_id, "frequency": of.place.frequency, "slot": of.place.at, "language": of.language,
        "readers": of.readers, "created_at": now,
    }  # fmt: skip
    users = session.scalars(select(User.id).where(_asks()).order_by(User.id)).all()
    if users:
        new = session.scalars(insert(Proof).returning(Proof.id), [{**row, "user_id": user} for user in users])
        later(session, *map(to_prove, new))


def send(parts: Parts, proof_id: int, now: datetime) -> None:
    """Send it, at most once; what came of it stands in its row, and in the log without an address."""
    with parts.db.writing() as session:
        won = update(Proof).where(Proof.id == proof_id, Proof.taken_at.is_(None)).values(taken_at=now)
        if not affected(session, won):
            return
        proof = session.get_one(Proof, proof_id)
        to = session.scalar(select(User).where(User.id == proof.user_id, _asks()))
        slug = session.get_one(Site, proof.site_id).slug
    result = _sent(parts, proof, to, slug, now) if to else _Result(is_sent=False, answer="", reason="not_wanted")
    with parts.db.writing() as session:
        said = {"is_sent": result.is_sent, "answer": result.answer[:500] or result.reason}
        session.execute(update(Proof).where(Proof.id == proof_id).values(**said))
    if not result.is_sent:
        _log.warning("proof_not_sent", proof=proof_id, site=proof.site_id, user=proof.user_id, reason=result.reason)


def address_of(parts: Parts, slug: str, place: Place) -> str:
    """Where a digest is looked into, held, ordered and left out at the desk."""
    return f"{parts.settings.base_url}/desk/at/{slug}/calendar/{digests.name(place)}"


def purge(session: Session, now: datetime, kept: timedelta) -> None:
    """Forget proofs of long ago."""
    session.execute(delete(Proof).where(Proof.slot <= now - kept))


def _asks() -> ColumnElement[bool]:
    return and_(User.wants_proofs, User.role.in_(_EDITORS), User.disabled_at.is_(None))


def _sent(parts: Parts, proof: Proof, to: User, slug: str, now: datetime) -> _Result:
    place = Place(proof.site_id, proof.frequency, proof.slot)
    if proof.slot <= now:
        # What it says at its top is no longer true: it would bid an editor hold what has left.
        return _Result(is_sent=False, answer="", reason="too_late")
    try:
        found = digests.letter(parts, place, proof.language, digests.look(parts, place).shown(), now)
        mark = Marked(to.language, proof.slot, proof.readers, address_of(parts, slug, place))
        outcome = post(parts, addressed(parts, parts.press, replace(found, proof=mark), to.address, now))
    except (RenderFailed, AddressInvalid, ValueError) as fault:
        return _Result(is_sent=False, answer=f"{type(fault).__name__}: {fault}", reason=type(fault).__name__)
    match outcome:
        case Sent(reply):
            return _Result(is_sent=True, answer=reply)
        case Refused(reply):
            return _Result(is_sent=False, answer=reply, reason="refused")
        case _:
            return _Result(is_sent=False, answer=outcome.reply, reason="uncertain")
