"""Who is in their quiet hours by now: what was planned before and has not left waits for the end of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.owed import Owed
from notifier.domain.quiet import QuietRules
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Letter
from notifier.stages.check.readers import Reader

_KEEP: Final = frozenset({LetterKind.ALERT, LetterKind.REPLY, LetterKind.CORRECTION, LetterKind.DIGEST})
"""Kinds that keep quiet hours, but for digests that come at the hour that their reader chose. An issue leaves when its
editor says, and what a person asked for just now leaves at once."""
_BY_THE_HOUR: Final = (Frequency.HOURLY, Frequency.INSTANT)


class Resting:
    """Asked once for each zone and hours of one claim, however many letters it has."""

    def __init__(self, rules: QuietRules, now: datetime) -> None:
        self._usual, self._now = rules.usual, now
        self._kinds = _KEEP if rules.holds_alerts else _KEEP - {LetterKind.ALERT}
        self._until: dict[tuple[str, int | None, int | None], datetime | None] = {}

    def until(self, kind: LetterKind, reader: Reader) -> datetime | None:
        """When the quiet hours end that hold for such a letter now; None where none do."""
        if kind not in self._kinds:
            return None
        key = reader.time_zone, reader.quiet_from_h, reader.quiet_until_h
        if key not in self._until:
            ends = self._usual.own(*key[1:]).ends(self._now, reader.time_zone)
            self._until[key] = ends if ends > self._now else None
        return self._until[key]

    def all(self, session: Session, owed: Sequence[Owed], readers: Mapping[int | None, Reader]) -> dict[int, datetime]:
        """Until when deliveries wait whose readers are to be left in peace."""
        found = {
            one.id: until
            for one in owed
            if (reader := readers.get(one.subscriber_id)) and (until := self.until(one.kind, reader))
        }
        chosen = _by_choice(session, [one for one in owed if one.kind is LetterKind.DIGEST and one.id in found])
        return {one: until for one, until in found.items() if one not in chosen} if chosen else found


def _by_choice(session: Session, digests: Sequence[Owed]) -> set[int]:
    """Of these deliveries of digests those that come at an hour of their reader's choice."""
    if not digests:
        return set()
    letters = among(session, Letter.id, {one.letter_id for one in digests})
    chosen = set(session.scalars(select(Letter.id).where(letters, Letter.frequency.not_in(_BY_THE_HOUR))))
    return {one.id for one in digests if one.letter_id in chosen}
