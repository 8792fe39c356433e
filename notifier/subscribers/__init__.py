"""What editors see of a reader and do to one, and the list of readers to take away."""

from notifier.subscribers.acts import Edit, add, ask, edit, erase, lift, suppress, unsubscribe, write_note
from notifier.subscribers.profile import Profile, profile, tags, topics_of

__all__ = [
    "Edit",
    "Profile",
    "add",
    "ask",
    "edit",
    "erase",
    "lift",
    "profile",
    "suppress",
    "tags",
    "topics_of",
    "unsubscribe",
    "write_note",
]
