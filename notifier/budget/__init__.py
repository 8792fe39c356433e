"""How many letters may leave now: exact for all workers together, and slower where a server asks for it."""

from notifier.budget.daily import Daily, Today
from notifier.budget.grants import ACCOUNT, Budget, Grant, Heard
from notifier.budget.in_redis import RedisBudget
from notifier.budget.limits import Limit, portion
from notifier.budget.local import LocalBudget

__all__ = ["ACCOUNT", "Budget", "Daily", "Grant", "Heard", "Limit", "LocalBudget", "RedisBudget", "Today", "portion"]
