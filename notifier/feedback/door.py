"""The one door for mail that comes in: the local part of its recipient says what it is.

`reply+<token>@…` is an answer to a letter. A further kind is a further line of `KINDS`, with whoever takes it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from notifier.domain.links import REPLY
from notifier.domain.tokens import Signer


class Kind(StrEnum):
    """What a mail is, by the first word of its local part; also the purpose that its token is signed for."""

    REPLY = REPLY


KINDS: Final[Mapping[str, Kind]] = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail is addressed to: what it is, and the delivery that it is about."""

    kind: Kind
    delivery_id: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it arrived."""

    place: Place
    data: bytes = field(repr=False)
    mail_from: str | None = field(default=None, repr=False)
    """The envelope's sender, empty for a bounce; None where the way in does not tell it."""


def place_of(recipient: str, domain: str, signer: Signer) -> Place | None:
    """What a recipient stands for; None for an address that is none of ours, whose token is forged or of another kind.

    Costs no look into the database, so that an unknown recipient is refused before its mail is sent.
    """
    local, _, host = recipient.strip("<> ").rpartition("@")
    if not domain or host.lower() != domain.lower():
        return None
    word, _, token = local.partition("+")
    kind = KINDS.get(word.lower())
    delivery_id = signer.read_local(kind, token) if kind else None
    return Place(kind, delivery_id) if kind and delivery_id else None
