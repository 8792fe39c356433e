"""What editors see of a reader and do to one, and the list of readers to take away."""

from notifier.subscribers.acts import (
    Edit,
    add,
    ask,
    edit,
    erase,
    forget_standing,
    lift,
    suppress,
    unsubscribe,
    write_note,
)
from notifier.subscribers.marking import tag, untag
from notifier.subscribers.profile import Profile, profile, tags, topics_of

__all__ = [
    "Edit",
    "Profile",
    "add",
    "ask",
    "edit",
    "erase",
    "forget_standing",
    "lift",
    "profile",
    "suppress",
    "tag",
    "tags",
    "topics_of",
    "unsubscribe",
    "untag",
    "write_note",
]
