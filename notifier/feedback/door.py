"""The one door for mail that comes in: the local part of its recipient says what it is.

`reply+<token>@…` is an answer to a letter, `unsubscribe+<token>@…` wants no more of it, `b+<id>.<mac>@…` is a letter
that came back, and `complaints@…` takes what providers report. A further kind is a further line of `KINDS`, with
whoever takes it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from notifier.domain.links import BOUNCE, LEAVE, REPLY, VERP
from notifier.domain.tokens import Signer


class Kind(StrEnum):
    """What a mail is, by the first word of its local part; also the purpose that its token is signed for."""

    REPLY = REPLY
    LEAVE = LEAVE
    BOUNCE = BOUNCE
    COMPLAINTS = "complaints"
    """Without a token: which letter it is about, what comes back with it must prove."""


KINDS: Final[Mapping[str, Kind]] = {kind.value: kind for kind in Kind}
_RETURNED: Final = frozenset({Kind.BOUNCE, Kind.COMPLAINTS})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail is addressed to: what it is, and the delivery that it is about (0: its content tells)."""

    kind: Kind
    delivery_id: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it arrived."""

    place: Place
    data: bytes = field(repr=False)
    mail_from: str | None = field(default=None, repr=False)
    """The envelope's sender, empty for a bounce; None where the way in does not tell it."""


def place_of(recipient: str, domain: str, signer: Signer, bounce_domain: str = "") -> Place | None:
    """What a recipient stands for; None for an address that is none of ours, whose token is forged or of another kind.

    `domain` takes answers, `bounce_domain` what comes back; they may be the same. Costs no look into the database, so
    that an unknown recipient is refused before its mail is sent.
    """
    local, _, host = recipient.strip("<> ").rpartition("@")
    word, _, token = local.partition("+")
    kind = KINDS.get(word.lower())
    ours = {domain.lower(), bounce_domain.lower()} if kind in _RETURNED else {domain.lower()}
    if kind is None or not host or host.lower() not in ours:
        return None
    if kind is Kind.COMPLAINTS:
        return None if token else Place(kind, 0)
    read = signer.read_short(VERP, token) if kind is Kind.BOUNCE else signer.read_local(kind, token)
    return Place(kind, read) if read else None
