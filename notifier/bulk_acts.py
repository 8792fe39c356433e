"""Acts on many readers: begun by an editor, done chunk by chunk by a worker, and undone exactly."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.db import affected
from notifier.desk import acting, audit, searching, tagging
from notifier.desk.audit import Actor
from notifier.desk.searching import Search
from notifier.desk.tagging import TagsFullError
from notifier.domain.desk_words import ActKind, ActState
from notifier.domain.topics import normalise
from notifier.models import BulkAct, BulkChange, Subscriber, Tag, Topic
from notifier.parts import Parts
from notifier.queue import later, to_act, transaction

CHUNK: Final = 2000
IDS_MAX: Final = 500
REASON_MAX: Final = 40
LASTS: Final = timedelta(seconds=30)
_NEXT: Final = {ActState.DOING: ActState.DONE, ActState.UNDOING: ActState.UNDONE}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to do to whom: to readers by their ids, or to all whom a search finds now."""

    kind: ActKind
    about: int = 0
    words: str = ""
    ids: tuple[int, ...] = ()
    search: Search = field(default_factory=Search)


def about(session: Session, site_id: int, kind: ActKind, words: str, now: datetime) -> tuple[int, str]:
    """(the id of what an act is about, its words): a tag (made, where one is given), a topic by name, or a reason.

    Raises LookupError for a tag or a topic that there is not, TagsFullError where there is no room for one.
    """
    match kind:
        case ActKind.SUPPRESS:
            return 0, words.strip()[:REASON_MAX] or "asked"
        case ActKind.TAG:
            made = tagging.tag_ids(session, site_id, [words], now).get(words)
            if not made:
                raise TagsFullError
            return made, words
        case ActKind.UNTAG:
            mine = select(Tag.id).where(Tag.site_id == site_id, Tag.name == words)
        case ActKind.UNSUBSCRIBE:
            mine = select(Topic.id).where(Topic.site_id == site_id, Topic.name == (normalise(words) or words))
    number = session.scalar(mine)
    if number is None:
        raise LookupError(words)
    return number, words


def begin(parts: Parts, site_id: int, wanted: Wanted, by: Actor, now: datetime) -> int:
    """Note an act and nudge its task; gives its id."""
    with transaction(parts.db, parts.bell) as session:
        search = searching.understood(session, site_id, wanted.search, now)
        whom: dict[str, Any] = {"ids": wanted.ids[:IDS_MAX]} if wanted.ids else {"search": search.as_json()}
        act = BulkAct(
            site_id=site_id, actor=by.name, kind=wanted.kind, about=wanted.about, words=wanted.words[:200],
            whom=whom, last_id=session.scalar(select(func.max(Subscriber.id))) or 0, created_at=now, touched_at=now,
        )  # fmt: skip
        session.add(act)
        session.flush()
        audit.note(session, by, "readers.act_begun", now, site_id=site_id, act=act.id, kind=wanted.kind.value)
        later(session, to_act(act.id))
        return act.id


def take_back(parts: Parts, site_id: int, act_id: int, by: Actor, now: datetime) -> bool:
    """Begin to undo an act; False for one that is not done, or undone already."""
    done = BulkAct.id == act_id, BulkAct.site_id == site_id, BulkAct.state == ActState.DONE
    fresh = {"state": ActState.UNDOING, "position": 0, "touched_at": now}
    with transaction(parts.db, parts.bell) as session:
        if not affected(session, update(BulkAct).where(*done).values(fresh)):
            return False
        audit.note(session, by, "readers.act_undone", now, site_id=site_id, act=act_id)
        later(session, to_act(act_id))
        return True


def advance(parts: Parts, act_id: int, clock: Callable[[], datetime]) -> None:
    """Go on with an act until it is through or the time is over; each chunk is one transaction."""
    until = clock() + LASTS
    while _step(parts, act_id, clock()):
        if clock() >= until:
            parts.bell([to_act(act_id)])
            return


def _step(parts: Parts, act_id: int, now: datetime) -> bool:
    """One chunk; False when there is no more to do, or somebody else does it."""
    with parts.db.writing() as session:
        act = session.scalar(select(BulkAct).where(BulkAct.id == act_id).with_for_update(skip_locked=True))
        if act is None or act.state not in _NEXT:
            return False
        done = _do(session, act, now) if act.state is ActState.DOING else _undo(session, act, now)
        act.touched_at = now
        if not done:
            act.state, act.finished_at = _NEXT[act.state], now
        return done


def _do(session: Session, act: BulkAct, now: datetime) -> bool:
    ids = session.scalars(
        select(Subscriber.id)
        .where(*_whom(session, act), Subscriber.id > act.position, Subscriber.id <= act.last_id)
        .order_by(Subscriber.id)
        .limit(CHUNK)
    ).all()
    if ids:
        act.changed += acting.do(session, act, ids, now)
        act.seen, act.position = act.seen + len(ids), ids[-1]
    return bool(ids)


def _undo(session: Session, act: BulkAct, now: datetime) -> bool:
    # An act changes one row of a reader at most: a chunk never ends within one.
    found = session.execute(
        select(BulkChange.subscriber_id, BulkChange.row_id)
        .where(BulkChange.act_id == act.id, BulkChange.subscriber_id > act.position)
        .order_by(BulkChange.subscriber_id)
        .limit(CHUNK)
    ).all()
    changes = [(reader, row) for reader, row in found]
    if changes:
        acting.undo(session, act, changes, now)
        act.position = changes[-1][0]
    return bool(changes)


def _whom(session: Session, act: BulkAct) -> list[Any]:
    if "ids" in act.whom:
        return [Subscriber.site_id == act.site_id, among(session, Subscriber.id, act.whom["ids"])]
    # As it was when the editor saw the list and pressed the button.
    return list(Search.of(act.whom["search"]).where(act.site_id, act.created_at))
