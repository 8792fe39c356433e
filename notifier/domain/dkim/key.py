"""One DKIM key: the domain it signs for, the DNS name and record that publish it (RFC 6376 3.6, RFC 8463 4)."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from notifier.domain.address import AddressInvalid, a_labels

# RFC 8301 3.2: no verifier must take a longer one; shorter ones than this are no longer made.
RSA_BITS_LEAST, RSA_BITS_MOST = 2048, 4096
ED25519_BITS: Final = 256
STRING_OCTETS_MAX: Final = 255  # RFC 1035 3.3: a TXT record is one string or several
NAME_OCTETS_MAX: Final = 253
_BETWEEN: Final = "._domainkey."
_EXPONENT: Final = 65537
_SELECTOR: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


class DkimKind(StrEnum):
    """What a key is, in the words of the `k=` tag."""

    RSA = "rsa"
    ED25519 = "ed25519"


class DkimKeyInvalid(ValueError):  # noqa: N818 - it says what is wrong, as AddressInvalid does
    """A key that nobody could verify, or that is too weak; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key of a domain (A-labels, lower case). Raises DkimKeyInvalid."""

    domain: str
    selector: str
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.selector, self.domain)
        if self.kind is DkimKind.RSA and not RSA_BITS_LEAST <= self.bits <= RSA_BITS_MOST:
            raise DkimKeyInvalid(f"an RSA key has {RSA_BITS_LEAST} to {RSA_BITS_MOST} bits, this one has {self.bits}")

    @classmethod
    def new(cls, domain: str, selector: str, kind: DkimKind) -> Self:
        """A key that nobody else has."""
        if kind is DkimKind.RSA:
            return cls(domain, selector, rsa.generate_private_key(_EXPONENT, RSA_BITS_LEAST))
        return cls(domain, selector, ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, dns_name: str, pem: bytes) -> Self:
        """The key that `dns_name` publishes the public half of."""
        selector, between, domain = dns_name.partition(_BETWEEN)
        if not between:
            raise DkimKeyInvalid("a key is named as DNS names it: <selector>._domainkey.<domain>")
        return cls(domain, selector, _private(pem))

    @property
    def kind(self) -> DkimKind:
        """What `a=` and `k=` say."""
        return DkimKind.RSA if isinstance(self.private, rsa.RSAPrivateKey) else DkimKind.ED25519

    @property
    def bits(self) -> int:
        """Its length."""
        return self.private.key_size if isinstance(self.private, rsa.RSAPrivateKey) else ED25519_BITS

    @property
    def dns_name(self) -> str:
        """Where its record stands."""
        return f"{self.selector}{_BETWEEN}{self.domain}"

    @property
    def record(self) -> str:
        """The whole TXT record, in one piece."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            octets = public.public_bytes_raw()
        return f"v=DKIM1; k={self.kind}; p={b64encode(octets).decode()}"

    @property
    def record_strings(self) -> list[str]:
        """The same in strings of at most 255 octets, as a TXT record holds it."""
        record = self.record
        return [record[at : at + STRING_OCTETS_MAX] for at in range(0, len(record), STRING_OCTETS_MAX)]

    @property
    def pem(self) -> bytes:
        """The private key as PKCS#8, not encrypted."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, data: bytes) -> bytes:
        """The signature's octets; while RSA works, other threads do too."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, _PADDING, _SHA256)
        # RFC 8463 3: what Ed25519 signs is the hash.
        return self.private.sign(sha256(data).digest())


def _check_name(selector: str, domain: str) -> None:
    if not _SELECTOR.fullmatch(selector):
        raise DkimKeyInvalid(f"{selector!r} is no selector: lower-case letters, digits and hyphens, in labels of DNS")
    try:
        written = a_labels(domain)
    except AddressInvalid as error:
        raise DkimKeyInvalid(f"{domain!r} is no domain") from error
    if written != domain:
        raise DkimKeyInvalid(f"{domain!r} must be written as DNS has it: {written}")
    if len(f"{selector}{_BETWEEN}{domain}") > NAME_OCTETS_MAX:
        raise DkimKeyInvalid(f"selector and domain are too long together: a name in DNS has {NAME_OCTETS_MAX} octets")


def _private(pem: bytes) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if b"PUBLIC KEY-----" in pem and b"PRIVATE KEY-----" not in pem:
        raise DkimKeyInvalid("this is a public key; what signs is the private one")
    try:
        # The key's numbers are checked here, once: 35 ms for RSA.
        found = load_pem_private_key(pem, None)
    except TypeError as error:
        raise DkimKeyInvalid("this key is encrypted, and nobody is there to type its password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise DkimKeyInvalid("this is no private key in PEM (PKCS#8)") from error
    if not isinstance(found, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise DkimKeyInvalid("this key is neither RSA nor Ed25519")
    return found
