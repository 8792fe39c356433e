"""A site's own templates: written as versions, judged, looked at, put in force and taken back."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, defer

from notifier import settings
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.letter import LetterContent, OwnTemplate
from notifier.domain.lint.fault import Fault
from notifier.domain.words import LetterKind
from notifier.models import Letter, LetterItem, Site, TemplateVersion
from notifier.parts import Parts
from notifier.stages import gather
from notifier.stages.render import mail_html, public_page
from notifier.stages.render.compile.check import TemplateRefused, check_own
from notifier.stages.render.compile.sample import reader, sample

PAGE: Final = 30
NOTE_MAX: Final = 200
JUDGED_KEPT: Final = 64
LOOKED_THROUGH: Final = 20_000
"""Letters: a kind that is never sent must not be looked for among millions."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text somebody wrote for a kind of letter."""

    kind: LetterKind
    text: str
    note: str = ""


def ours(kind: LetterKind) -> str:
    """The template that comes with the program: what an editor begins with."""
    return (settings.templates_dir() / "email" / kind.value / "body.html").read_text(encoding="utf-8")


@lru_cache(JUDGED_KEPT)
def faults(kind: LetterKind, text: str) -> tuple[Fault, ...]:
    """The rules that a text breaks, by line; none for one that may be put in force."""
    try:
        check_own(settings.templates_dir(), kind, text)
    except TemplateRefused as refusal:
        return tuple(refusal.faults)
    return ()


def save(parts: Parts, site_id: int, draft: Draft, by: Actor, now: datetime) -> int:
    """Keep a version, good or not; gives its id. Line ends become those of templates."""
    text = draft.text.replace("\r\n", "\n")
    with parts.db.writing() as session:
        row = TemplateVersion(
            site_id=site_id, kind=draft.kind, text=text, note=draft.note.strip()[:NOTE_MAX], actor=by.name,
            created_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.note(session, by, "template.saved", now, site_id=site_id, kind=draft.kind.value, version=row.id)
        return row.id


def put_in_force(parts: Parts, site_id: int, version_id: int, by: Actor, now: datetime) -> None:
    """Make letters of a version from now on, in all workers. Raises LookupError, or TemplateRefused for a broken one.

    Judged anew: the rules may have changed since it was kept.
    """
    with parts.db.reading() as session:
        row = version(session, site_id, version_id)
    if found := faults(row.kind, row.text):
        raise TemplateRefused(found)
    with parts.db.writing() as session:
        _end(session, site_id, row.kind)
        chosen = version(session, site_id, version_id)
        chosen.is_active, chosen.activated_at = True, now
        audit.note(session, by, "template.activated", now, site_id=site_id, kind=row.kind.value, version=version_id)


def take_back(parts: Parts, site_id: int, kind: LetterKind, by: Actor, now: datetime) -> None:
    """Make letters of our own template again."""
    with parts.db.writing() as session:
        _end(session, site_id, kind)
        audit.note(session, by, "template.taken_back", now, site_id=site_id, kind=kind.value)


def version(session: Session, site_id: int, version_id: int) -> TemplateVersion:
    """One version. Raises LookupError."""
    row = session.get(TemplateVersion, version_id)
    if row is None or row.site_id != site_id:
        raise LookupError(version_id)
    return row


def history(session: Session, site_id: int, kind: LetterKind, before_id: int = 0) -> Sequence[TemplateVersion]:
    """A page of the versions, the newest first, without their texts."""
    mine = (TemplateVersion.site_id == site_id, TemplateVersion.kind == kind)
    newest = select(TemplateVersion).where(*mine).options(defer(TemplateVersion.text, raiseload=True))
    newest = newest.order_by(TemplateVersion.id.desc()).limit(PAGE)
    return session.scalars(newest.where(TemplateVersion.id < before_id) if before_id else newest).all()


def in_force(session: Session, site_id: int) -> dict[LetterKind, int]:
    """Kind -> the version that letters are made of."""
    active = select(TemplateVersion.kind, TemplateVersion.id).where(
        TemplateVersion.site_id == site_id, TemplateVersion.is_active
    )
    return dict(session.execute(active).all())


def difference(before: str, after: str) -> list[str]:
    """What changed, line by line, as `diff -u` writes it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
    return list(lines)[2:]


def preview(parts: Parts, site_id: int, draft: Draft, language: str, *, is_real: bool = False) -> str:
    """A letter's HTML by a text that is not in force: of a sample, or of the newest letter of its kind.

    Raises RenderFailed; LookupError where there was no such letter yet.
    """
    with parts.db.reading() as session:
        content = _newest(session, site_id, draft.kind) if is_real else sample(draft.kind, language)
        site = gather.face(session.get_one(Site, site_id))
    content = replace(content, site=site, language=language, own=None)
    own = OwnTemplate(0, draft.text)
    rendered = parts.renderer.render_own(content, own) if draft.text else parts.renderer.render(content)
    return public_page(rendered) if is_real else mail_html(rendered, reader())


def newest_letter(session: Session, site_id: int, kind: LetterKind) -> int | None:
    """The newest letter of a kind among the latest of all; None where there is none."""
    floor = (session.scalar(select(func.max(Letter.id))) or 0) - LOOKED_THROUGH
    mine = (Letter.id > floor, Letter.site_id == site_id, Letter.kind == kind)
    return session.scalar(select(Letter.id).where(*mine).order_by(Letter.id.desc()).limit(1))


def _newest(session: Session, site_id: int, kind: LetterKind) -> LetterContent:
    letter = newest_letter(session, site_id, kind)
    if letter is None:
        raise LookupError(kind)
    items = select(LetterItem.item_id).where(LetterItem.letter_id == letter).order_by(LetterItem.position)
    key = (letter, tuple(session.scalars(items)))
    return gather.contents(session, {key})[key]


def _end(session: Session, site_id: int, kind: LetterKind) -> None:
    # The site's row first: two who put versions in force at once come one after the other.
    session.get_one(Site, site_id, with_for_update=True)
    mine = (TemplateVersion.site_id == site_id, TemplateVersion.kind == kind, TemplateVersion.is_active)
    session.execute(update(TemplateVersion).where(*mine).values(is_active=False))
