"""Sends and their letters as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from notifier.deliveries import Told
from notifier.domain.words import Frequency, LetterKind, Reason, State
from notifier.stages.ledger import Fate
from notifier.stages.sends import Row, Send
from notifier.web.fields import CLEAN, Strict
from notifier.web.json_api.answering import BIG_ID_MAX

CHOSEN_MAX = 5000


class SendBody(BaseModel):
    """A send and its balance: planned = queued + sending + sent + failed + dropped + expired."""

    send: str
    """Its name, as paths have it: `digest-12`, `alert-7`, `issue-3`, `correction-2`, or `reply-2026-11-23`."""
    kind: LetterKind
    title: str
    frequency: Frequency | None
    at: datetime
    planned: int
    open: int
    """Letters that still will go out or end with a reason."""
    sent: int
    failed: int
    dropped: int
    expired: int
    reasons: dict[str, int]
    """How many letters ended with each `state: reason`."""

    @classmethod
    def of(cls, one: Send) -> Self:
        """From the running count."""
        balance = one.page.balance
        return cls(
            send=one.key.slug, kind=one.key.kind, title=one.title, frequency=one.frequency, at=one.at,
            planned=balance.planned, open=balance.open, sent=balance.sent, failed=balance.failed,
            dropped=balance.dropped, expired=balance.expired, reasons=one.page.reasons,
        )  # fmt: skip


class SendPage(BaseModel):
    """A page of sends."""

    sends: list[SendBody]
    next: int | None


class Became(BaseModel):
    """What became of a letter."""

    id: int
    state: State
    reason: Reason | None
    attempts: int
    server_said: str
    """Of the last attempt; empty for a key that does not see addresses, for servers repeat them."""
    planned_at: datetime
    ended_at: datetime | None


class LetterBody(Became):
    """One letter to one person, and what became of it."""

    reader: int | None
    """None for one who was erased."""
    address: str
    """Empty for a key that does not see addresses."""

    @classmethod
    def of(cls, row: Row, *, is_open: bool) -> Self:
        """A row; `is_open` says whether addresses are shown."""
        return cls(
            id=row.id, reader=row.subscriber_id, address=row.address if is_open else "", state=row.state,
            reason=row.reason, attempts=row.attempts, server_said=row.detail if is_open else "",
            planned_at=row.created_at, ended_at=row.finished_at,
        )  # fmt: skip


class LetterPage(BaseModel):
    """A page of letters, in the order in which they were planned."""

    letters: list[LetterBody]
    next: int | None


class PersonBody(Strict):
    """Whose letters."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"address": "layla@example.org"}]})

    address: Annotated[str, StringConstraints(min_length=1, max_length=320), CLEAN]
    before: Annotated[int, Field(ge=0, le=BIG_ID_MAX)] = 0
    """The `next` of the page before; 0 for the first."""


class FateBody(Became):
    """A letter that somebody was sent or spared."""

    kind: LetterKind
    about: int
    """Of an alert its item, of an issue, a digest or a correction its number."""

    @classmethod
    def of(cls, one: Fate) -> Self:
        """As the ledger tells it."""
        return cls(
            id=one.delivery_id, kind=one.kind, about=one.about_id, state=one.state, reason=one.reason,
            attempts=one.attempts, server_said=one.detail, planned_at=one.created_at, ended_at=one.finished_at,
        )  # fmt: skip


class Person(BaseModel):
    """Everything that one reader was sent or spared, and why; the newest first."""

    reader: int
    confirmed_at: datetime | None
    is_suppressed: bool
    letters: list[FateBody]
    spared: dict[str, int]
    """How many comments no letter told them of, though they concern them, by reason."""
    next: int | None

    @classmethod
    def of(cls, told: Told, onward: int | None) -> Self:
        """As the act told it."""
        return cls(
            reader=told.subscriber.id, confirmed_at=told.subscriber.confirmed_at, is_suppressed=told.is_suppressed,
            letters=[FateBody.of(one) for one in told.fates], spared=told.spared, next=onward,
        )  # fmt: skip


class RetryBody(Strict):
    """Which failed letters are queued again: these, or all; with a `reason` only those that failed for it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"letters": [411, 412]}, {"reason": "refused", "dry_run": True}]}
    )

    letters: (
        Annotated[tuple[Annotated[int, Field(ge=1, le=BIG_ID_MAX)], ...], Field(min_length=1, max_length=CHOSEN_MAX)]
        | None
    ) = None
    reason: Reason | None = None
    dry_run: StrictBool = False
    """Only count those that may still leave."""


class Retried(BaseModel):
    """How many letters were queued again, or would be."""

    letters: int
    is_dry: bool
