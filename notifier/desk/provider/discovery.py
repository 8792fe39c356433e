"""What a provider says of itself (OpenID Connect Discovery 1.0), and the keys that it signs with (RFC 7517)."""

import json
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from notifier import observe
from notifier.desk.provider.account import NotProven
from notifier.domain.desk_words import NoEntry
from notifier.openid import is_safe
from notifier.sources.faults import FetchRefused
from notifier.sources.fetch import Fetcher

PATH: Final = "/.well-known/openid-configuration"
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ASYMMETRIC: Final = frozenset({"RSA", "EC"})
_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the provider is asked what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    names_itself: bool
    """Whether every way back carries `iss` (RFC 9207)."""
    takes_basic: bool
    """Whether the client's secret goes into the Authorization header, else into the form."""


def discover(fetch: Fetcher, issuer: str) -> Metadata:
    """Ask the provider about itself. Raises NotProven, and tells the log what is wrong."""
    found = _json(fetch, issuer.rstrip("/") + PATH)
    # Discovery 4.3: exactly the issuer that was asked, or anybody's document would do.
    if found.get("issuer") != issuer:
        raise _unfit("issuer", named=str(found.get("issuer"))[:200])
    ways = {name: str(found.get(name, "")) for name in _NEEDED}
    for name, way in ways.items():
        if not is_safe(way):
            raise _unfit(name)
    challenges = found.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(challenges, list) or "S256" not in challenges:
        raise _unfit("code_challenge_methods_supported")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(methods, list) or not {"client_secret_basic", "client_secret_post"} & set(methods):
        raise _unfit("token_endpoint_auth_methods_supported")
    more = str(found.get("userinfo_endpoint", ""))
    return Metadata(
        authorization_endpoint=ways["authorization_endpoint"],
        token_endpoint=ways["token_endpoint"],
        jwks_uri=ways["jwks_uri"],
        userinfo_endpoint=more if is_safe(more) else "",
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        takes_basic="client_secret_basic" in methods,
    )


def keys(fetch: Fetcher, metadata: Metadata) -> KeySet:
    """The public keys of the provider; what we cannot use is left out. Raises NotProven where nothing is left."""
    listed = _json(fetch, metadata.jwks_uri).get("keys")
    usable = []
    for one in listed if isinstance(listed, list) else ():
        # RFC 8725, 3.1: a key that both sides know signs nothing here.
        if not isinstance(one, dict) or one.get("kty") not in _ASYMMETRIC or one.get("use", "sig") != "sig":
            continue
        try:
            usable.append(JWKRegistry.import_key(one))
        except (JoseError, ValueError, KeyError, TypeError):
            continue
    if not usable:
        raise _unfit("keys")
    return KeySet(usable)


def _json(fetch: Fetcher, url: str) -> dict[str, Any]:
    try:
        found = fetch.get(url)
        document = json.loads(found.body)
    except FetchRefused as fault:
        _log.warning("openid_provider_away", fault=fault.key, status=fault.status)
        raise NotProven(NoEntry.AWAY) from fault
    except ValueError as fault:
        raise _unfit("json") from fault
    if not isinstance(document, dict) or not is_safe(found.url):
        raise _unfit("json")
    return document


def _unfit(what: str, **detail: str) -> NotProven:
    _log.error("openid_provider_unfit", what=what, **detail)
    return NotProven(NoEntry.AWAY)
