"""What only the person themselves may do: see their letters, take everything along, move, be forgotten."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from notifier.consent import moving, own, signing_in, suppression
from notifier.consent.own import PastLetter
from notifier.consent.signing_in import Visitor
from notifier.models import Site, Subscriber
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


def export(parts: Parts, visitor: Visitor) -> Iterator[bytes]:
    """Everything that is kept of a reader as JSON, piece by piece: a long history is never in memory as a whole."""
    with parts.db.reading() as session:
        yield b"{"
        for number, (name, values) in enumerate(own.export(session, visitor.subscriber_id)):
            yield f"{',' if number else ''}\n{_json(name)}: [".encode()
            for place, value in enumerate(values):
                yield f"{',' if place else ''}\n{_json(value)}".encode()
            yield b"]"
        yield b"\n}\n"


def ask_to_move(parts: Parts, visitor: Visitor, address: str, ip: str, now: datetime) -> None:
    """Ask a new address whether it wants this reader's letters; what is known of it never shows in the answer.

    Raises `consent.signup.Invalid` for what is no address.
    """
    with transaction(parts.db, parts.bell) as session:
        reader = session.get_one(Subscriber, visitor.subscriber_id)
        row = moving.request(session, reader, address, now, ip)
        later(session, to_sign_up(row.id))


def erase(parts: Parts, visitor: Visitor, now: datetime) -> None:
    """Forget this reader, but for a suppression by hash; their sessions end with them."""
    with transaction(parts.db, parts.bell) as session:
        reader = session.get(Subscriber, visitor.subscriber_id, with_for_update=True)
        if reader is None:
            return
        signing_in.close(session, reader.id)
        moving.forget(session, reader)
        record.forget_words(session, reader.id)
        suppression.erase(session, session.get_one(Site, reader.site_id), reader, now)


def _json(value: Any) -> str:  # noqa: ANN401 - what JSON can say
    return json.dumps(value, ensure_ascii=False)
