"""A correction goes to exactly those who were shown the article as it was: one letter each, in a few statements."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, or_, select, true
from sqlalchemy.orm import Session

from notifier.domain.words import LetterKind, State
from notifier.models import (
    Correction,
    Delivery,
    DeliveryEvent,
    Headline,
    Item,
    LetterItem,
    OtherVersion,
    Subscriber,
    is_reachable,
)
from notifier.stages.plan.crowd import plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition

LOOKS_AGAIN: Final = timedelta(seconds=30)
"""How soon letters are looked at again that were on their way."""
HEADLINE_CHARACTERS: Final = 120
_VERSION: Final = func.coalesce(OtherVersion.version, LetterItem.version)
_IS_SHOWN: Final = or_(OtherVersion.delivery_id.is_(None), OtherVersion.version.is_not(None))
_MAYBE_SENT: Final = Delivery.id.in_(select(DeliveryEvent.delivery_id).where(DeliveryEvent.kind == "uncertain"))
_GOT: Final = or_(Delivery.state == State.SENT, _MAYBE_SENT)
"""A letter of which the server's last word was lost may have arrived: it counts as got."""


@dataclass(frozen=True, slots=True)
class Before:
    """An item as it was before a version, and the correction (0 for none yet) that tells of it."""

    item: Item
    version: int
    correction_id: int = 0


def is_anywhere(session: Session, before: Before) -> bool:
    """Whether any letter was planned with it as it was; if not, there is nothing to correct."""
    planned = select(LetterItem.letter_id).where(
        LetterItem.item_id == before.item.id, LetterItem.version < before.version
    )
    return session.scalar(planned.limit(1)) is not None


def wants(session: Session, before: Before, spoken: Callable[[str], str]) -> dict[str, Counter[str]]:
    """Who would get a correction now: by the language they would get it in, how many want which letter of it."""
    readers = _readers(session, before, true()).subquery()
    rows = session.execute(select(readers.c.want, func.count()).group_by(readers.c.want).order_by(readers.c.want))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for want, count in rows:
        found[spoken(want.rpartition(":")[0])][want] += count
    return dict(sorted(found.items()))


def drafted(session: Session, edition: Edition, before: Before, want: str) -> Draft:
    """The letter for such a want. Raises ValueError for words that are none."""
    return _drafter(session, edition, before)(want)


def plan_correction(session: Session, edition: Edition, correction: Correction) -> int:
    """Owe the correction to everybody who has got an earlier version since the last look; gives how many are new.

    The transaction must see one snapshot, taken after every claim that was open when the right version came: a letter
    that may show an earlier one has then ended, or is on its way and waited for.
    """
    before = Before(session.get_one(Item, correction.item_id), correction.version, correction.id)
    is_first = correction.planned_at is None
    which = true() if is_first else Delivery.id.in_(correction.waits)
    new = plan_crowd(
        session,
        edition,
        About(LetterKind.CORRECTION, correction.id),
        _readers(session, before, which),
        _drafter(session, edition, before),
    )
    on_their_way = _shown(before, which).where(Delivery.state == State.SENDING)
    correction.waits = sorted(session.scalars(on_their_way.with_only_columns(Delivery.id)))
    correction.planned_count += new
    correction.planned_at = correction.planned_at or edition.now
    correction.look_at = edition.now + LOOKS_AGAIN
    correction.settled_at = None if correction.waits else edition.now
    return new


def _shown(before: Before, which: ColumnElement[bool]) -> Select[int]:
    """The deliveries that showed it in an earlier version, or will when they are through."""
    of_delivery = and_(OtherVersion.delivery_id == Delivery.id, OtherVersion.item_id == LetterItem.item_id)
    return (
        select(Delivery.id)
        .join(LetterItem, LetterItem.letter_id == Delivery.letter_id)
        .outerjoin(OtherVersion, of_delivery)
        .where(LetterItem.item_id == before.item.id, _IS_SHOWN, before.version > _VERSION, which)
    )


def _readers(session: Session, before: Before, which: ColumnElement[bool]) -> Select[int, str]:
    """(reader, want) of those who got it so, each once; a want is their language and the last version they were shown.

    Not who has left, or must not be written to, or has this correction already.
    """
    has_it = exists().where(
        Delivery.subscriber_id == Subscriber.id,
        Delivery.kind == LetterKind.CORRECTION,
        Delivery.about_id == before.correction_id,
    )
    got = (
        _shown(before, which)
        .where(_GOT)
        .with_only_columns(Delivery.subscriber_id.label("reader"), func.max(_VERSION).label("version"))
        .group_by(Delivery.subscriber_id)
        .subquery()
    )
    want = Subscriber.language.concat(literal(":")).concat(cast(got.c.version, Text))
    return (
        select(Subscriber.id.label("reader"), want.label("want"))
        .join(got, got.c.reader == Subscriber.id)
        .where(Subscriber.confirmed_at.is_not(None), is_reachable(session, before.item.site_id), ~has_it)
    )


def _drafter(session: Session, edition: Edition, before: Before) -> Callable[[str], Draft]:
    """One letter for all who were sent the same headline in the same language."""
    item = before.item
    rows = session.execute(
        select(Headline.last_version, Headline.title).where(Headline.item_id == item.id).order_by(Headline.last_version)
    )
    headlines = rows.all()

    def draft(want: str) -> Draft:
        language, _, version = want.rpartition(":")
        title = next((title for last, title in headlines if last >= int(version)), item.title)
        data = {"correction_id": before.correction_id, "title": title or item.summary[:HEADLINE_CHARACTERS]}
        spoken = edition.spoken(language)
        return Draft(edition.site.id, LetterKind.CORRECTION, spoken, data=data, about_id=before.correction_id)

    return draft
