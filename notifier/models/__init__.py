"""Every table, by the words of the README."""

from notifier.models.access import ReaderSession, SignIn, SignInToken
from notifier.models.audience import ConsentEvent, OldLink, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from notifier.models.base import Base
from notifier.models.content import Item, ItemTopic, Sighting, Site, Source, Topic, takes_comments
from notifier.models.corrections import Correction, Headline, OtherVersion
from notifier.models.delivery import Delivery, DeliveryEvent, Issue, Lease, Letter, LetterItem, Notice, Run, Tally
from notifier.models.desk import ApiKey, AuditEvent, Sitting, User
from notifier.models.feedback import Reply
from notifier.models.hooks import Call, Endpoint, is_waiting
from notifier.models.own_templates import TemplateVersion
from notifier.models.pauses import follows_since, is_awake
from notifier.models.threads import Bookmark, Mute, Thread

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "Bookmark",
    "Call",
    "ConsentEvent",
    "Correction",
    "Delivery",
    "DeliveryEvent",
    "Endpoint",
    "Headline",
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
    "OtherVersion",
    "ReaderSession",
    "Reply",
    "Run",
    "Sighting",
    "SignIn",
    "SignInToken",
    "Signup",
    "Site",
    "Sitting",
    "Source",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Tally",
    "TemplateVersion",
    "Thread",
    "Topic",
    "User",
    "follows_since",
    "is_awake",
    "is_waiting",
    "takes_comments",
]
