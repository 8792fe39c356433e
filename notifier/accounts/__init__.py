"""Which account takes the next letters: by weight, among those whose server can be reached."""

from notifier.accounts.breaker import Breaker, LocalBreaker, RedisBreaker, State
from notifier.accounts.choice import Accounts, Choice
from notifier.accounts.connections import Connections, LocalConnections, RedisConnections
from notifier.accounts.slots import Slots

__all__ = [
    "Accounts",
    "Breaker",
    "Choice",
    "Connections",
    "LocalBreaker",
    "LocalConnections",
    "RedisBreaker",
    "RedisConnections",
    "Slots",
    "State",
]
