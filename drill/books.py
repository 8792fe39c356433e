"""After a send: who was owed, who got what, and whether the books say the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import exists, func, select

from notifier import flow
from notifier.domain.words import LetterKind, Reason, State
from notifier.models import Delivery, Letter, Subscriber
from notifier.parts import Parts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a send came to."""

    planned: int
    sent: int
    refused: int
    """Ended as failed because the server said so for good."""
    lost: int
    """Neither arrived nor refused."""
    doubled: int
    balanced: bool
    """The books add up, nothing is open, and they tell of each person what the sink does."""


def is_settled(parts: Parts, item_id: int, letters: int) -> bool:
    """Whether all letters of a story are planned and none is open; cheap enough to ask often."""
    with parts.db.reading() as session:
        # Each half is answered by the small index of the rows in that state. One statement, for it sees one moment:
        # between two, a letter that is given back or claimed would be in neither state.
        queued, sending = (exists().where(Delivery.state == state) for state in (State.QUEUED, State.SENDING))
        if session.scalar(select(queued | sending)):
            return False
        ours = (Delivery.kind == LetterKind.ALERT) & (Delivery.about_id == item_id)
        return (session.scalar(select(func.count()).where(ours)) or 0) >= letters


def judge(parts: Parts, item_id: int, owed: set[str], arrived: Mapping[str, int]) -> Verdict:
    """Compare the books of one story with what the sink counted for each recipient."""
    sent, refused, others = set[str](), set[str](), 0
    ours = (Delivery.kind == LetterKind.ALERT) & (Delivery.about_id == item_id)
    rows = select(Subscriber.address, Delivery.state, Delivery.reason).join_from(Delivery, Subscriber).where(ours)
    with parts.db.reading() as session:
        for address, state, reason in session.execute(rows):
            if state is State.SENT:
                sent.add(address)
            elif state is State.FAILED and reason is Reason.REFUSED:
                refused.add(address)
            else:
                others += 1
        planned = int(session.scalar(select(func.count()).where(ours)) or 0)
        counted = int(session.scalar(select(func.coalesce(func.sum(Letter.planned_count), 0))) or 0)
        written = int(session.scalar(select(func.count()).select_from(Delivery)) or 0)
    is_whole = not others and counted == written and flow.status(parts).balance.is_balanced
    return Verdict(
        planned=planned,
        sent=len(sent),
        refused=len(refused),
        lost=len(owed - arrived.keys() - refused),
        doubled=sum(arrived.values()) - len(arrived),
        balanced=is_whole and sent == arrived.keys() and sent | refused == owed,
    )
