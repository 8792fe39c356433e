"""A wish to be let in, kept by the browser that has it and by nobody else; and what the provider answers to it."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from notifier.domain.sealing import Sealer

LASTS: Final = timedelta(minutes=10)
_ABOUT: Final = "single sign-on"


@dataclass(frozen=True, slots=True)
class Wish:
    """What ties the provider's answer to this browser (state, nonce) and to our own question (the PKCE verifier)."""

    state: str
    nonce: str
    verifier: str
    onward: str
    """A path of the desk to go on to."""
    language: str
    until: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brought back from the provider."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    issuer: str = ""
    error: str = ""


def new_wish(onward: str, language: str, now: datetime) -> Wish:
    """A fresh one: 256 random bits each, as RFC 7636 (4.1) asks for."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Wish(state, nonce, verifier, onward, language, until=int((now + LASTS).timestamp()))


def sealed(wish: Wish, sealer: Sealer) -> str:
    """For the cookie: nobody reads it, nobody changes it."""
    return sealer.seal(json.dumps(asdict(wish)), _ABOUT)


def opened(cookie: str, sealer: Sealer, now: datetime) -> Wish | None:
    """The wish of a cookie; None for one that we did not seal, or that waited too long."""
    text = sealer.open(cookie, _ABOUT) if cookie else None
    wish = Wish(**json.loads(text)) if text else None
    return wish if wish and wish.until > now.timestamp() else None
