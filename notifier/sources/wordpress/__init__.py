"""A WordPress site over its REST API: what is new, what changed, and what is gone."""

from notifier.sources.wordpress.discover import Discovered, discover
from notifier.sources.wordpress.leaving import NewComment, leave_comment
from notifier.sources.wordpress.look import Looked, Terms, look
from notifier.sources.wordpress.rest import Allowance, Rest, basic
from notifier.sources.wordpress.seen import Memory, Seen, Sighted

__all__ = [
    "Allowance",
    "Discovered",
    "Looked",
    "Memory",
    "NewComment",
    "Rest",
    "Seen",
    "Sighted",
    "Terms",
    "basic",
    "discover",
    "leave_comment",
    "look",
]
