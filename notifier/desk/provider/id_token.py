"""Whether an ID token holds: its signature, and every claim that says from whom, for whom and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from notifier import observe
from notifier.desk.provider.account import NotProven
from notifier.domain.desk_words import NoEntry

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Asymmetric ones only, whatever a provider lists: no `none`, and no HS256 keyed with a public key (RFC 8725, 2.1)."""
LEEWAY_S: Final = 60
SUBJECT_MAX: Final = 255
# Providers add header parameters of their own; those in `crit` are refused all the same.
_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_log = observe.log(__name__)


class UnknownKey(Exception):  # noqa: N818 - the provider may have changed its keys
    """The token names a key that is not among these."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom a token must be from and for, and the question that it must answer."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str = ""


def proven_claims(token: str, keys: KeySet, expected: Expected, now: datetime) -> Mapping[str, Any]:
    """The claims of a token that holds (OpenID Connect Core, 3.1.3.7). Raises NotProven, or UnknownKey."""
    try:
        read = jwt.decode(token, keys, registry=_REGISTRY)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "nonce": {"essential": True, "value": expected.nonce},
                "exp": {"essential": True},
            },
            {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token},
        )
        claims.validate(int(now.timestamp()), LEEWAY_S)
    except InvalidKeyIdError as fault:
        raise UnknownKey from fault
    except (JoseError, ValueError, TypeError) as fault:
        # Which rule it broke, and nothing of the token itself.
        _log.warning("openid_token_refused", fault=type(fault).__name__, claim=getattr(fault, "claim", ""))
        raise NotProven(NoEntry.TOKEN) from fault
    return _plain(claims)


def _plain(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = claims["sub"]
    if not isinstance(claims["iss"], str) or not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
        raise NotProven(NoEntry.TOKEN)
    return dict(claims)
