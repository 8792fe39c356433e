"""The connections of one account, as its transport asks for them."""

from dataclasses import dataclass

from notifier.accounts.connections import Connections


@dataclass(frozen=True, slots=True)
class Slots:
    """One connection at a time, out of all that the account may have."""

    account: str
    connections: Connections

    def take(self) -> bool:
        """Whether one more may be opened."""
        return self.connections.take(self.account, 1) == 1

    def free(self) -> None:
        """One is closed."""
        self.connections.free(self.account, 1)
