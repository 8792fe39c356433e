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
from notifier.domain.template_part import TemplatePart
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
    """A text somebody wrote for a part of the letters' templates."""

    part: TemplatePart
    text: str
    note: str = ""


def ours(part: TemplatePart) -> str:
    """The template that comes with the program: what an editor begins with."""
    return (settings.templates_dir() / "email" / part.file).read_text(encoding="utf-8")


@lru_cache(JUDGED_KEPT)
def faults(part: TemplatePart, text: str) -> tuple[Fault, ...]:
    """The rules that a text breaks, by line; none for one that may be put in force."""
    try:
        check_own(settings.templates_dir(), part, text)
    except TemplateRefused as refusal:
        return tuple(refusal.faults)
    return ()


def save(parts: Parts, site_id: int, draft: Draft, by: Actor, now: datetime) -> int:
    """Keep a version, good or not; gives its id. Line ends become those of templates."""
    text = draft.text.replace("\r\n", "\n")
    with parts.db.writing() as session:
        row = TemplateVersion(
            site_id=site_id, part=draft.part.name, text=text, note=draft.note.strip()[:NOTE_MAX], actor=by.name,
            created_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.note(session, by, "template.saved", now, site_id=site_id, part=draft.part.name, version=row.id)
        return row.id


def put_in_force(parts: Parts, site_id: int, version_id: int, by: Actor, now: datetime) -> None:
    """Make letters of a version from now on, in all workers. Raises LookupError, or TemplateRefused for a broken one.

    Judged anew: the rules may have changed since it was kept.
    """
    with parts.db.reading() as session:
        row = version(session, site_id, version_id)
    part = TemplatePart(row.part)
    if found := faults(part, row.text):
        raise TemplateRefused(found)
    with parts.db.writing() as session:
        _end(session, site_id, part)
        chosen = version(session, site_id, version_id)
        chosen.is_active, chosen.activated_at = True, now
        audit.note(session, by, "template.activated", now, site_id=site_id, part=part.name, version=version_id)


def take_back(parts: Parts, site_id: int, part: TemplatePart, by: Actor, now: datetime) -> None:
    """Make letters of our own template again."""
    with parts.db.writing() as session:
        _end(session, site_id, part)
        audit.note(session, by, "template.taken_back", now, site_id=site_id, part=part.name)


def version(session: Session, site_id: int, version_id: int) -> TemplateVersion:
    """One version. Raises LookupError."""
    row = session.get(TemplateVersion, version_id)
    if row is None or row.site_id != site_id:
        raise LookupError(version_id)
    return row


def history(session: Session, site_id: int, part: TemplatePart, before_id: int = 0) -> Sequence[TemplateVersion]:
    """A page of the versions, the newest first, without their texts."""
    mine = (TemplateVersion.site_id == site_id, TemplateVersion.part == part.name)
    newest = select(TemplateVersion).where(*mine).options(defer(TemplateVersion.text, raiseload=True))
    newest = newest.order_by(TemplateVersion.id.desc()).limit(PAGE)
    return session.scalars(newest.where(TemplateVersion.id < before_id) if before_id else newest).all()


def in_force(session: Session, site_id: int) -> dict[str, int]:
    """Part's name -> the version that letters are made of."""
    active = select(TemplateVersion.part, TemplateVersion.id).where(
        TemplateVersion.site_id == site_id, TemplateVersion.is_active
    )
    return dict(session.execute(active).all())


def difference(before: str, after: str) -> list[str]:
    """What changed, line by line, as `diff -u` writes it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
    return list(lines)[2:]


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is looked at: in which kind of letter and language, of the sample or of the newest letter."""

    kind: LetterKind
    language: str
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class Previewed:
    """A letter by a text that is not in force."""

    subject: str
    html: str


def preview(parts: Parts, site_id: int, draft: Draft, look: Look) -> Previewed:
    """A letter by a text that is not in force, ours where it is empty; other parts are those in force.

    Raises RenderFailed; LookupError where there was no such letter yet.
    """
    with parts.db.reading() as session:
        content = _newest(session, site_id, look.kind) if look.is_real else sample(look.kind, look.language)
        site = gather.face(session.get_one(Site, site_id))
        active = gather.own_templates(session, {(site_id, look.kind)}).get((site_id, look.kind), ())
    content = replace(content, site=site, language=look.language, own=())
    others = tuple(one for one in active if one.file != draft.part.file)
    own = (*others, OwnTemplate(0, draft.part.file, draft.text)) if draft.text else others
    rendered = parts.renderer.render_own(content, own) if own else parts.renderer.render(content)
    html = public_page(rendered) if look.is_real else mail_html(rendered, reader())
    return Previewed(rendered.subject, html)


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


def _end(session: Session, site_id: int, part: TemplatePart) -> None:
    # The site's row first: two who put versions in force at once come one after the other.
    session.get_one(Site, site_id, with_for_update=True)
    mine = (TemplateVersion.site_id == site_id, TemplateVersion.part == part.name, TemplateVersion.is_active)
    session.execute(update(TemplateVersion).where(*mine).values(is_active=False))
