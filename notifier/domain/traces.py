"""The vocabulary of opens and clicks."""

from enum import StrEnum
from typing import Final


class Tracking(StrEnum):
    """What a site may learn of opens and clicks."""

    OFF = "off"
    COUNTS = "counts"
    """How many, of each letter and link; of nobody in particular."""
    READERS = "readers"
    """Of readers who have agreed to it, whose they are; of the others nothing."""


class TraceKind(StrEnum):
    """What a reader did with a letter."""

    OPEN = "open"
    CLICK = "click"


class Onlooker(StrEnum):
    """Who did it."""

    PERSON = "person"
    PROXY = "proxy"
    """A provider's proxy for pictures, when a person opened the letter."""
    APPLE = "apple"
    """Apple's privacy proxy, which opens everything."""
    MACHINE = "machine"


HUMAN: Final = frozenset({Onlooker.PERSON, Onlooker.PROXY})
"""Those that stand for a reader."""
