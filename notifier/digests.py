"""What an editor decides about digests before they go out: look ahead, order, leave out, hold back, let go."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.db import upsert
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.domain.words import Frequency, ItemKind, LetterKind
from notifier.models import Arrangement, Item, Run, Site
from notifier.parts import Parts
from notifier.queue import later, to_plan, transaction
from notifier.stages import gather
from notifier.stages.gather import Preview
from notifier.stages.plan import outlook
from notifier.stages.plan.arranged import find
from notifier.stages.plan.outlook import Entry, Slot
from notifier.stages.plan.upcoming import Coming, coming
from notifier.stages.render import mail_html

ITEMS_MAX: Final = 500
MOMENT: Final = "%Y%m%dT%H%MZ"


class TooLateError(RuntimeError):
    """The digest was planned already: its letters are on their way."""


class GivenUpError(RuntimeError):
    """It was held until it was too late: what it had comes with the next one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A digest slot of one site."""

    site_id: int
    frequency: Frequency
    at: datetime

    def run(self) -> Run:
        """As the planner takes it, whether its hour has come or not."""
        return Run(site_id=self.site_id, frequency=self.frequency, slot=self.at)


@dataclass(frozen=True, slots=True)
class Order:
    """What a slot's letters show first, and what they leave out."""

    pinned: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    postponed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next days."""

    slots: list[Slot]
    held: list[Slot] = field(default_factory=list)
    issues: list[Coming] = field(default_factory=list)

    @property
    def all(self) -> list[Slot | Coming]:
        """What is held back first, then digests and issues as their moments come."""
        coming: list[Slot | Coming] = [*self.slots, *self.issues]
        return [*self.held, *sorted(coming, key=lambda one: one.at)]

    def announced(self, now: datetime, minutes: int) -> list[Slot]:
        """Those that go out within so many minutes."""
        return [one for one in self.slots if one.at - now <= timedelta(minutes=minutes) and not one.is_held]


@dataclass(frozen=True, slots=True)
class Looked:
    """One slot, looked into."""

    entries: list[Entry]
    is_held: bool
    is_planned: bool

    def shown(self, topic: str = "") -> tuple[int, ...]:
        """The articles of the letter of a reader who follows this category, or all."""
        return tuple(one.id for one in self.entries if one.fate == "in" and (not topic or topic in one.topics))

    @property
    def shows(self) -> str:
        """A hash of its articles, their order and their words: another one once any of it was changed."""
        held = [(one.id, one.version) for one in self.entries if one.fate == "in"]
        return hashlib.sha256(json.dumps(held).encode()).hexdigest()

    @property
    def topics(self) -> list[str]:
        """Every category that its articles have."""
        return sorted({topic for one in self.entries for topic in one.topics})


def name(place: Place | Slot) -> str:
    """A slot in an address: `daily/20260701T0500Z`."""
    return f"{place.frequency.value}/{place.at.astimezone(UTC).strftime(MOMENT)}"


def ahead(parts: Parts, site_id: int, now: datetime) -> Ahead:
    """The digests of the next days, and those that are held back."""
    with parts.db.reading() as session:
        site = session.get_one(Site, site_id)
        return Ahead(
            outlook.slots(session, site, now, parts.quiet.usual),
            outlook.held(session, site_id),
            coming(session, site_id),
        )


def look(parts: Parts, place: Place) -> Looked:
    """What this slot has so far."""
    with parts.db.reading() as session:
        decided = find(session, place.run())
        is_planned = session.scalar(_run(place, is_planned=True)) is not None
        return Looked(outlook.entries(session, place.run(), parts.quiet), bool(decided and decided.is_held), is_planned)


def preview(parts: Parts, place: Place, language: str, items: Sequence[int], now: datetime) -> str:
    """The HTML of these articles' letter as a reader would get it now. Raises RenderFailed."""
    content = letter(parts, place, language, items, now)
    nobody = Claimed(0, content.letter_id, (), LetterKind.DIGEST, 0, 0, address="preview@example.org")
    personal = parts.links(content.site.sender_address).personal(nobody, now, "preview")
    return mail_html(parts.renderer.render(content), personal)


def letter(parts: Parts, place: Place, language: str, items: Sequence[int], now: datetime) -> LetterContent:
    """What the letter of these articles will show, to nobody in particular: dated as it will be when it goes out."""
    dated = max(now, place.at)
    wanted = Preview(LetterKind.DIGEST, language, tuple(items[: parts.room.articles]), place.frequency, dated)
    with parts.db.reading() as session:
        return gather.preview(session, session.get_one(Site, place.site_id), wanted)


