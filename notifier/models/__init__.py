"""Every table, by the words of the README."""

from notifier.models.access import AddressMove, ReaderSession, SignIn, SignInToken
from notifier.models.archive import Archived, ArchivedItem, ArchivedTopic
from notifier.models.audience import ConsentEvent, OldLink, OneTimeToken, Signup, Subscriber, Subscription, Suppression
from notifier.models.barring import DomainOf, barring, is_reachable
from notifier.models.base import Base
from notifier.models.content import Item, ItemTopic, Sighting, Site, Source, Topic, takes_comments
from notifier.models.corrections import Correction, Headline, OtherVersion
from notifier.models.delivery import Delivery, DeliveryEvent, Lease, Letter, LetterItem, Notice, Run, Tally
from notifier.models.desk import ApiKey, AuditEvent, Binding, Sitting, User
from notifier.models.feedback import Reply
from notifier.models.former import MOVED, TAKEN_BACK, former_addresses
from notifier.models.hooks import Call, Endpoint, is_waiting
from notifier.models.issues import Issue, IssueItem, Trial, Wave
from notifier.models.own_templates import TemplateVersion
from notifier.models.pauses import follows_since, is_awake
from notifier.models.planning import Announcement, Arrangement, DaySum, Proof
from notifier.models.returns import Alarm, Standing, UsedToken
from notifier.models.roll import (
    BulkAct,
    BulkChange,
    Import,
    ImportFault,
    ImportPiece,
    SubscriberNote,
    SubscriberTag,
    Tag,
)
from notifier.models.threads import FOR_GOOD, MAY_TURN, UNTIL_ALIVE, Bookmark, Mute, Thread, signs_of_life
from notifier.models.traces import Trace, TraceCount, TraceSum

__all__ = [
    "FOR_GOOD",
    "MAY_TURN",
    "MOVED",
    "TAKEN_BACK",
    "UNTIL_ALIVE",
    "AddressMove",
    "Alarm",
    "Announcement",
    "ApiKey",
    "Archived",
    "ArchivedItem",
    "ArchivedTopic",
    "Arrangement",
    "AuditEvent",
    "Base",
    "Binding",
    "Bookmark",
    "BulkAct",
    "BulkChange",
    "Call",
    "ConsentEvent",
    "Correction",
    "DaySum",
    "Delivery",
    "DeliveryEvent",
    "DomainOf",
    "Endpoint",
    "Headline",
    "Import",
    "ImportFault",
    "ImportPiece",
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
    "OtherVersion",
    "Proof",
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
    "Standing",
    "Subscriber",
    "SubscriberNote",
    "SubscriberTag",
    "Subscription",
    "Suppression",
    "Tag",
    "Tally",
    "TemplateVersion",
    "Thread",
    "Topic",
    "Trace",
    "TraceCount",
    "TraceSum",
    "Trial",
    "UsedToken",
    "User",
    "Wave",
    "barring",
    "follows_since",
    "former_addresses",
    "is_awake",
    "is_reachable",
    "is_waiting",
    "signs_of_life",
    "takes_comments",
]
