"""Lists of readers: kept, looked at, checked and taken in, by a worker or by the command line."""

from notifier.imports.acts import Upload, check, discard, forget_idle, keep, look, plan, rejected, start
from notifier.imports.taking import Turn, advance

__all__ = ["Turn", "Upload", "advance", "check", "discard", "forget_idle", "keep", "look", "plan", "rejected", "start"]
