"""The connections of one account, as its transport asks for them."""

from dataclasses import dataclass

from notifier.accounts.connections import Connections


@dataclass(frozen=True, slots=True)
class Slots:
    """One connection at a time, out of all that the account may have.

    Whoever has some already leaves as many as it has to others: the first worker takes half of all, not all.
    """

    account: str
    connections: Connections

    def take(self, held: int) -> bool:
        """Whether one more than `held` may be opened."""
        got = self.connections.take(self.account, held + 1)
        is_enough = got == held + 1
        self.connections.free(self.account, held if is_enough else got)
        return is_enough

    def free(self) -> None:
        """One is closed."""
        self.connections.free(self.account, 1)