def biggest_edition(parts: Parts, place: Place) -> tuple[str, int]:
    """The language in which most readers of a slot get it, the site's own where none is ahead; and how many all are.

    They are counted: not while somebody waits.
    """
    with parts.db.reading() as session:
        own = session.get_one(Site, place.site_id).language
        found = outlook.editions(session, place.run(), parts.quiet)
    return max(sorted(found), key=lambda one: (found[one], one == own), default=own), found.total()


def arrange(parts: Parts, place: Place, order: Order, by: Actor, now: datetime) -> None:
    """Decide on the order, and on what is left out, anew. Raises TooLateError."""
    with parts.db.writing() as session:
        _refuse_planned(session, place)
        kept = _articles(session, place.site_id, [*order.pinned, *order.dropped, *order.postponed])
        values = {
            name: [item for item in getattr(order, name) if item in kept] for name in ("pinned", "dropped", "postponed")
        }
        _write(session, place, now, values)
        counts = {name: len(items) for name, items in values.items()}
        audit.note(session, by, "digest.arranged", now, site_id=place.site_id, **_named(place), **counts)


def hold(parts: Parts, place: Place, by: Actor, now: datetime) -> None:
    """Hold a digest back until somebody lets it go. Raises TooLateError."""
    with parts.db.writing() as session:
        _refuse_planned(session, place)
        _write(session, place, now, {"is_held": True})
        audit.note(session, by, "digest.held", now, site_id=place.site_id, **_named(place))


def release(parts: Parts, place: Place, by: Actor, now: datetime) -> None:
    """Let it go: at its hour, or at once where that has come. Raises GivenUpError."""
    with transaction(parts.db, parts.bell) as session:
        if place.at < now and session.scalar(_run(place, is_planned=False)) is None:
            raise GivenUpError
        _write(session, place, now, {"is_held": False})
        audit.note(session, by, "digest.released", now, site_id=place.site_id, **_named(place))
        later(session, *(to_plan(run) for run in session.scalars(_run(place, is_planned=False))))


def changed(parts: Parts, place: Place, verb: str, items: Iterable[int]) -> Order:
    """The order of a slot with these articles pinned, dropped or postponed besides."""
    with parts.db.reading() as session:
        found = find(session, place.run())
    new = tuple(items)
    kept = {
        name: tuple(one for one in (getattr(found, name) if found else ()) if one not in new)
        for name in ("pinned", "dropped", "postponed")
    }
    return Order(**{**kept, verb: (*kept[verb], *new)})


def _refuse_planned(session: Session, place: Place) -> None:
    # Locked as the planner locks it: what is decided in mid-plan would be decided in vain.
    run = session.scalar(
        select(Run)
        .where(Run.site_id == place.site_id, Run.frequency == place.frequency, Run.slot == place.at)
        .with_for_update()
    )
    if run is not None and run.planned_at is not None:
        raise TooLateError


def _write(session: Session, place: Place, now: datetime, values: dict[str, Any]) -> None:
    row = {"site_id": place.site_id, "frequency": place.frequency, "slot": place.at}
    empty = {"pinned": [], "dropped": [], "postponed": [], "is_held": False}
    new = upsert(session, Arrangement).values(**row, **{**empty, **values}, changed_at=now)
    session.execute(
        new.on_conflict_do_update(
            index_elements=list(row), set_={name: new.excluded[name] for name in (*values, "changed_at")}
        )
    )


def _articles(session: Session, site_id: int, ids: Sequence[int]) -> set[int]:
    ours = Item.site_id == site_id, Item.kind == ItemKind.ARTICLE, Item.id.in_(ids[:ITEMS_MAX])
    return set(session.scalars(select(Item.id).where(*ours)))


def _run(place: Place, *, is_planned: bool) -> Any:  # noqa: ANN401 - a SELECT of ids
    planned = Run.planned_at.is_not(None) if is_planned else Run.planned_at.is_(None)
    ours = Run.site_id == place.site_id, Run.frequency == place.frequency, Run.slot == place.at
    return select(Run.id).where(*ours, planned)


def _named(place: Place) -> dict[str, str]:
    return {"frequency": place.frequency.value, "slot": place.at.isoformat()}
