"""The next digests are told to endpoints and editors before they go out: once each, with what they hold so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier import digests, outbox, proofing
from notifier.db import affected, upsert
from notifier.digests import Place
from notifier.domain.calls import HookEvent
from notifier.domain.words import Frequency
from notifier.models import Announcement, Site
from notifier.parts import Parts
from notifier.proofing import Edition
from notifier.queue import transaction

KEPT: Final = timedelta(days=30)


def announce(parts: Parts, now: datetime) -> int:
    """Tell of the digests that the desk announces now; gives how many were new.

    Of sites where an endpoint listens; of all where anybody at the desk asked for proofs.
    One without a story is told of once it has some, and one that is held once it is let go.
    """
    minutes = parts.settings.digest_announce_min
    with parts.db.reading() as session:
        slugs = dict(session.execute(select(Site.id, Site.slug)).all()) if minutes else {}
        listeners = outbox.listening(session, slugs, HookEvent.DIGEST_ANNOUNCED)
        is_asked = bool(slugs) and proofing.is_asked(session)
    told = 0
    # Whoever works at the desk works for every site of it.
    for site_id in slugs if is_asked else listeners:
        soon = [one for one in digests.ahead(parts, site_id, now).announced(now, minutes) if one.articles]
        known = _known(parts, site_id, now) if soon else set()
        told += sum(
            _tell(parts, _Told(slugs[site_id], Place(site_id, one.frequency, one.at), one.readers, is_asked), now)
            for one in soon
            if (one.frequency, one.at) not in known
        )
    return told


def purge(session: Session, now: datetime) -> int:
    """Forget what was told long ago; gives how many."""
    proofing.purge(session, now, KEPT)
    return affected(session, delete(Announcement).where(Announcement.slot <= now - KEPT))


def _known(parts: Parts, site_id: int, now: datetime) -> set[tuple[Frequency, datetime]]:
    ours = Announcement.site_id == site_id, Announcement.slot > now
    with parts.db.reading() as session:
        rows = session.execute(select(Announcement.frequency, Announcement.slot).where(*ours))
        return {(frequency, slot) for frequency, slot in rows}


@dataclass(frozen=True, slots=True)
class _Told:
    slug: str
    place: Place
    readers: int
    is_asked: bool
    """Whether anybody wants a proof."""


def _tell(parts: Parts, of: _Told, now: datetime) -> bool:
    place = of.place
    shown = [one for one in digests.look(parts, place).entries if one.fate == "in"]
    told = {
        "frequency": place.frequency.value,
        "at": place.at.isoformat(),
        "topics": sorted({topic for one in shown for topic in one.topics}),
        "stories": len(shown),
        "readers": of.readers,
        "url": proofing.address_of(parts, of.slug, place),
    }
    edition = None
    if of.is_asked and shown:
        language, _ = digests.biggest_edition(parts, place)
        # As many as the calendar and the endpoints say.
        edition = Edition(place, language, of.readers)
    with transaction(parts.db, parts.bell) as session:
        row = {"site_id": place.site_id, "frequency": place.frequency, "slot": place.at}
        # Two that look at once both see that it was not told: the key lets one of them.
        if not affected(session, upsert(session, Announcement).values(**row).on_conflict_do_nothing()):
            return False
        outbox.tell(session, place.site_id, HookEvent.DIGEST_ANNOUNCED, [told], now)
        if edition:
            proofing.owe(session, edition, now)
        return True
