"""What only the person themselves may do: see their letters, take everything along, move, be forgotten."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from notifier import greetings
from notifier.consent import handover, moving, own, signing_in, suppression, vetoes
from notifier.consent.own import PastLetter
from notifier.consent.signing_in import Visitor
from notifier.consent.vetoes import Veto
from notifier.domain.traces import Tracking
from notifier.feedback import standings
from notifier.models import Site, Subscriber, Suppression
from notifier.parts import Parts
from notifier.queue import later, to_sign_up, transaction
from notifier.stages import record


def history(parts: Parts, visitor: Visitor, before: int = 0) -> list[PastLetter]:
    """A page of a reader's letters, the newest first."""
    with parts.db.reading() as session:
        return own.history(session, visitor.subscriber_id, before)


def person(parts: Parts, visitor: Visitor) -> tuple[str, str]:
    """Address and name."""
    with parts.db.reading() as session:
        reader = session.get_one(Subscriber, visitor.subscriber_id)
        return reader.address, reader.name


@dataclass(frozen=True, slots=True)
class MailFacts:
    """How a reader's address takes our letters, and what is remembered of how they are read."""

    score: float
    limit: float
    refusals: tuple[tuple[str, str], ...]
    """The last ones: day and class (`BounceClass`)."""
    ended_on: str = ""
    """Since when nothing is sent there; empty while letters are."""
    ended_why: str = ""
    is_traced: bool = False
    """Whether it is kept what they open and follow: the site asks its readers, and they agreed."""
    is_counted: bool = False
    """Whether their opens and clicks are counted with everybody's, without a name."""


def mail_facts(parts: Parts, visitor: Visitor) -> MailFacts:
    """Score and last refusals, a suppression of the address or its domain, and consent to traces."""
    with parts.db.reading() as session:
        reader = session.get_one(Subscriber, visitor.subscriber_id)
        site = session.get_one(Site, reader.site_id)
        held = standings.find(session, (site.id, reader.address_hash))
        places = [reader.address_hash, suppression.place_of(site, f"@{reader.address.rpartition('@')[2]}")]
        ended = session.scalars(
            select(Suppression)
            .where(Suppression.site_id == site.id, Suppression.address_hash.in_(places))
            .where(Suppression.lifted_at.is_(None))
            .order_by(Suppression.at)
        ).first()
        told = [reason.split(" ") for reason in held.reasons]
        return MailFacts(
            score=held.score,
            limit=parts.settings.soft_bounces_max,
            refusals=tuple((day, why) for day, why, *_ in told),
            ended_on=ended.at.date().isoformat() if ended else "",
            ended_why=ended.reason if ended else "",
            is_traced=reader.may_track and site.tracking is Tracking.READERS,
            is_counted=site.tracking is Tracking.COUNTS,
        )


def export(parts: Parts, visitor: Visitor, tell: Callable[[MailFacts], list[str]]) -> Iterator[bytes]:
    """Everything that is kept of a reader as JSON, piece by piece: a long history is never in memory as a whole.

    `tell` puts into words how their address takes our letters: `your_mail`.
    """
    with parts.db.reading() as session:
        yield f'{{\n"your_mail": {_json(tell(mail_facts(parts, visitor)))},'.encode()
        for number, (name, values) in enumerate(own.export(session, visitor.subscriber_id)):
            yield f"{',' if number else ''}\n{_json(name)}: [".encode()
            for place, value in enumerate(values):
                yield f"{',' if place else ''}\n{_json(value)}".encode()
            yield b"]"
        yield b"\n}\n"


def ask_to_move(parts: Parts, visitor: Visitor, address: str, ip: str, now: datetime) -> None:
    """Ask a new address whether it wants this reader's letters, and tell the one they have.

    What is known of the new one never shows in the answer.

    Raises `consent.signup.Invalid` for what is no address, LookupError for a session that was shut a moment ago.
    """
    with transaction(parts.db, parts.bell) as session:
        reader = handover.own(session, visitor)
        wish = moving.request(session, reader, address, now, ip)
        greetings.warn_of_move(parts, session, reader.id, wish.id, now)
        later(session, to_sign_up(wish.signup_id))


def look_at_veto(parts: Parts, token: str, now: datetime) -> Veto | None:
    """What "this was not me" would stop; changes nothing. None for a forged or orphaned link."""
    ids = parts.signer.read(vetoes.NOT_ME, token)
    with parts.db.reading() as session:
        return vetoes.view(session, ids[0], now) if ids else None


def veto(parts: Parts, token: str, ip: str, now: datetime) -> Veto | None:
    """Stop a change of address, or take it back; gives the link as it is afterwards."""
    ids = parts.signer.read(vetoes.NOT_ME, token)
    if not ids:
        return None
    with transaction(parts.db, parts.bell) as session:
        vetoes.veto(session, ids[0], ip, now)
        session.flush()
        return vetoes.view(session, ids[0], now)


def erase(parts: Parts, visitor: Visitor, now: datetime) -> None:
    """Forget this reader, but for a suppression by hash; their sessions end with them."""
    with transaction(parts.db, parts.bell) as session:
        reader = session.get(Subscriber, visitor.subscriber_id, with_for_update=True)
        if reader is None:
            return
        signing_in.close(session, reader.id)
        record.forget_words(session, reader.id)
        suppression.erase(session, session.get_one(Site, reader.site_id), reader, now)


def _json(value: Any) -> str:  # noqa: ANN401 - what JSON can say
    return json.dumps(value, ensure_ascii=False)
