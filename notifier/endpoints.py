"""What owners do with the endpoints of a site: each act one transaction, and one line in the log."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier import outbox
from notifier.calling import sealed_as
from notifier.db import affected
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.domain.calls import OFFERED, CallState, HookEvent
from notifier.domain.webhook import secret_text
from notifier.domain.weburl import web_url
from notifier.models import Call, Endpoint
from notifier.parts import Parts
from notifier.queue import later, to_call, transaction

KEY_BYTES: Final = 32
ENDPOINTS_MAX: Final = 20
URL_MAX: Final = 2000
PAGE: Final = 50
BOTH_FOR: Final = timedelta(days=1)
"""How long a secret that was changed still signs beside the new one."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An address that wants to be told."""

    url: str
    events: tuple[str, ...]
    with_address: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """Whose endpoints, and who acts."""

    parts: Parts
    site_id: int
    by: Actor
    now: datetime

    def add(self, new: NewEndpoint) -> tuple[int, str]:
        """A new endpoint; gives its id and its secret, once. Raises DeskError."""
        url, events = _checked(new)
        with self.parts.db.writing() as session:
            if len(session.scalars(select(Endpoint.id).where(Endpoint.site_id == self.site_id)).all()) >= ENDPOINTS_MAX:
                raise DeskError("endpoint_too_many", "url")
            row = Endpoint(
                site_id=self.site_id, url=url, events=events, with_address=new.with_address, created_at=self.now
            )
            session.add(row)
            session.flush()
            secret = self._seal(row)
            self._note(session, "endpoint.added", row.id, with_address=int(new.with_address))
            return row.id, secret

    def rotate(self, endpoint_id: int) -> str:
        """A new secret, told once; for a day calls are signed by the old one too. Raises LookupError.

        As standardwebhooks.com has it ("Signature scheme"): several signatures, so that nobody misses a call meanwhile.
        """
        with self.parts.db.writing() as session:
            row = self._row(session, endpoint_id)
            row.former_sealed, row.former_until = row.secret_sealed, self.now + BOTH_FOR
            secret = self._seal(row)
            self._note(session, "endpoint.rotated", row.id)
            return secret

    def switch(self, endpoint_id: int, *, is_on: bool) -> None:
        """Switch an endpoint off, or on again: then what still waits for it is sent. Raises LookupError."""
        with transaction(self.parts.db, self.parts.bell) as session:
            row = self._row(session, endpoint_id)
            if is_on:
                row.disabled_at, row.disabled_because, row.failing_since = None, "", None
                later(session, to_call(row.id))
            elif row.disabled_at is None:
                row.disabled_at, row.disabled_because = self.now, "owner"
            self._note(session, "endpoint.enabled" if is_on else "endpoint.disabled", row.id)

    def remove(self, endpoint_id: int) -> None:
        """Forget an endpoint, and its log with it. Raises LookupError."""
        with self.parts.db.writing() as session:
            session.delete(self._row(session, endpoint_id))
            self._note(session, "endpoint.removed", endpoint_id)

    def test(self, endpoint_id: int) -> None:
        """Call it with nothing but a greeting. Raises LookupError."""
        with transaction(self.parts.db, self.parts.bell) as session:
            row = self._row(session, endpoint_id)
            outbox.owe(session, [row.id], HookEvent.TEST, [{}], self.now)
            self._note(session, "endpoint.tested", row.id)

    def send_again(self, endpoint_id: int, call_id: int) -> bool:
        """Make a call once more, under its old id; False for one that waits anyway. Raises LookupError."""
        again = {"state": CallState.WAITING, "attempts": 0, "next_attempt_at": self.now, "finished_at": None}
        with transaction(self.parts.db, self.parts.bell) as session:
            row = self._row(session, endpoint_id)
            ended = (Call.id == call_id, Call.endpoint_id == row.id, Call.state != CallState.WAITING)
            is_done = affected(session, update(Call).where(*ended).values(**again)) == 1
            if is_done:
                later(session, to_call(row.id))
                self._note(session, "call.sent_again", row.id, call=call_id)
            return is_done

    def _seal(self, row: Endpoint) -> str:
        secret = secret_text(secrets.token_bytes(KEY_BYTES))
        row.secret_sealed = self.parts.sealer.seal(secret, sealed_as(row.id))
        return secret

    def _row(self, session: Session, endpoint_id: int) -> Endpoint:
        ours = (Endpoint.id == endpoint_id, Endpoint.site_id == self.site_id)
        row = session.scalar(select(Endpoint).where(*ours).with_for_update())
        if row is None:
            raise LookupError(endpoint_id)
        return row

    def _note(self, session: Session, action: str, endpoint_id: int, **detail: int) -> None:
        audit.note(session, self.by, action, self.now, site_id=self.site_id, endpoint=endpoint_id, **detail)


def of_site(session: Session, site_id: int) -> list[Endpoint]:
    """Every endpoint of a site."""
    return list(session.scalars(select(Endpoint).where(Endpoint.site_id == site_id).order_by(Endpoint.id)))


def one(session: Session, site_id: int, endpoint_id: int) -> Endpoint:
    """An endpoint of this site. Raises LookupError."""
    row = session.get(Endpoint, endpoint_id)
    if row is None or row.site_id != site_id:
        raise LookupError(endpoint_id)
    return row


def log(session: Session, endpoint_id: int, before_id: int = 0) -> list[Call]:
    """A page of an endpoint's calls, the newest first; `before_id` is the last of the page before."""
    newest = select(Call).where(Call.endpoint_id == endpoint_id).order_by(Call.id.desc()).limit(PAGE)
    return list(session.scalars(newest.where(Call.id < before_id) if before_id else newest))


def _checked(new: NewEndpoint) -> tuple[str, list[str]]:
    url = web_url(new.url.strip())
    if not url or len(url) > URL_MAX:
        raise DeskError("endpoint_bad_url", "url")
    events = _offered(new.events)
    if not events:
        raise DeskError("endpoint_no_events", "events")
    return url, events


def _offered(wanted: Collection[str]) -> list[str]:
    return [event.value for event in OFFERED if event.value in wanted]
