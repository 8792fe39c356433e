"""What we ask the provider for behind the browser's back: the tokens of a code, and who somebody is."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus

from authlib.oauth2.rfc6749.parameters import prepare_token_request
from pydantic import SecretStr

from notifier import observe
from notifier.desk.provider.account import NotProven
from notifier.desk.provider.discovery import Metadata
from notifier.domain.desk_words import NoEntry
from notifier.sources.faults import FetchRefused
from notifier.sources.fetch import Fetcher

_FORM: Final = "application/x-www-form-urlencoded"
_REFUSALS: Final = range(400, 500)
_SAID: Final = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
)
_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are at the provider, and where it sends browsers back to."""

    id: str
    secret: SecretStr
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code is good for, once."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


def redeem(fetch: Fetcher, about: Metadata, client: Client, code: str, verifier: str) -> Tokens:
    """The tokens of a code (RFC 6749, 4.1.3; RFC 7636, 4.5). Raises NotProven."""
    secret = client.secret.get_secret_value()
    own = {"client_id": client.id} if about.takes_basic else {"client_id": client.id, "client_secret": secret}
    fields = {"redirect_uri": client.redirect_uri, "code": code, "code_verifier": verifier, **own}
    body = str(prepare_token_request("authorization_code", **fields)).encode()
    header = _basic(client.id, secret) if about.takes_basic else ""
    try:
        told = json.loads(fetch.post(about.token_endpoint, body, _FORM, authorization=header).body)
        return Tokens(str(told["id_token"]), str(told.get("access_token") or ""))
    except FetchRefused as fault:
        if fault.status in _REFUSALS:
            _log.warning("openid_code_refused", status=fault.status, said=_word_of(fault.body))
            raise NotProven(NoEntry.CODE) from fault
        _log.warning("openid_provider_away", fault=fault.key, status=fault.status)
        raise NotProven(NoEntry.AWAY) from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        _log.warning("openid_token_refused", fault="no ID token in the answer")
        raise NotProven(NoEntry.TOKEN) from fault


def more(fetch: Fetcher, about: Metadata, tokens: Tokens, subject: str) -> Mapping[str, Any]:
    """What some providers tell about somebody only when they are asked (OpenID Connect Core, 5.3); else nothing."""
    try:
        reply = fetch.get(about.userinfo_endpoint, authorization=f"Bearer {tokens.access_token}")
        told = json.loads(reply.body)
    except (FetchRefused, ValueError):
        return {}
    # 5.3.2: without the token's own subject it speaks of somebody else.
    return told if isinstance(told, dict) and told.get("sub") == subject else {}


def _basic(client_id: str, secret: str) -> str:
    # RFC 6749, 2.3.1: each of the two is form-encoded before they are joined.
    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def _word_of(body: bytes) -> str:
    """The provider's own word for it, if it is one of RFC 6749, 5.2."""
    try:
        said = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return said if said in _SAID else "other"
