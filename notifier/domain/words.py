"""The closed vocabularies: every word here is one the README opens with."""

from enum import StrEnum


class ItemKind(StrEnum):
    """What was published."""

    ARTICLE = "article"
    COMMENT = "comment"


class ItemState(StrEnum):
    """Whether an item may be shown: a held comment waits for its moderator."""

    LIVE = "live"
    HELD = "held"
    RETRACTED = "retracted"


class SourceKind(StrEnum):
    """What a source speaks; what is pushed to the API has no source."""

    FEED = "feed"
    WORDPRESS = "wordpress"


class Frequency(StrEnum):
    """How often a subscription may write, the most immediate first."""

    INSTANT = "instant"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def rank(self) -> int:
        """0 is the most immediate; an item reaches a reader by the lowest rank that matches."""
        return list(Frequency).index(self)


class LetterKind(StrEnum):
    """Which template folder makes the letter."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    ALERT = "alert"
    DIGEST = "digest"
    REPLY = "reply"
    ISSUE = "issue"
    CORRECTION = "correction"
    MAGIC_LINK = "magic-link"
    GOODBYE = "goodbye"
    ADDRESS_CHANGE = "address-change"

    @property
    def lane(self) -> "Lane":
        """The priority class that letters of this kind travel in."""
        return _LANES[self]

    @property
    def is_list_mail(self) -> bool:
        """Whether its reader is on a list and may leave it: with List-Unsubscribe, and the way out in sight.

        Not on a list yet is who must confirm first, not any more who gets a goodbye; a sign-in link comes to whoever
        asked for it, and word of a change of address to whoever must know of it.
        """
        return self not in _OFF_LIST


class Lane(StrEnum):
    """Priority classes, the most urgent first: each is a Celery queue."""

    URGENT = "urgent"
    REPLIES = "replies"
    ALERTS = "alerts"
    DIGESTS = "digests"
    BULK = "bulk"


_LANES = {
    LetterKind.CONFIRM: Lane.URGENT,
    LetterKind.WELCOME: Lane.URGENT,
    LetterKind.MAGIC_LINK: Lane.URGENT,
    LetterKind.GOODBYE: Lane.URGENT,
    LetterKind.ADDRESS_CHANGE: Lane.URGENT,
    LetterKind.REPLY: Lane.REPLIES,
    LetterKind.ALERT: Lane.ALERTS,
    LetterKind.CORRECTION: Lane.ALERTS,
    LetterKind.DIGEST: Lane.DIGESTS,
    LetterKind.ISSUE: Lane.BULK,
}
_OFF_LIST = frozenset(
    {LetterKind.CONFIRM, LetterKind.MAGIC_LINK, LetterKind.GOODBYE, LetterKind.ADDRESS_CHANGE},
)


class State(StrEnum):
    """Where a delivery stands; their counts add up to what was planned."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why a delivery did not go out (or waits): no letter ends without one."""

    RETRACTED = "retracted"
    UNSUBSCRIBED = "unsubscribed"
    MUTED = "muted"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    TOO_OLD = "too_old"
    RENDERING = "rendering"
    ADDRESS = "address"
    REFUSED = "refused"
    TRY_AGAIN = "try_again"
    ATTEMPTS = "attempts"
    UNREACHABLE = "unreachable"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"
    """Accepted by a server, and sent back by another."""
    WARMING = "warming"
    QUIET = "quiet"
    """It waits for its reader's quiet hours to end."""


class ReplyState(StrEnum):
    """Where a reply by mail stands."""

    WAITING = "waiting"
    HANDED = "handed"
    REFUSED = "refused"


class ReplyRefusal(StrEnum):
    """Why a reply by mail did not become a comment."""

    AUTOMATIC = "automatic"
    """A machine wrote it: an absence notice, a bounce, a list."""
    EMPTY = "empty"
    """Nothing is left once quotes and signature are taken away."""
    STRANGER = "stranger"
    """It came from another address than the letter went to: a letter that was passed on."""
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    GONE = "gone"
    """Neither the comments of the letter nor their article are shown any more."""
    TOO_MANY = "too_many"
    NO_WAY = "no_way"
    """The site takes no comments from us."""
    DECLINED = "declined"
    """The site said no, and will not change its mind."""
    GIVEN_UP = "given_up"
    """The site could not be reached for days."""


class NoticeReason(StrEnum):
    """Why a person is owed an item, the strongest first."""

    MENTION = "mention"
    REPLY = "reply"
    """To a comment that they follow."""
    MINE = "mine"
    """To a comment of theirs."""
    AUTHOR = "author"
    """By somebody they follow."""
    THREAD = "thread"
    """Under an article, or on a passage of it."""

    @property
    def is_personal(self) -> bool:
        """Whether it is waited for more than a thread's next comment."""
        return self in {NoticeReason.MENTION, NoticeReason.REPLY, NoticeReason.MINE}


class ConsentAction(StrEnum):
    """What a reader did; consent events are never changed."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


class OldLinkKind(StrEnum):
    """Which of another plugin's tables a link in its letters speaks of."""

    SUBSCRIPTION = "subscription"
    FOLLOW = "follow"


class Digits(StrEnum):
    """The site's digit policy."""

    LOCALE = "locale"
    LATN = "latn"
    ARAB = "arab"
    ARABEXT = "arabext"


class Calendar(StrEnum):
    """The site's calendar policy."""

    LOCALE = "locale"
    """The calendar of the language: Solar Hijri in Persian, Gregorian in every other."""
    GREGORIAN = "gregorian"
    """The Gregorian calendar, in Persian too."""
    HIJRI = "hijri"
    """The calendar of the language, and the Hijri date beside every date in full."""
