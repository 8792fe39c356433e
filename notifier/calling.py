"""Tell endpoints what they are owed: signed, one call at a time, tried for three days (standardwebhooks.com)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from notifier import observe
from notifier.bulk import picked
from notifier.db import affected
from notifier.domain import webhook
from notifier.domain.calls import CallState, body_of, pause
from notifier.domain.webhook import Hook, key_of_text
from notifier.models import Call, Endpoint, Site, Subscriber, is_waiting
from notifier.parts import Parts
from notifier.queue import to_call
from notifier.sources.faults import FetchRefused

SLICE: Final = timedelta(seconds=20)
"""Longest that one task goes on calling one endpoint."""
CLAIMED_FOR: Final = timedelta(minutes=2)
"""Longer than any request may take: a worker that died gives its call up to another after that."""
FAILING_MAX: Final = timedelta(days=3)
"""An endpoint that took nothing for so long is left alone until an owner says otherwise."""
KEPT: Final = timedelta(days=30)
PURGED_AT_ONCE: Final = 5_000
ANSWER_MAX: Final = 500
ANSWER_BYTES_MAX: Final = 65_536

_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that is ours to make."""

    id: int
    endpoint_id: int
    url: str
    event: str
    at: datetime
    attempts: int
    data: Mapping[str, Any] = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    """The secret and, for a day after a change, the one before; none where it cannot be opened any more."""

    @property
    def webhook_id(self) -> str:
        """The same at every try: by this the receiver knows what it has."""
        return f"call_{self.id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call; `fault` is a key of the desk's sentences, empty where the endpoint answered."""

    status: int = 0
    body: str = ""
    fault: str = ""
    retry_after_s: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint has it."""
        return not self.fault and self.status in range(200, 300)


def send(parts: Parts, endpoint_id: int, clock: Callable[[], datetime]) -> None:
    """Make the calls that are due; after one that failed the others wait for the next nudge."""
    until = clock() + SLICE
    while clock() < until:
        with parts.db.writing() as session:
            one = _claim(session, parts, endpoint_id, clock())
        if one is None:
            return
        # No transaction is open while the receiver thinks.
        answer = _post(parts, one, clock())
        with parts.db.writing() as session:
            _note(session, one, answer, clock(), parts.dice())
        _log.info("called", call=one.id, endpoint=endpoint_id, status=answer.status, fault=answer.fault)
        if not answer.is_taken:
            return
    parts.bell([to_call(endpoint_id)])


def purge(session: Session, now: datetime) -> int:
    """Forget old calls; gives how many."""
    old = select(Call.id).where(Call.created_at <= now - KEPT).limit(PURGED_AT_ONCE)
    return affected(session, delete(Call).where(Call.id.in_(old)))


def _claim(session: Session, parts: Parts, endpoint_id: int, now: datetime) -> Claimed | None:
    """Take the call that waits longest; None where none is due, or other workers have them.

    Counted at the claim, so a worker that dies has used up a try.
    """
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.disabled_at is not None:
        return None
    is_due = (Call.endpoint_id == endpoint_id, is_waiting(), Call.next_attempt_at <= now)
    first = select(Call.id).where(*is_due).order_by(Call.next_attempt_at, Call.id).limit(1)
    claimed = {"attempts": Call.attempts + 1, "next_attempt_at": now + CLAIMED_FOR, "tried_at": now}
    mine = update(Call).where(picked(session, Call, first.with_for_update(skip_locked=True)), *is_due).values(**claimed)
    call = session.scalar(mine.returning(Call).execution_options(synchronize_session=False))
    if call is None:
        return None
    return Claimed(
        id=call.id, endpoint_id=endpoint.id, url=endpoint.url, event=call.event, at=call.created_at,
        attempts=call.attempts, data=_told(session, endpoint, call), keys=_keys(parts, endpoint, now),
    )  # fmt: skip


def _keys(parts: Parts, endpoint: Endpoint, now: datetime) -> tuple[bytes, ...]:
    sealed = [endpoint.secret_sealed]
    if endpoint.former_until and now < endpoint.former_until:
        sealed.append(endpoint.former_sealed)
    texts = [parts.sealer.open(one, sealed_as(endpoint.id)) for one in sealed]
    if not texts[0]:
        return ()
    return tuple(key for text in texts if text and (key := key_of_text(text)))


def sealed_as(endpoint_id: int) -> str:
    """What an endpoint's secret is sealed about."""
    return f"endpoint:{endpoint_id}"


def _told(session: Session, endpoint: Endpoint, call: Call) -> dict[str, Any]:
    """The data as it is posted: the address is read now, so that nobody's is kept in a queue."""
    told: dict[str, Any] = {"site": session.get_one(Site, endpoint.site_id).slug, **call.data}
    if endpoint.with_address and isinstance(call.data.get("subscriber"), int):
        ours = (Subscriber.id == call.data["subscriber"], Subscriber.site_id == endpoint.site_id)
        told["address"] = session.scalar(select(Subscriber.address).where(*ours))
    return told


def _post(parts: Parts, one: Claimed, now: datetime) -> Answer:
    if not one.keys:
        return Answer(fault="secret")
    body = body_of(one.event, one.at, one.data)
    hook = Hook(one.webhook_id, int(now.timestamp()))
    signed = (
        ("webhook-id", hook.id),
        ("webhook-timestamp", str(hook.timestamp)),
        ("webhook-signature", " ".join(webhook.sign(key, hook, body) for key in one.keys)),
    )
    fetch = replace(parts.fetch, bytes_max=min(parts.fetch.bytes_max, ANSWER_BYTES_MAX), accept="*/*")
    try:
        answered = fetch.post(one.url, body, "application/json", signed)
    except FetchRefused as fault:
        if fault.status:
            return Answer(fault.status, _shown(fault.body), retry_after_s=fault.retry_after_s)
        return Answer(fault=fault.key)
    return Answer(answered.code, _shown(answered.body))


def _shown(body: bytes) -> str:
    return "".join(one if one.isprintable() else " " for one in body[: 4 * ANSWER_MAX].decode(errors="replace"))[
        :ANSWER_MAX
    ]


def _note(session: Session, one: Claimed, answer: Answer, now: datetime, dice: float) -> None:
    mine = (Call.id == one.id, Call.state == CallState.WAITING)
    seen = {"status": answer.status, "fault": answer.fault, "answer": answer.body}
    if answer.is_taken:
        done = {"state": CallState.DELIVERED, "finished_at": now}
        session.execute(update(Call).where(*mine).values(**seen, **done))
        session.execute(update(Endpoint).where(Endpoint.id == one.endpoint_id).values(failing_since=None))
        return
    wait = pause(one.attempts, dice, answer.retry_after_s)
    outlook = {"state": CallState.GIVEN_UP, "finished_at": now} if wait is None else {"next_attempt_at": now + wait}
    session.execute(update(Call).where(*mine).values(**seen, **outlook))
    _note_failure(session, one, answer, now)


def _note_failure(session: Session, one: Claimed, answer: Answer, now: datetime) -> None:
    """Mark the endpoint; switch it off where it is gone, or has taken nothing for days."""
    endpoint = session.get_one(Endpoint, one.endpoint_id, with_for_update=True)
    endpoint.failing_since = endpoint.failing_since or now
    because = "gone" if answer.status == HTTPStatus.GONE else "secret" if answer.fault == "secret" else ""
    if not because and now - endpoint.failing_since >= FAILING_MAX:
        because = "failing"
    if because and endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_because = now, because
        _log.warning("endpoint_disabled", endpoint=endpoint.id, because=because)
