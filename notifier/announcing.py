"""The next digests are told to endpoints before they go out: once each, with what they hold so far."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifier import digests, outbox
from notifier.db import affected, upsert
from notifier.digests import Place
from notifier.domain.calls import HookEvent
from notifier.domain.words import Frequency
from notifier.models import Announcement, Site
from notifier.parts import Parts
from notifier.queue import transaction
from notifier.stages.plan.outlook import Slot

KEPT: Final = timedelta(days=30)


def announce(parts: Parts, now: datetime) -> int:
    """Tell of the digests that the desk announces now, of sites where somebody listens; gives how many were new.

    One without a story is told of once it has some, and one that is held once it is let go.
    """
    minutes = parts.settings.digest_announce_min
    with parts.db.reading() as session:
        slugs = dict(session.execute(select(Site.id, Site.slug)).all()) if minutes else {}
        listeners = outbox.listening(session, slugs, HookEvent.DIGEST_ANNOUNCED)
    told = 0
    for site_id in listeners:
        soon = [one for one in digests.ahead(parts, site_id, now).announced(now, minutes) if one.articles]
        known = _known(parts, site_id, now) if soon else set()
        told += sum(
            _tell(parts, slugs[site_id], Place(site_id, one.frequency, one.at), one, now)
            for one in soon
            if (one.frequency, one.at) not in known
        )
    return told


def purge(session: Session, now: datetime) -> int:
    """Forget what was told long ago; gives how many."""
    return affected(session, delete(Announcement).where(Announcement.slot <= now - KEPT))


def _known(parts: Parts, site_id: int, now: datetime) -> set[tuple[Frequency, datetime]]:
    ours = Announcement.site_id == site_id, Announcement.slot > now
    with parts.db.reading() as session:
        rows = session.execute(select(Announcement.frequency, Announcement.slot).where(*ours))
        return {(frequency, slot) for frequency, slot in rows}


def _tell(parts: Parts, slug: str, place: Place, slot: Slot, now: datetime) -> bool:
    shown = [one for one in digests.look(parts, place).entries if one.fate == "in"]
    told = {
        "frequency": place.frequency.value,
        "at": place.at.isoformat(),
        "topics": sorted({topic for one in shown for topic in one.topics}),
        "stories": len(shown),
        "readers": slot.readers,
        "url": f"{parts.settings.base_url}/desk/at/{slug}/calendar/{digests.name(place)}",
    }
    with transaction(parts.db, parts.bell) as session:
        row = {"site_id": place.site_id, "frequency": place.frequency, "slot": place.at}
        # Two that look at once both see that it was not told: the key lets one of them.
        if not affected(session, upsert(session, Announcement).values(**row).on_conflict_do_nothing()):
            return False
        outbox.tell(session, place.site_id, HookEvent.DIGEST_ANNOUNCED, [told], now)
        return True
