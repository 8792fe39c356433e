"""What an editor can choose an audience by, beside sections: the tags that readers bear, and how their consent came."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifier.domain.desk_words import ImportState
from notifier.domain.importing.formats import NAMES
from notifier.domain.issues import SOURCES
from notifier.models import Import, Tag

TAGS_SHOWN: Final = 200
_WRITES: Final = (ImportState.IMPORTING, ImportState.DONE)


def tags(session: Session, site_id: int, ticked: tuple[str, ...]) -> list[str]:
    """The newest 200 of the site's tags, after those that are ticked already."""
    newest = select(Tag.name).where(Tag.site_id == site_id).order_by(Tag.id.desc()).limit(TAGS_SHOWN)
    return list(dict.fromkeys((*ticked, *session.scalars(newest))))


def sources(session: Session, site_id: int, ticked: tuple[str, ...]) -> list[str]:
    """The ways in which consent can have come at this site: of imports, those that wrote readers here.

    The imports are asked, for they are some; the events of consent are as many as there are readers, and more.
    """
    source = Import.plan["source"].as_string()
    ran = select(func.distinct(source)).where(Import.site_id == site_id, Import.state.in_(_WRITES))
    here = {*session.scalars(ran), *ticked}
    return [one for one in SOURCES if one not in NAMES or one in here] + sorted(set(ticked).difference(SOURCES))
