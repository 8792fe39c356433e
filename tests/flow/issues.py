"""What tests of issues share: an issue of a world, and readers by the thousand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from notifier.desk.audit import Actor
from notifier.domain.issues import Audience, Composed, When
from notifier.domain.words import LetterKind
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import Delivery, Issue, Subscriber
from notifier.stages import books
from tests.world import World

BY = Actor("cli")


@dataclass
class Paper:
    """An issue and the acts on it."""

    world: World
    id: int

    @property
    def which(self) -> Which:
        return Which(self.world.site.id, self.id, BY, self.world.now)

    @property
    def row(self) -> Issue:
        with self.world.parts.db.reading() as session:
            return session.get_one(Issue, self.id)

    def send(self, at: datetime | None = None, wall: datetime | None = None) -> None:
        sending.schedule(self.world.parts, self.which, When(at, wall))

    def change(self, **words: Any) -> None:
        row = self.row
        given: dict[str, Any] = {"title": row.title, "language": row.language, "intro": row.intro}
        given |= {"subjects": tuple(row.subjects), "audience": Audience.stored(row.audience)}
        compose.change(self.world.parts, self.which, Composed(**{**given, **words}))

    def page(self) -> dict[str, int]:
        """Its balance, which must balance, as the rows have it."""
        with self.world.parts.db.reading() as session:
            balance = books.pages(session, only=[(LetterKind.ISSUE, self.id)])[LetterKind.ISSUE, self.id].balance
            ours = (Delivery.kind == LetterKind.ISSUE) & (Delivery.about_id == self.id)
            rows = session.execute(select(Delivery.state, func.count()).where(ours).group_by(Delivery.state)).all()
        counted = {state.value: count for state, count in rows}
        assert balance.is_balanced
        told = {
            state: getattr(balance, state) for state in ("queued", "sending", "sent", "failed", "dropped", "expired")
        }
        assert {state: count for state, count in told.items() if count} == counted
        assert balance.planned == sum(counted.values())
        self.world.balance()
        return {"planned": balance.planned, **counted}


def paper(world: World, *items: int, **words: Any) -> Paper:
    """A draft."""
    given = {"title": "رسالة المحرر", "language": "ar", "intro": "مرحبًا **بكم**."}
    made = Paper(world, compose.begin(world.parts, world.site.id, Composed(**{**given, **words}), BY, world.now))
    compose.add_items(world.parts, made.which, items)
    return made


def crowd(world: World, count: int, zone: str = "Asia/Baghdad", **given: Any) -> None:
    """Confirmed readers, by one statement."""
    with world.parts.db.writing() as session:
        first = (session.scalar(select(func.max(Subscriber.id))) or 0) + 1
        row = {
            "site_id": world.site.id, "name": "", "language": "ar", "time_zone": zone, "digest_hour": 8,
            "digest_weekday": 5, "confirmed_at": world.now - timedelta(days=9), "letters_day": "",
            "letters_that_day": 0, "created_at": world.now - timedelta(days=9),
            "changed_at": world.now - timedelta(days=9), **given,
        }  # fmt: skip
        rows = [
            {**row, "address": f"r{n}@mail.example", "address_key": f"r{n}@mail.example", "address_hash": f"{n:064}"}
            for n in range(first, first + count)
        ]
        session.execute(insert(Subscriber), rows)
