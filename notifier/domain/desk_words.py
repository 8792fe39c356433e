"""The closed vocabularies of the editors' desk."""

from enum import StrEnum
from typing import Final

OF_ACT: Final = "act:"
"""Before the number of an act on many readers: how the rows that it changed are known, as long as they are its own."""


class IssueState(StrEnum):
    """How far an issue has come."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether its words may still change."""
        return self in {IssueState.DRAFT, IssueState.SCHEDULED}

    @property
    def is_held(self) -> bool:
        """Whether none of its letters may leave."""
        return self in {IssueState.PAUSED, IssueState.CANCELLED}


class WinnerRule(StrEnum):
    """What decides which of several subjects the others get."""

    HAND = "hand"
    CLICKS = "clicks"
    OPENS = "opens"


class Role(StrEnum):
    """What somebody at the desk may do; each may do what those after it may."""

    OWNER = "owner"
    EDITOR = "editor"
    ANALYST = "analyst"

    def may_act_as(self, role: "Role") -> bool:
        """Whether what this role needs is open to ours."""
        order = list(Role)
        return order.index(self) <= order.index(role)


class NoEntry(StrEnum):
    """Why a provider's word did not let somebody in."""

    AWAY = "away"
    STALE = "stale"
    FOREIGN_ISSUER = "foreign_issuer"
    BROKEN_OFF = "broken_off"
    CODE = "code"
    TOKEN = "token"  # noqa: S105 - the name of a fault
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"
    DISABLED = "disabled"
    BOUND_OTHERWISE = "bound_otherwise"


class Permission(StrEnum):
    """What an API key may be allowed to do."""

    WRITE = "items:write"
    READ = "items:read"
    ISSUES_WRITE = "issues:write"
    ISSUES_READ = "issues:read"
    SUBSCRIBERS_WRITE = "subscribers:write"
    SUBSCRIBERS_READ = "subscribers:read"
    """As an analyst reads: with masked addresses."""
    SUBSCRIBERS_EXPORT = "subscribers:export"
    """All of them, addresses included: what owners may."""
    TEMPLATES_WRITE = "templates:write"
    TEMPLATES_READ = "templates:read"
    WEBHOOKS_WRITE = "webhooks:write"
    WEBHOOKS_READ = "webhooks:read"
    KEYS_WRITE = "keys:write"
    KEYS_READ = "keys:read"
    DELIVERIES_WRITE = "deliveries:write"
    """What editors do about letters: try again, arrange digests, end alarms."""
    DELIVERIES_READ = "deliveries:read"
    SETUP_WRITE = "setup:write"
    """Where items come from, and which accounts take letters: what owners do."""
    SETUP_READ = "setup:read"

    @property
    def key(self) -> str:
        """As a key of sentences: no colon."""
        return self.value.replace(":", "_")


USUAL: Final = (Permission.WRITE, Permission.READ, Permission.ISSUES_WRITE, Permission.ISSUES_READ)
"""What a key may that was made without saying: nothing of readers, nothing of the set-up."""


class ImportState(StrEnum):
    """How far an import has come."""

    DRAFT = "draft"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"


class ActKind(StrEnum):
    """What can be done to many readers at once."""

    TAG = "tag"
    UNTAG = "untag"
    UNSUBSCRIBE = "unsubscribe"
    SUPPRESS = "suppress"


class ActState(StrEnum):
    """How far such an act has come."""

    DOING = "doing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_running(self) -> bool:
        """Whether there is more to do."""
        return self in {ActState.DOING, ActState.UNDOING}
