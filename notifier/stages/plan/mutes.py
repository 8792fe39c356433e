"""What some people want no letters of, though they follow it."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.words import NoticeReason
from notifier.models import Mute
from notifier.stages.plan.threads import Pair


class Mutes:
    """What some people want no letters of."""

    def __init__(self, session: Session, subscribers: Iterable[int]) -> None:
        rows = session.execute(
            select(Mute.subscriber_id, Mute.what).where(among(session, Mute.subscriber_id, set(subscribers)))
        )
        self._what: dict[int, set[str]] = defaultdict(set)
        for subscriber, what in rows:
            self._what[subscriber].add(what)

    def cover(self, pair: Pair, reason: NoticeReason) -> bool:
        """Whether a comment of this thread, owed for this reason, is not wanted."""
        mine = self._what.get(pair[0])
        return bool(mine) and bool({"all", f"thread:{pair[1]}", f"kind:{reason}"} & (mine or set()))
