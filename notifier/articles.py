"""Articles as editors look for them: found by their titles, one with its corrections, taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.words import ItemKind
from notifier.models import Correction, Item
from notifier.parts import Parts
from notifier.stages import ingest

PAGE: Final = 30
WORDS_MAX: Final = 8
CORRECTIONS_MAX: Final = 50


def found(session: Session, site_id: int, words: str, before: int = 0) -> Sequence[Item]:
    """Articles whose title holds all of these words, the newest first, live or not; `before` goes on below an id."""
    ours = (Item.site_id == site_id) & (Item.kind == ItemKind.ARTICLE)
    newest = select(Item).where(ours).order_by(Item.id.desc()).limit(PAGE)
    for word in words.split()[:WORDS_MAX]:
        newest = newest.where(Item.title.icontains(word, autoescape=True))
    return session.scalars(newest.where(Item.id < before) if before else newest).all()


def one(session: Session, site_id: int, article_id: int) -> Item:
    """Raises LookupError for what is no article of this site."""
    item = session.get(Item, article_id)
    if item is None or item.site_id != site_id or item.kind is not ItemKind.ARTICLE:
        raise LookupError(article_id)
    return item


def corrections_of(session: Session, article_id: int) -> Sequence[Correction]:
    """The last corrections of an article, the newest first."""
    newest = select(Correction).where(Correction.item_id == article_id).order_by(Correction.id.desc())
    return session.scalars(newest.limit(CORRECTIONS_MAX)).all()


def take_back(parts: Parts, site_id: int, article_id: int, by: Actor, now: datetime) -> bool:
    """Withdraw it: letters that have not left leave it out. False for one that is withdrawn. Raises LookupError."""
    with parts.db.writing() as session:
        receipt = ingest.retract(session, site_id, one(session, site_id, article_id).guid, now)
        if receipt is None or receipt.outcome != "retracted":
            return False
        audit.note(session, by, "item.retracted", now, site_id=site_id, item=article_id)
        return True
