"""Our client at a provider: the authorization code flow with PKCE (OpenID Connect Core 3.1, RFC 7636, RFC 9207)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from notifier.desk.provider import discovery, exchange
from notifier.desk.provider.account import Account, NotProven, account_of
from notifier.desk.provider.exchange import Client, Tokens
from notifier.desk.provider.id_token import Expected, UnknownKey, proven_claims
from notifier.desk.provider.kept import Kept
from notifier.desk.provider.wish import Answer, Wish
from notifier.domain.desk_words import NoEntry
from notifier.settings import Settings
from notifier.sources.fetch import Fetcher

SCOPE: Final = "openid email profile"
BYTES_MAX: Final = 500_000


class Provider:
    """The provider that the settings name; asked about itself when somebody first wants in. Safe for threads."""

    def __init__(self, knobs: Settings, redirect_uri: str) -> None:
        self.name = knobs.provider_name
        self._issuer = knobs.oidc_issuer
        self._verified_claim, self._second_factors = knobs.oidc_verified_claim, knobs.oidc_second_factor
        self._client = Client(knobs.oidc_client_id, knobs.oidc_client_secret, redirect_uri)
        # The operator named it: unlike a feed it may well stand in the newsroom's own network.
        hosts = (urlsplit(knobs.oidc_issuer).netloc, *knobs.fetch_hosts_allowed)
        fetch = self._fetch = Fetcher(knobs.oidc_timeout_s, BYTES_MAX, hosts, accept="application/json")
        self._about = Kept(lambda _now: discovery.discover(fetch, knobs.oidc_issuer))
        self._keys = Kept(lambda now: discovery.keys(fetch, self._about.get(now)))

    def address_for(self, wish: Wish, now: datetime) -> str:
        """Where the browser asks for what it wishes. Raises NotProven."""
        return str(
            prepare_grant_uri(
                self._about.get(now).authorization_endpoint, self._client.id, "code", self._client.redirect_uri, SCOPE,
                wish.state, nonce=wish.nonce, code_challenge=create_s256_code_challenge(wish.verifier),
                code_challenge_method="S256", ui_locales=wish.language,
            )
        )  # fmt: skip

    def account(self, wish: Wish, answer: Answer, now: datetime) -> Account:
        """Whose account the answer proves. Raises NotProven."""
        if not hmac.compare_digest(answer.state.encode(errors="replace"), wish.state.encode()):
            raise NotProven(NoEntry.STALE)
        about = self._about.get(now)
        # RFC 9207, 2.4: where `iss` is given, or promised, it is ours; even beside an error.
        if (answer.issuer or about.names_itself) and answer.issuer != self._issuer:
            raise NotProven(NoEntry.FOREIGN_ISSUER)
        if answer.error or not answer.code:
            raise NotProven(NoEntry.BROKEN_OFF)
        tokens = exchange.redeem(self._fetch, about, self._client, answer.code, wish.verifier)
        claims = self._claims(tokens, wish.nonce, now)
        if not claims.get("email") and about.userinfo_endpoint:
            claims = self._with_more(claims, exchange.more(self._fetch, about, tokens, claims["sub"]))
        return account_of(claims, self._verified_claim, self._second_factors)

    def _with_more(self, claims: Mapping[str, Any], more: Mapping[str, Any]) -> Mapping[str, Any]:
        """The token's claims with address and name by the other answer, which has the last word on that address.

        Of how somebody logged in, and of when, the token alone speaks.
        """
        told = {name: more[name] for name in ("email", "name", self._verified_claim) if more.get(name) is not None}
        return {**claims, **told}

    def _claims(self, tokens: Tokens, nonce: str, now: datetime) -> Mapping[str, Any]:
        expected = Expected(self._issuer, self._client.id, nonce, tokens.access_token)
        try:
            return proven_claims(tokens.id_token, self._keys.get(now), expected, now)
        except UnknownKey:
            newer = self._keys.renewed(now)
        try:
            return proven_claims(tokens.id_token, newer, expected, now)
        except UnknownKey as fault:
            raise NotProven(NoEntry.TOKEN) from fault
