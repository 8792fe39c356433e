"""Bring together what a letter shows, as values: read at send time, so that nobody gets yesterday's version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.letter import ItemView, LetterContent, Logo, OwnTemplate, SiteFace
from notifier.domain.previews import filled_in
from notifier.domain.template_part import TemplatePart
from notifier.domain.text.spoken import Spoken
from notifier.domain.traces import Tracking
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Correction, Issue, Letter, Site, TemplateVersion, takes_comments
from notifier.stages.gather.items import views
from notifier.stages.gather.told import Told, editorial, gather_told, proposed

Key = tuple[int, tuple[int, ...]]
"""A letter and those of its items that are shown."""


def gather(
    session: Session, claimed: Iterable[Claimed], now: datetime, lasts: Mapping[LetterKind, timedelta]
) -> dict[Key, LetterContent]:
    """The distinct contents of these deliveries; the link of a kind in `lasts` works so long from `now` on."""
    found = contents(session, {one.content_key for one in claimed})
    # A sign-in link is written for whoever asks next, too: it is as old as its letter's way out.
    return {
        key: replace(
            one,
            expires_at=now + lasts[one.kind] if one.kind in lasts else one.expires_at,
            at=now if one.kind is LetterKind.MAGIC_LINK else one.at,
        )
        for key, one in found.items()
    }


def answerable(session: Session, found: dict[Key, LetterContent]) -> dict[Key, LetterContent]:
    """The same; those about comments say that they can be answered, where their site takes comments from us."""
    replies = {letter for (letter, _), one in found.items() if one.kind is LetterKind.REPLY}
    if not replies:
        return found
    rows = select(Letter.id).join(Site, Site.id == Letter.site_id)
    takers = set(session.scalars(rows.where(among(session, Letter.id, replies), takes_comments())))
    return {key: replace(one, is_answerable=key[0] in takers) for key, one in found.items()}


def followed(session: Session, found: dict[Key, LetterContent]) -> dict[Key, LetterContent]:
    """The same; those of sites that count opens and clicks say so, but for letters that nobody subscribed to."""
    letters = {letter for (letter, _), one in found.items() if one.kind.is_list_mail}
    rows = select(Letter.id, Site.tracking).join(Site, Site.id == Letter.site_id)
    ours = among(session, Letter.id, letters)
    policies = dict(session.execute(rows.where(ours, Site.tracking != Tracking.OFF)).all()) if letters else {}
    return {key: replace(one, tracking=policies[key[0]]) if key[0] in policies else one for key, one in found.items()}


def contents(session: Session, keys: set[Key]) -> dict[Key, LetterContent]:
    """The content of each (letter, items)."""
    letters = session.scalars(select(Letter).where(among(session, Letter.id, {letter for letter, _ in keys}))).all()
    by_id = {letter.id: letter for letter in letters}
    faces = {site.id: face(site) for site in _sites(session, {letter.site_id for letter in letters})}
    items = views(session, {item for letter, live in keys for item in _shown(by_id[letter], live)})
    told = gather_told(session, letters, items.values())
    known = _Known(items, told, own_templates(session, {(letter.site_id, letter.kind) for letter in letters}))
    return {(letter, live): _content(by_id[letter], faces[by_id[letter].site_id], live, known) for letter, live in keys}


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
    letter = Letter(
        id=0,
        site_id=site.id,
        kind=wanted.kind,
        language=wanted.language,
        frequency=wanted.frequency,
        data={},
        created_at=wanted.at,
    )
    return filled_in(unsent(session, site, letter, wanted.item_ids))


def unsent(session: Session, site: Site, letter: Letter, item_ids: tuple[int, ...]) -> LetterContent:
    """The content of a letter that is no row, with those of these items that are live."""
    items = views(session, set(item_ids))
    live = tuple(one for one in item_ids if one in items)
    return _content(
        letter, face(site), live, _of_kind(session, letter, site, items, gather_told(session, [letter], items.values()))
    )


def trial(session: Session, issue: Issue, subject: int, item_ids: tuple[int, ...], now: datetime) -> LetterContent:
    """An issue's letter as it would be now, with one of its subjects."""
    site = session.get_one(Site, issue.site_id)
    letter = Letter(
        id=0, kind=LetterKind.ISSUE, language=issue.language, created_at=now,
        data={"issue_id": issue.id, "subject": subject},
    )  # fmt: skip
    told = Told(issues={issue.id: issue})
    known = _of_kind(session, letter, site, views(session, set(item_ids)), told)
    return _content(letter, face(site), item_ids, known)


