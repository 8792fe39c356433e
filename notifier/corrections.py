"""Tell those who were sent an article that was wrong: what was wrong, what is right, or that it was withdrawn."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.db import queue_up
from notifier.desk import audit
from notifier.desk.audit import OPERATOR, Actor
from notifier.dispatch import CLAIMS
from notifier.domain.claimed import Claimed
from notifier.domain.words import ItemKind, ItemState, LetterKind
from notifier.models import Correction, Delivery, Item, Letter, Site
from notifier.parts import Parts
from notifier.queue import later, to_correct, transaction
from notifier.stages import gather
from notifier.stages.plan.corrections import Before, drafted, is_anywhere, plan_correction, wants
from notifier.stages.plan.letters import About, Edition, chunks, newest
from notifier.stages.render import mail_html, mail_text

NOTE_CHARACTERS: Final = 2000
SAID_CHARACTERS: Final = 500
NAME_CHARACTERS: Final = 100


class CannotCorrect(Exception):  # noqa: N818 - it reads as what it says
    """Why there is no correction; `key` names the sentence in the language's strings."""

    def __init__(self, key: str, field_name: str = "guid") -> None:
        super().__init__(key)
        self.key = key
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Erratum:
    """What an editor writes about an article: plain text, paragraphs apart by an empty line."""

    guid: str
    note: str
    said: str = ""
    """The words that were wrong; may be left out."""
    version: int | None = None
    """The first version that is right; without it the one that brought the words as they are now."""
    by: str = ""
    """The name that the correction keeps."""
    actor: Actor = OPERATOR
    """Who acts, in the log."""

    @property
    def key(self) -> str:
        """The same words are one correction, however often they are sent."""
        told = [self.note.strip(), self.said.strip()]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Corrected:
    """Whom a correction is for, and what became of it."""

    guid: str
    version: int
    is_withdrawn: bool
    correction_id: int | None = None
    """None for a look at what would be."""
    is_new: bool = False
    readers: Mapping[str, int] = field(default_factory=dict)
    """How many more people get it, by the language they read."""
    wants: Mapping[str, str] = field(default_factory=dict)
    """By that language, the letter that most of them get: see `preview`."""

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.readers.values())


def look(parts: Parts, site_id: int, erratum: Erratum, now: datetime) -> Corrected:
    """Who would get this correction now; changes nothing. Raises CannotCorrect."""
    with parts.db.reading() as session:
        before = _wrong(session, site_id, erratum)
        return _found(session, _edition(parts, session, site_id, now), before)


@dataclass(frozen=True, slots=True)
class Preview:
    """A correction's letter, as clients show it."""

    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)


def preview(parts: Parts, site_id: int, erratum: Erratum, want: str, now: datetime) -> Preview:
    """The letter that `want` names, before the correction is made. Raises CannotCorrect, RenderFailed, ValueError."""
    with parts.db.reading() as session:
        before = _wrong(session, site_id, erratum)
        draft = drafted(session, _edition(parts, session, site_id, now), before, want)
        letter = Letter(
            id=0, site_id=site_id, kind=draft.kind, language=draft.language, data=draft.data, created_at=now
        )
        content = gather.draft(session, _row(before, erratum, now), letter)
    nobody = Claimed(0, content.letter_id, (), content.kind, 0, 0, address="preview@example.org")
    rendered = parts.renderer.render(content)
    personal = parts.links(content.site.sender_address).personal(nobody, now, "preview")
    return Preview(rendered.subject, mail_html(rendered, personal), mail_text(rendered, personal))


def why_not(session: Session, item: Item) -> str:
    """The key of why an article cannot be corrected as it is now; empty where it can. Costs one look-up."""
    if item.kind is not ItemKind.ARTICLE:
        return "not_an_article"
    return "" if is_anywhere(session, Before(item, item.worded_version)) else "not_changed"


