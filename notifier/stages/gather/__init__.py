"""Bring together what a letter shows, as values: read at send time, so that nobody gets yesterday's version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.letter import ItemView, LetterContent, Logo, SiteFace
from notifier.domain.previews import filled_in
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Letter, Site
from notifier.stages.gather.items import views
from notifier.stages.gather.told import Told, gather_told

Key = tuple[int, tuple[int, ...]]
"""A letter and those of its items that are shown."""


def gather(session: Session, claimed: Iterable[Claimed], confirm_until: datetime) -> dict[Key, LetterContent]:
    """The distinct contents of these deliveries; confirmations say that their link works until `confirm_until`."""
    found = contents(session, {one.content_key for one in claimed})
    return {
        key: replace(one, expires_at=confirm_until) if one.kind is LetterKind.CONFIRM else one
        for key, one in found.items()
    }


def contents(session: Session, keys: set[Key]) -> dict[Key, LetterContent]:
    """The content of each (letter, items)."""
    letters = session.scalars(select(Letter).where(among(session, Letter.id, {letter for letter, _ in keys}))).all()
    by_id = {letter.id: letter for letter in letters}
    faces = {site.id: face(site) for site in _sites(session, {letter.site_id for letter in letters})}
    items = views(session, {item for _, shown in keys for item in shown})
    told = gather_told(session, letters)
    return {
        key: _content(by_id[key[0]], faces[by_id[key[0]].site_id], [items[one] for one in key[1] if one in items], told)
        for key in keys
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter nobody is owed: for looking at and for trying the way out."""

    kind: LetterKind
    language: str
    item_ids: tuple[int, ...]
    frequency: Frequency
    at: datetime


def preview(session: Session, site: Site, wanted: Preview) -> LetterContent:
    """The content of a preview, as a letter of these items would have it now."""
    known = views(session, set(wanted.item_ids))
    items = [known[one] for one in wanted.item_ids if one in known]
    letter = Letter(
        id=0, kind=wanted.kind, language=wanted.language, frequency=wanted.frequency, data={}, created_at=wanted.at
    )
    return filled_in(_content(letter, face(site), items, Told()))


def face(site: Site) -> SiteFace:
    """What readers see of a site."""
    return SiteFace(
        slug=site.slug,
        name=site.name,
        language=site.language,
        url=site.url,
        colour=site.colour,
        digits=site.digits,
        calendar=site.calendar,
        time_zone=site.time_zone,
        sender_name=site.sender_name,
        sender_address=site.sender_address,
        postal_address=site.postal_address,
        logo=Logo(site.logo_url, site.logo_width, site.logo_height) if site.logo_url else None,
    )


def _content(letter: Letter, site: SiteFace, items: list[ItemView], told: Told) -> LetterContent:
    article = next((item.article for item in items if item.article), None)
    data = letter.data
    content = LetterContent(
        letter_id=letter.id,
        kind=letter.kind,
        language=letter.language,
        site=site,
        at=letter.created_at,
        items=tuple(items),
        frequency=letter.frequency,
        more=data.get("more", 0),
        topics=tuple(told.labels[topic] for topic in data.get("topic_ids", []) if topic in told.labels),
        subject_id=article.guid if article else "",
        expires_at=_moment(data, "until"),
        next_at=_moment(data, "first_at"),
        choices=told.choices(data),
    )
    if not (found := told.corrections.get(data.get("correction_id", 0))):
        return content
    correction = replace(found.correction, title=data["title"], language=site.language)
    return replace(content, correction=correction, items=(found.story,) if found.story else ())


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(data[name]) if name in data else None


def _sites(session: Session, site_ids: set[int]) -> list[Site]:
    return list(session.scalars(select(Site).where(among(session, Site.id, site_ids))))