def draft(session: Session, correction: Correction, letter: Letter) -> LetterContent:
    """A correction's letter before anybody makes that correction; neither is a row."""
    site = session.get_one(Site, correction.site_id)
    told = Told(corrections={letter.data["correction_id"]: proposed(session, correction)})
    return _content(letter, face(site), (), _of_kind(session, letter, site, {}, told))


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for some letters."""

    items: Mapping[int, ItemView]
    told: Told
    own: Mapping[tuple[int, LetterKind], tuple[OwnTemplate, ...]]


def _of_kind(session: Session, letter: Letter, site: Site, items: Mapping[int, ItemView], told: Told) -> _Known:
    return _Known(items, told, own_templates(session, {(site.id, letter.kind)}))


def _shown(letter: Letter, live: tuple[int, ...]) -> tuple[int, ...]:
    return live[: letter.data.get("shown")]


def _content(letter: Letter, site: SiteFace, live: tuple[int, ...], known: _Known) -> LetterContent:
    shown, data, told = _shown(letter, live), letter.data, known.told
    items = tuple(known.items[one] for one in shown if one in known.items)
    is_thread = letter.kind is LetterKind.REPLY
    article = next((item.article for item in items if item.article), None) if is_thread else None
    spoken = Spoken.read(letter.language)
    content = LetterContent(
        letter_id=letter.id,
        kind=letter.kind,
        language=spoken.language,
        site=replace(site, digits=spoken.digits or site.digits, calendar=spoken.calendar or site.calendar),
        at=letter.created_at,
        items=items,
        frequency=letter.frequency,
        more=data.get("more", 0) + len(live) - len(shown),
        counted=live[len(shown) :],
        is_next_unsaid=data.get("some_days", False),
        topics=tuple(told.labels[topic] for topic in data.get("topic_ids", []) if topic in told.labels),
        subject_id=article.guid if article else "",
        subject_title=told.subjects.get(article.id, "") if article else "",
        expires_at=_moment(data, "until"),
        next_at=_moment(data, "next_at") or _moment(data, "first_at"),
        turns_daily=data.get("turns_daily", False),
        choices=told.choices(data),
        issue=editorial(told.issues[data["issue_id"]], data["subject"]) if "issue_id" in data else None,
        own=known.own.get((letter.site_id, letter.kind), ()),
    )
    if not (found := told.corrections.get(data.get("correction_id", 0))):
        return content
    correction = replace(found.correction, title=data["title"], language=site.language)
    return replace(content, correction=correction, items=(found.story,) if found.story else ())


def own_templates(
    session: Session, wanted: set[tuple[int, LetterKind]]
) -> dict[tuple[int, LetterKind], tuple[OwnTemplate, ...]]:
    """The templates of their own that sites have in force, of these sites and kinds of letters."""
    sites = {site for site, _ in wanted}
    active = select(TemplateVersion).where(TemplateVersion.site_id.in_(sites), TemplateVersion.is_active)
    found: dict[tuple[int, LetterKind], tuple[OwnTemplate, ...]] = {}
    for row in session.scalars(active.order_by(TemplateVersion.id)):
        part = TemplatePart(row.part)
        for kind in part.kinds:
            if (key := (row.site_id, kind)) in wanted:
                found[key] = (*found.get(key, ()), OwnTemplate(row.id, part.file, row.text))
    return found


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(data[name]) if name in data else None


def _sites(session: Session, site_ids: set[int]) -> list[Site]:
    return list(session.scalars(select(Site).where(among(session, Site.id, site_ids))))
