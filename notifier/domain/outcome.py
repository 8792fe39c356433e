"""What a transport says of one message: failure is a value that carries the decision."""

from dataclasses import dataclass, field

from notifier.domain.slowdown import Scope


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took responsibility (a 250 to the final dot)."""

    reply: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not take it.

    `forever`: never try again. `charged` False: the fault lies with the account, the connection or the network,
    not with this letter, so the try does not count against it.
    """

    reply: str
    forever: bool = False
    charged: bool = True
    slows: Scope | None = field(default=None, compare=False)
    """Who should be slower after this, if anybody."""
    is_only_here: bool = field(default=False, compare=False)
    """Whether it is what this server cannot do, and another might."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The whole message left, and no reply to its final dot came: the server may have taken it (RFC 1047)."""

    reply: str


Outcome = Sent | Refused | Uncertain
