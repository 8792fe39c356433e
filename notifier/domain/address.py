"""Addresses: kept as typed, compared by a canonical key, folded for limits only."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import idna

LOCAL_OCTETS_MAX: Final = 64  # RFC 5321 4.5.3.1.1
ADDRESS_OCTETS_MAX: Final = 254  # RFC 5321 4.5.3.1.3: a path of 256 holds two angle brackets

_ATOM: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.")
# What a copy out of a right-to-left page drags along, invisibly.
_PASTED: Final = " \t\r\n\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00a0"
# Nearly every address: nothing in it that NFC or case-folding could change in another way than lower().
_PLAIN: Final = re.compile(r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@([A-Za-z0-9.-]+)")
# A name that IDNA leaves as it is, but for its case; a double hyphen may be an A-label's.
_LDH: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})


class AddressInvalid(ValueError):  # noqa: N818 - it says what is wrong, as `consent.Invalid` does
    """Not an address; `key` says why: `empty`, `at_sign`, `local_part`, `domain` or `too_long`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Address:
    """`local` and `domain` as typed (NFC); `key` is case-folded with an A-label domain."""

    local: str = field(repr=False)
    domain: str
    key: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def wire(self) -> str:
        """What SMTP and headers carry: the local part as typed, the domain as A-labels (RFC 5890)."""
        return f"{self.local}@{self.key.rpartition('@')[2]}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether the local part needs RFC 6531 on the way."""
        return not self.local.isascii()


def check_address(raw: str) -> Address:
    """The address that was typed. Raises AddressInvalid."""
    if plain := _PLAIN.fullmatch(raw):
        local, domain = plain.groups()
        key = f"{local.lower()}@{a_labels(domain)}"
        if len(local) <= LOCAL_OCTETS_MAX and len(key) <= ADDRESS_OCTETS_MAX:
            return Address(local, domain, key)
    typed = unicodedata.normalize("NFC", raw.strip(_PASTED))
    if not typed:
        raise AddressInvalid("empty")
    if typed.count("@") != 1:
        raise AddressInvalid("at_sign")
    local, domain = typed.split("@")
    _check_local(local)
    ascii_domain = a_labels(domain)
    if len(f"{local}@{ascii_domain}".encode()) > ADDRESS_OCTETS_MAX:
        raise AddressInvalid("too_long")
    key = unicodedata.normalize("NFC", local.casefold())
    return Address(local, domain, f"{key}@{ascii_domain}")


@lru_cache(maxsize=4096)
def a_labels(domain: str) -> str:
    """The domain as lower-case A-labels. Raises AddressInvalid for a name no mail server can have."""
    if "--" not in domain and domain.isascii() and _LDH.fullmatch(domain.lower()):
        return domain.lower()
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressInvalid("domain") from error
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(labels) or labels[-1].isdigit():  # noqa: PLR2004 - a dot has two sides
        raise AddressInvalid("domain")
    return ascii_domain


def fold(key: str) -> str:
    """What several spellings of one mailbox share; for limits, never for identity or delivery."""
    local, _, domain = key.rpartition("@")
    folded = local.split("+")[0] or local
    if domain in _DOTLESS:
        folded, domain = folded.replace(".", "") or folded, "gmail.com"
    return f"{folded}@{domain}"


def _check_local(local: str) -> None:
    if len(local.encode()) > LOCAL_OCTETS_MAX:
        raise AddressInvalid("too_long")
    # Quoted local parts (RFC 5321 4.1.2) are lawful and used by nobody but attackers.
    is_dotted_well = bool(local) and not local.startswith(".") and not local.endswith(".") and ".." not in local
    if not is_dotted_well or not all(_may_stand(character) for character in local):
        raise AddressInvalid("local_part")


def _may_stand(character: str) -> bool:
    return character in _ATOM or (not character.isascii() and unicodedata.category(character)[0] in "LNM")
