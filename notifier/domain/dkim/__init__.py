"""DKIM signatures (RFC 6376, RFC 8463): the keys, the relaxed form of a message, and the signer."""

from notifier.domain.dkim.key import DkimKey, DkimKeyInvalid, DkimKind
from notifier.domain.dkim.signer import DkimSigner

__all__ = ["DkimKey", "DkimKeyInvalid", "DkimKind", "DkimSigner"]
