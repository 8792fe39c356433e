"""Every table, by the words of the README."""

from notifier.models.audience import ConsentEvent, OldLink, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from notifier.models.base import Base
from notifier.models.content import Item, ItemTopic, Sighting, Site, Source, Topic
from notifier.models.delivery import Delivery, DeliveryEvent, Issue, Lease, Letter, LetterItem, Notice, Run, Tally
from notifier.models.desk import ApiKey, AuditEvent, Sitting, User
from notifier.models.planning import Arrangement, DaySum
from notifier.models.threads import Bookmark, Mute, Thread

__all__ = [
    "ApiKey",
    "Arrangement",
    "AuditEvent",
    "Base",
    "Bookmark",
    "ConsentEvent",
    "DaySum",
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
    "Run",
    "Sighting",
    "Signup",
    "Site",
    "Sitting",
    "Source",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Tally",
    "Thread",
    "Topic",
    "User",
]
