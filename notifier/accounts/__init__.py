"""Which account takes the next letters: by weight, among those whose server can be reached."""

from notifier.accounts.breaker import Breaker, LocalBreaker, RedisBreaker, State
from notifier.accounts.choice import Accounts, Choice
from notifier.accounts.connections import Connections, LocalConnections, RedisConnections

__all__ = [
    "Accounts",
    "Breaker",
    "Choice",
    "Connections",
    "LocalBreaker",
    "LocalConnections",
    "RedisBreaker",
    "RedisConnections",
    "State",
]
