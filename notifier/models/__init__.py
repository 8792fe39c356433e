"""Every table, by the words of the README."""

from notifier.models.audience import ConsentEvent, OldLink, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from notifier.models.base import Base
from notifier.models.content import Item, ItemTopic, Sighting, Site, Source, Topic
from notifier.models.delivery import Delivery, DeliveryEvent, Lease, Letter, LetterItem, Notice, Run, Tally
from notifier.models.desk import ApiKey, AuditEvent, Sitting, User
from notifier.models.issues import Issue, IssueItem, Trial, Wave
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
    "IssueItem",
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
    "Trial",
    "User",
    "Wave",
]
