"""Sign-ups of a crowd, noted together: one question to Redis and one commit for all who came in the meantime."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifier import admission
from notifier.parts import Parts
from notifier.web.shield import Shield, Trial, Verdict


@dataclass(frozen=True, slots=True)
class Wish:
    """A sign-up that can be right, before it is counted and noted."""

    trial: Trial
    row: Mapping[str, Any] = field(repr=False)
    """As `consent.signup.row` made it."""


Note = Callable[[Sequence[Wish]], Sequence[Verdict | Exception]]


def noting(parts: Parts, shield: Shield, clock: Callable[[], datetime]) -> Note:
    """Judges wishes, and notes those that may be; a row that the database refuses harms no other."""

    def note(wishes: Sequence[Wish]) -> Sequence[Verdict | Exception]:
        found: list[Verdict | Exception] = [*shield.judge([one.trial for one in wishes], clock())]
        wanted = [n for n, verdict in enumerate(found) if verdict is Verdict.NOTE]
        faults = admission.note_signups(parts, [wishes[n].row for n in wanted]) if wanted else []
        for n, fault in zip(wanted, faults, strict=True):
            found[n] = fault or found[n]
        return found

    return note
