"""A letter of the archive as it reads today, addressed to nobody."""

from dataclasses import dataclass

from sqlalchemy import select

from notifier.archive.reading import is_shown
from notifier.domain.words import ItemState
from notifier.models import Archived, ArchivedItem, Item, Letter, Site
from notifier.parts import Parts
from notifier.stages import gather
from notifier.stages.render import public_page


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter's page, and what stands about it in its head."""

    html: str
    title: str
    """Its subject."""
    is_indexed: bool
    about: tuple[str, ...] = ()
    """The headlines in it."""


def show(parts: Parts, slug: str, public_id: str, language: str = "") -> Shown | None:
    """A letter of a site's archive in a language, the site's own unless we can write in this one.

    None where there is none, where everything in it was taken back, or where the site shows no archive.
    """
    with parts.db.reading() as session:
        found = session.execute(
            select(Archived, Site)
            .join(Site, Site.id == Archived.site_id)
            .where(Site.slug == slug, Site.has_archive, Archived.public_id == public_id, is_shown())
        ).first()
        if found is None:
            return None
        row, site = found
        items = session.scalars(
            select(ArchivedItem.item_id)
            .join(Item, Item.id == ArchivedItem.item_id)
            .where(ArchivedItem.archived_id == row.id, Item.state == ItemState.LIVE)
            .order_by(ArchivedItem.position)
        )
        spoken = language if language in parts.renderer.languages else site.language
        # An issue is written in one language, from its first line to its footer.
        spoken = row.data.get("language", spoken)
        letter = Letter(
            id=0, site_id=site.id, kind=row.kind, language=spoken, frequency=row.frequency, data=row.data,
            created_at=row.at,
        )  # fmt: skip
        content = gather.unsent(session, site, letter, tuple(items))
    rendered = parts.renderer.render(content)
    headlines = tuple(one.title for one in content.items if one.title)
    return Shown(public_page(rendered), rendered.subject, site.is_archive_indexed, headlines)
