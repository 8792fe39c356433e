"""Every table, by the words of the README."""

from notifier.models.audience import ConsentEvent, OldLink, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from notifier.models.base import Base
from notifier.models.content import Item, ItemTopic, Sighting, Site, Source, Topic, takes_comments
from notifier.models.delivery import Delivery, DeliveryEvent, Issue, Lease, Letter, LetterItem, Notice, Run, Tally
from notifier.models.desk import ApiKey, AuditEvent, User
from notifier.models.feedback import Reply
from notifier.models.threads import Bookmark, Mute, Thread

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "Bookmark",
    "ConsentEvent",
    "Delivery",
    "DeliveryEvent",
    "Issue",
    "Item",
    "ItemTopic",
    "Lease",
    "Letter",
    "LetterItem",
    "Mute",
    "Notice",
    "OldLink",
    "OneTimeToken",
    "Reply",
    "Run",
    "Sighting",
    "Signup",
    "Site",
    "Source",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Tally",
    "Thread",
    "Topic",
    "User",
    "takes_comments",
]
