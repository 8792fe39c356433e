"""Replies on their way to their site: claimed one at a time, and ended with what the site said."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from notifier.domain.words import ItemKind, ReplyRefusal, ReplyState, SourceKind
from notifier.models import Item, Reply, Sighting, Site, Source, Subscriber

CLAIMED_FOR: Final = timedelta(minutes=2)
"""Longer than any request may take: a worker that died gives its reply up to another after that."""
TRIED_FOR: Final = timedelta(days=3)
DETAIL_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class WordPressPlace:
    """Where a WordPress takes the comment, by its own numbers; `parent` is 0 under the article itself."""

    root: str
    secret_name: str
    article: int
    parent: int


@dataclass(frozen=True, slots=True)
class Handing:
    """A claimed reply with all that its site is told."""

    reply_id: int
    site_id: int
    slug: str
    language: str
    article_guid: str
    article_url: str
    parent_guid: str
    name: str
    address: str = field(repr=False)
    words: str = field(repr=False)
    at: datetime
    attempts: int
    wordpress: WordPressPlace | None
    url: str
    """Where a site without a WordPress takes it; empty for nowhere."""


def claim(session: Session, reply_id: int, now: datetime) -> Handing | None:
    """Take a reply that is due; None where it is not, or another worker has it.

    Counted at the claim, so a worker that dies has used up a try.
    """
    due = (Reply.id == reply_id, Reply.state == ReplyState.WAITING, Reply.next_attempt_at <= now)
    taken = update(Reply).where(*due).values(attempts=Reply.attempts + 1, next_attempt_at=now + CLAIMED_FOR)
    if session.scalar(taken.returning(Reply.id)) is None:
        return None
    one = _told(session, reply_id)
    if one is None:
        end(session, reply_id, now, ReplyRefusal.GONE)
    return one


def end(session: Session, reply_id: int, now: datetime, refusal: ReplyRefusal | None = None, detail: str = "") -> None:
    """The site has it, or never will: the words go, their hash stays."""
    values = {"state": ReplyState.REFUSED if refusal else ReplyState.HANDED, "reason": refusal}
    session.execute(
        update(Reply)
        .where(Reply.id == reply_id, Reply.state == ReplyState.WAITING)
        .values(**values, words="", detail=detail[:DETAIL_MAX], finished_at=now)
    )


def put_off(session: Session, one: Handing, now: datetime, pause: timedelta, detail: str) -> ReplyRefusal | None:
    """Try again after this pause; gives why not where it was tried for days."""
    if now - one.at > TRIED_FOR:
        end(session, one.reply_id, now, ReplyRefusal.GIVEN_UP, detail)
        return ReplyRefusal.GIVEN_UP
    session.execute(
        update(Reply)
        .where(Reply.id == one.reply_id, Reply.state == ReplyState.WAITING)
        .values(next_attempt_at=now + pause, detail=detail[:DETAIL_MAX])
    )
    return None


def waiting(session: Session) -> int:
    """How many replies their sites do not have yet."""
    return session.scalar(select(func.count()).where(Reply.state == ReplyState.WAITING)) or 0


def _told(session: Session, reply_id: int) -> Handing | None:
    """A reply with all that its site is told; None where its article is not there any more."""
    article, parent = aliased(Item), aliased(Item)
    row = session.execute(
        select(Reply, Site, Subscriber, article, parent)
        .join(Site, Site.id == Reply.site_id)
        .join(Subscriber, Subscriber.id == Reply.subscriber_id)
        .join(article, article.id == Reply.article_id)
        .outerjoin(parent, parent.id == Reply.parent_id)
        .where(Reply.id == reply_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    reply, site, reader, under = row[:4]
    # An outer join, which its type does not tell.
    answered: Item | None = row[4]
    answered_guid = "" if answered is None else answered.guid
    return Handing(
        reply_id=reply.id,
        site_id=site.id,
        slug=site.slug,
        language=reader.language,
        article_guid=under.guid,
        article_url=under.url,
        parent_guid=answered_guid,
        name=reader.name,
        address=reader.address,
        words=reply.words,
        at=reply.created_at,
        attempts=reply.attempts,
        wordpress=_wordpress(session, site.id, under.guid, answered_guid),
        url=site.replies_url,
    )


def _wordpress(session: Session, site_id: int, article: str, parent: str) -> WordPressPlace | None:
    ours = (Source.site_id == site_id, Source.kind == SourceKind.WORDPRESS, Source.is_enabled, Source.secret_name != "")
    rows = session.execute(
        select(Source, Sighting.kind, Sighting.number)
        .join(Sighting, Sighting.source_id == Source.id)
        .where(*ours, Sighting.guid.in_([article, parent] if parent else [article]))
    ).all()
    for source, kind, number in rows:
        if kind is ItemKind.ARTICLE:
            answered = [one.number for one in rows if one[0].id == source.id and one.kind is ItemKind.COMMENT]
            return WordPressPlace(source.url, source.secret_name, number, answered[0] if answered else 0)
    return None
