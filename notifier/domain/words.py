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
    ALERT = "alert"
    DIGEST = "digest"
    REPLY = "reply"

    @property
    def lane(self) -> "Lane":
        """The priority class that letters of this kind travel in."""
        return _LANES[self]


class Lane(StrEnum):
    """Priority classes, the most urgent first: each is a Celery queue."""

    URGENT = "urgent"
    REPLIES = "replies"
    ALERTS = "alerts"
    DIGESTS = "digests"
    BULK = "bulk"


_LANES = {
    LetterKind.CONFIRM: Lane.URGENT,
    LetterKind.REPLY: Lane.REPLIES,
    LetterKind.ALERT: Lane.ALERTS,
    LetterKind.DIGEST: Lane.DIGESTS,
}


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


class Permission(StrEnum):
    """What an API key may be allowed to do."""

    WRITE = "items:write"
    READ = "items:read"
