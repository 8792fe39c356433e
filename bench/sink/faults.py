"""What a sink does wrong when told to, and the dice that say when."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Place(StrEnum):
    """Where in the dialogue a fault strikes."""

    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    """In the midst of a letter, before its final dot was heard."""
    DOT = "dot"


class What(StrEnum):
    """What happens there; a reply of 421 is followed by the end of the connection."""

    R421 = "421"
    R450 = "450"
    R452 = "452"
    R550 = "550"
    DROP = "drop"
    HANG = "hang"


REPLIES = {
    What.R421: b"421 4.3.2 going down\r\n",
    What.R450: b"450 4.2.0 busy, try again\r\n",
    What.R452: b"452 4.3.1 no room, try again\r\n",
    # Of this letter, not of its address: that would be suppressed, and the next stage of a drill would miss it.
    What.R550: b"550 5.6.0 this letter is not taken\r\n",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    at: Place
    what: What
    share: float
    """How often: 0 is never, 1 is always."""


@dataclass(slots=True)
class Trouble:
    """What goes wrong at the moment, for all connections together."""

    by_place: dict[Place, list[Fault]] = field(default_factory=dict)
    """Empty where nothing does: looked at once a command, so that a well-behaved sink stays fast."""
    struck: Counter[str] = field(default_factory=Counter)
    hang_s: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - not a secret

    def begin(self, faults: Iterable[Fault], seed: int, hang_s: float) -> None:
        """Do this from now on, with dice that fall the same for the same seed."""
        self.by_place = {}
        for fault in faults:
            self.by_place.setdefault(fault.at, []).append(fault)
        self.dice, self.hang_s = random.Random(seed), hang_s  # noqa: S311 - the same

    def strikes(self, place: Place) -> What | None:
        """Throw the dice for one place of one dialogue."""
        for fault in self.by_place.get(place, ()):
            if self.dice.random() < fault.share:
                self.struck[f"{fault.at.value}: {fault.what.value}"] += 1
                return fault.what
        return None
