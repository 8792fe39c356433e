"""The words between a sender and its budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

ACCOUNT: Final = ""
"""In the place of a group: the account itself."""


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may leave now and, when that is fewer than wanted, the seconds until it is worth asking again."""

    count: int
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server said of so many letters: taken, or too fast."""

    accepted: int = 0
    slowed: int = 0


class Budget(Protocol):
    """Rations what may be sent through one account, and to one group of recipient domains through it."""

    def take(self, account: str, wanted: Mapping[str, int]) -> dict[str, Grant]:
        """For each group, how many of `wanted` may leave now: as its own limit and the account's allow, and fairly.

        Never waits, never raises.
        """
        ...

    def give_back(self, account: str, unused: Mapping[str, int]) -> None:
        """Return what was granted to each group and will not leave."""
        ...

    def hear(self, account: str, heard: Mapping[str, Heard]) -> None:
        """Tell what the server said, per group; `""` for what it said of the account itself.

        What a group accepted counts for the account as well.
        """
        ...

    def portion(self, account: str) -> int:
        """How many letters to ask for at once: what is granted and waits is lost to every other worker."""
        ...
