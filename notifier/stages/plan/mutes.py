"""What some people want no letters of, though they follow it: what they muted, and all while they are on a pause."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.words import NoticeReason
from notifier.models import Mute, Subscriber, is_awake
from notifier.stages.plan.threads import Pair


class Mutes:
    """What some people want no letters of at a moment."""

    def __init__(self, session: Session, subscribers: Iterable[int], at: datetime) -> None:
        some = set(subscribers)
        muted = select(Mute.subscriber_id, Mute.what).where(among(session, Mute.subscriber_id, some))
        paused = select(Subscriber.id, literal("all")).where(among(session, Subscriber.id, some), ~is_awake(at))
        rows = session.execute(union_all(muted, paused))
        self._what: dict[int, set[str]] = defaultdict(set)
        for subscriber, what in rows:
            self._what[subscriber].add(what)

    def cover(self, pair: Pair, reason: NoticeReason) -> bool:
        """Whether a comment of this thread, owed for this reason, is not wanted."""
        mine = self._what.get(pair[0])
        return bool(mine) and bool({"all", f"thread:{pair[1]}", f"kind:{reason}"} & (mine or set()))
