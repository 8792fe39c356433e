"""What a receiver makes of a signature: dkimpy asks our keys' own records instead of DNS."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import dkim

from notifier.domain.dkim import DkimKey, DkimKind

DOMAIN = "aldhifaf.example"
RSA = DkimKey.new(DOMAIN, "r1", DkimKind.RSA)
ED25519 = DkimKey.new(DOMAIN, "e1", DkimKind.ED25519)
# A receiver refuses what was signed in the future, and this machine's clock may be behind our letters.
AT = datetime(2025, 3, 1, 7, 30, tzinfo=UTC)


def published(keys: Iterable[DkimKey]) -> Callable[..., bytes | None]:
    """A resolver that knows these keys' records."""
    records = {f"{key.dns_name}.".encode(): "".join(key.record_strings).encode() for key in keys}
    return lambda name, timeout=0: records.get(name)  # noqa: ARG005 - dkimpy's own signature


def verdicts(message: bytes, *keys: DkimKey) -> list[bool]:
    """For each signature on the message, from the top, whether it verifies."""
    dnsfunc = published(keys or (RSA, ED25519))
    try:
        count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(message).headers)
    except dkim.DKIMException:
        return []
    return [_verdict(message, at, dnsfunc) for at in range(count)]


def tags(signature: bytes) -> dict[str, str]:
    """The tags of one signature, white space taken out."""
    value = b"".join(signature.partition(b":")[2].split()).decode()
    return dict(tag.split("=", 1) for tag in value.split(";"))


def signatures(message: bytes) -> list[bytes]:
    """Each DKIM-Signature header of a message, from the top, with its CRLF."""
    unsplit = message.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"\0") + b"\r\n"
    lines = unsplit.splitlines(keepends=True)
    return [line.replace(b"\0", b"\r\n ") for line in lines if line.startswith(b"DKIM-Signature:")]


def _verdict(message: bytes, at: int, dnsfunc: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(at, dnsfunc=dnsfunc))
    except dkim.DKIMException:
        return False