def correct(parts: Parts, site_id: int, erratum: Erratum, now: datetime) -> Corrected:
    """Note a correction and nudge its plan: everybody who got an earlier version gets one letter.

    The same words about the same version again are the same correction. The counts are as of this moment: a letter
    that is on its way is waited for. Raises CannotCorrect.
    """
    with transaction(parts.db, parts.bell) as session:
        before, edition = _wrong(session, site_id, erratum, is_locked=True), _edition(parts, session, site_id, now)
        if before.correction_id:
            return _found(session, edition, before)
        before = replace(before, correction_id=_note(session, before, erratum, now))
        later(session, to_correct(before.correction_id))
        return _found(session, edition, before, is_new=True)


def plan(parts: Parts, correction_id: int, now: datetime) -> None:
    """Plan a correction; later, for those whose letters were on their way then. Doing it twice plans nothing more."""
    with parts.db.writing() as session:
        # Every claim that may have read the article as it was is through with that when this is ours; it is let go at
        # once, for sending must not wait for a million rows.
        queue_up(session, CLAIMS)
    with transaction(parts.db, parts.bell, is_snapshot=True) as session:
        correction = session.get(Correction, correction_id, with_for_update=True)
        if correction is None or correction.settled_at is not None:
            return
        before = newest(session)
        plan_correction(session, _edition(parts, session, correction.site_id, now), correction)
        ours = About(LetterKind.CORRECTION, correction_id).deliveries() & (Delivery.id > before)
        later(session, *chunks(session, ours, parts.settings.chunk_size))


def _wrong(session: Session, site_id: int, erratum: Erratum, *, is_locked: bool = False) -> Before:
    """The article, the first version of it that is right, and the correction that says so where there is one."""
    if not erratum.note.strip():
        raise CannotCorrect("no_note", "note")
    found = select(Item).where(Item.site_id == site_id, Item.guid == erratum.guid)
    item = session.scalar(found.with_for_update() if is_locked else found)
    if item is None:
        raise CannotCorrect("unknown_item")
    if item.kind is not ItemKind.ARTICLE:
        raise CannotCorrect("not_an_article")
    version = item.worded_version if erratum.version is None else erratum.version
    if version > item.version:
        raise CannotCorrect("unknown_version", "version")
    if not is_anywhere(session, Before(item, version)):
        raise CannotCorrect("not_changed")
    ours = (Correction.item_id == item.id, Correction.version == version, Correction.key == erratum.key)
    return Before(item, version, session.scalar(select(Correction.id).where(*ours)) or 0)


def _note(session: Session, before: Before, erratum: Erratum, now: datetime) -> int:
    """The id of a new correction; whoever locks the item notes it alone."""
    item, new = before.item, _row(before, erratum, now)
    session.add(new)
    session.flush()
    told = {"correction": new.id, "item": item.id, "version": before.version}
    audit.note(session, erratum.actor, "correction.made", now, site_id=item.site_id, **told)
    return new.id


def _row(before: Before, erratum: Erratum, now: datetime) -> Correction:
    item = before.item
    return Correction(
        site_id=item.site_id, item_id=item.id, version=before.version, key=erratum.key, note=erratum.note.strip(),
        said=erratum.said.strip(), by=erratum.by[:NAME_CHARACTERS], created_at=now, look_at=now,
    )  # fmt: skip


def _found(session: Session, edition: Edition, before: Before, *, is_new: bool = False) -> Corrected:
    found = wants(session, before, edition.spoken)
    return Corrected(
        guid=before.item.guid,
        version=before.version,
        is_withdrawn=before.item.state is not ItemState.LIVE,
        correction_id=before.correction_id or None,
        is_new=is_new,
        readers={language: them.total() for language, them in found.items()},
        wants={language: them.most_common(1)[0][0] for language, them in found.items()},
    )


def _edition(parts: Parts, session: Session, site_id: int, now: datetime) -> Edition:
    return parts.edition(session.get_one(Site, site_id), LetterKind.CORRECTION, now)
