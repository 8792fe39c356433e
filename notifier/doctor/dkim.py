"""DKIM (RFC 6376, RFC 8463): a letter that each key signs now verifies by the key that the DNS publishes."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.doctor.words import said
from notifier.domain.dkim import DkimKey, DkimKind, DkimSigner
from notifier.domain.dkim.relaxed import body_hash, relaxed_fields

LETTER: Final = (
    b"From: <doctor@%b>\r\nTo: <reader@example.org>\r\nSubject:  A letter \r\n on trial\r\n"
    b"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <trial@%b>\r\n"
)
BODY: Final = b"One line,  and\t another. \r\n\r\n\r\n"
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NO_B: Final = re.compile(rb"(?<=[;\s])b=[^;]*")


def check(ward: Ward) -> Iterator[Finding]:
    """Every key, then every sender that none of them covers."""
    for key in ward.keys:
        yield _of_key(ward, key)
    covered = {key.domain for key in ward.keys}
    for domain in ward.senders:
        if not any(domain == one or domain.endswith(f".{one}") for one in covered):
            yield _unsigned(Pen("dkim", domain), domain)


def _unsigned(pen: Pen, domain: str) -> Finding:
    return pen.amber(said("dkim_unsigned"), said("do_dkim_unsigned"), f"notifier dkim new {domain}")


def _of_key(ward: Ward, key: DkimKey) -> Finding:
    pen, strings = Pen("dkim", key.dns_name), " ".join(f'"{one}"' for one in key.record_strings)
    wanted = f"{key.dns_name}. TXT {strings}"
    records = [text for text in ward.dns.texts(key.dns_name) if "p=" in text]
    if len(records) != 1:
        what = said("dkim_several", number=len(records)) if records else said("dkim_missing")
        return pen.red(what, said("do_dkim_publish"), wanted)
    tags = tags_of(records[0])
    if fault := _fault(key, tags):
        return pen.red(fault, said("do_dkim_fault"), wanted)
    told = said("dkim_well", kind=key.kind, bits=key.bits)
    if "y" in tags.get("t", "").split(":"):
        return pen.amber(said("dkim_trial", told=told), said("do_dkim_trial"), wanted)
    if key.kind is DkimKind.ED25519 and not _has_rsa(ward, key.domain):
        return pen.amber(told, said("do_dkim_rsa"), f"notifier dkim new {key.domain}")
    return pen.green(told)


def _fault(key: DkimKey, published: Mapping[str, str]) -> str:
    """Why receivers could not verify what this key signs; empty where they can (RFC 6376, 3.6.1)."""
    if not published.get("p"):
        return said("dkim_revoked")
    if not {"*", "email"} & set(published.get("s", "*").split(":")):
        return said("dkim_not_mail", tag=published["s"])
    if "sha256" not in published.get("h", "sha256").split(":"):
        return said("dkim_no_sha", tag=published["h"])
    return "" if verifies(key, published) else said("dkim_other")


def _has_rsa(ward: Ward, domain: str) -> bool:
    return any(key.domain == domain and key.kind is DkimKind.RSA for key in ward.keys)


def tags_of(record: str) -> dict[str, str]:
    """The tags of a record, values without white space."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in pairs}


def verifies(key: DkimKey, published: Mapping[str, str]) -> bool:
    """Whether a letter that this key signs now verifies with the published tags, as receivers do (RFC 6376, 6)."""
    head = LETTER.replace(b"%b", key.domain.encode())
    signature = DkimSigner([key]).sign(key.domain, [head], BODY, AT)
    return verified(signature, head, BODY, published)


def verified(signature: bytes, head: bytes, body: bytes, published: Mapping[str, str]) -> bool:
    """Whether one DKIM-Signature line, relaxed/relaxed with SHA-256, holds for a message."""
    tags = tags_of(signature.decode().partition(":")[2])
    if b64decode(tags["bh"]) != body_hash(body):
        return False
    names, fields = relaxed_fields(head)
    left = list(zip(names, fields, strict=True))
    signed = b""
    for name in tags["h"].encode().split(b":"):
        place = next((at for at in reversed(range(len(left))) if left[at][0] == name), None)
        signed += left.pop(place)[1] if place is not None else b""
    own = _NO_B.sub(b"b=", relaxed_fields(signature)[1][0]).removesuffix(b"\r\n")
    return _holds(published, b64decode(tags["b"]), signed + own)


def _holds(published: Mapping[str, str], signature: bytes, data: bytes) -> bool:
    try:
        octets = b64decode(published["p"], validate=True)
        if published.get("k", "rsa") == DkimKind.ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(octets).verify(signature, sha256(data).digest())
            return True
        public = load_der_public_key(octets)
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
