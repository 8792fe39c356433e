"""Signs a finished message: one pass over its headers, one hash of its body, one signature for each key."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from notifier.domain.dkim.key import DkimKey, DkimKind
from notifier.domain.dkim.relaxed import body_hash, relaxed_fields

LINE_MAX: Final = 76
_NAME: Final = "DKIM-Signature:"
_TIME_DIGITS: Final = 10
_FROZEN: Final = (
    *("from", "to", "cc", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
"""Named once more in `h=` than they occur: who adds another one breaks the signature (RFC 6376 8.15)."""
_KEPT: Final = (
    *("in-reply-to", "references", "content-language", "list-id", "list-help", "list-owner", "auto-submitted"),
    *("precedence", "feedback-id"),
)
"""Signed where they are; a mailing list or a relay may add its own."""


class DkimSigner:
    """Signs with every key of the sender's domain, or of the nearest domain above it that has one."""

    def __init__(self, keys: Iterable[DkimKey] = ()) -> None:
        by_domain: dict[str, list[DkimKey]] = defaultdict(list)
        for key in keys:
            by_domain[key.domain].append(key)
        self._keys = {domain: tuple(sorted(own, key=_rsa_first)) for domain, own in by_domain.items()}

    def sign(self, domain: str, headers: Sequence[bytes], body: bytes, at: datetime) -> bytes:
        """The header lines to put before `headers`, each with its CRLF; none where `domain` has no key.

        `domain` is that of From, as lower-case A-labels; `headers` are blocks of whole fields, CRLF included, and a
        block that many letters share is looked at once; what is signed must not change afterwards but for dot-stuffing.
        """
        keys = self._keys_of(domain)
        if not keys:
            return b""
        blocks = [_relaxed(block) for block in headers]
        chosen = _chosen(tuple([names for names, _ in blocks]))
        fields = [field for _, block in blocks for field in block]
        signed = b"".join([fields[place] for place in chosen.places])
        tail = b"%b;\r\n b=" % b64encode(body_hash(body))
        seconds = b"%d" % at.timestamp()
        return b"".join([_line(key, chosen, seconds, tail, signed) for key in keys])

    def _keys_of(self, domain: str) -> tuple[DkimKey, ...]:
        while domain:
            if keys := self._keys.get(domain):
                return keys
            domain = domain.partition(".")[2]
        return ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which fields of a message are signed: where each stands, and what `h=` says of them."""

    places: tuple[int, ...]
    names: str


_relaxed: Final = lru_cache(maxsize=256)(relaxed_fields)


# Letters of one kind have the same headers in the same order.
@lru_cache(maxsize=256)
def _chosen(blocks: tuple[tuple[bytes, ...], ...]) -> _Chosen:
    present = [name for names in blocks for name in names]
    places: list[int] = []
    names: list[str] = []
    for name in (*_FROZEN, *_KEPT):
        # Of several the last comes first (RFC 6376 5.4.2).
        own = [place for place in reversed(range(len(present))) if present[place] == name.encode()]
        places += own
        names += [name] * (len(own) + (name in _FROZEN))
    return _Chosen(tuple(places), ":".join(names))


def _line(key: DkimKey, chosen: _Chosen, seconds: bytes, tail: bytes, signed: bytes) -> bytes:
    head, middle = _tags(key.kind, key.domain, key.selector, chosen.names)
    line = b"%b%b%b%b" % (head, seconds, middle, tail)
    # Its own relaxed form: folded by us, it needs no more than this, and has no CRLF at its end (RFC 6376 3.7).
    own = b"dkim-signature:" + line[len(_NAME) + 1 :].replace(b"\r\n ", b" ")
    return line + _folded_base64(key.sign(signed + own))


@lru_cache(maxsize=1024)
def _tags(kind: DkimKind, domain: str, selector: str, names: str) -> tuple[bytes, bytes]:
    """The line up to the value of `t=`, and from there up to the value of `bh=`."""
    tags = (f"v=1; a={kind}-sha256; c=relaxed/relaxed;", f"d={domain};", f"s={selector};")
    head = "\r\n ".join(_filled(_NAME, (*tags, "t=" + "0" * _TIME_DIGITS + ";"), " "))
    listed = "\r\n ".join(_filled("h=", (f"{name}:" for name in names.split(":")), ""))
    head = head.removesuffix("0" * _TIME_DIGITS + ";")
    return head.encode(), f";\r\n {listed.removesuffix(':')};\r\n bh=".encode()


def _filled(first: str, words: Iterable[str], gap: str) -> Iterator[str]:
    """Lines that are as full as they may be; one word alone may be too long."""
    line = first
    for word in words:
        # One column is for the space that a line is folded with.
        if line != first and len(line) + len(gap) + len(word) > LINE_MAX - 1:
            yield line
            line = word
        else:
            line += gap + word
    yield line


def _folded_base64(signature: bytes) -> bytes:
    """What stands after ` b=`, on as many lines as it takes."""
    text, first = b64encode(signature), LINE_MAX - len(" b=")
    rest = [text[at : at + LINE_MAX - 1] for at in range(first, len(text), LINE_MAX - 1)]
    return b"\r\n ".join([text[:first], *rest]) + b"\r\n"


def _rsa_first(key: DkimKey) -> tuple[bool, str]:
    # Some verifiers look at the first signature only, and know RSA only.
    return key.kind is not DkimKind.RSA, key.selector
