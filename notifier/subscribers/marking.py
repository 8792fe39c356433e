"""A tag is put on one reader, or taken away: what a bulk act does to many, at once and with its own line in the log."""

from datetime import datetime

from notifier.desk import audit, tagging
from notifier.desk.audit import Actor
from notifier.domain.importing.rows import TAG_MAX
from notifier.parts import Parts
from notifier.subscribers.acts import held


def tag(parts: Parts, site_id: int, reader_id: int, name: str, by: Actor, now: datetime) -> bool:
    """Put a tag on a reader, made where the site has none of this name; False where they bear it, or for no name.

    Raises LookupError for nobody, TagsFullError where the site has no room for a new one.
    """
    word = " ".join(name.split())[:TAG_MAX]
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        if not word:
            return False
        number = tagging.put_on(session, site_id, reader.id, word, now)
        if number:
            audit.note(session, by, "reader.tagged", now, site_id=site_id, reader=reader.id, tag=number)
        return bool(number)


def untag(parts: Parts, site_id: int, reader_id: int, name: str, by: Actor, now: datetime) -> bool:
    """Take a tag away from a reader; False where they do not bear it. Raises LookupError for nobody."""
    with parts.db.writing() as session:
        reader = held(session, site_id, reader_id)
        number = tagging.take_off(session, site_id, reader.id, name)
        if number:
            audit.note(session, by, "reader.untagged", now, site_id=site_id, reader=reader.id, tag=number)
        return bool(number)
