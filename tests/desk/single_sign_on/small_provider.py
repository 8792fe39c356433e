"""A small provider of accounts on loopback; its token endpoint checks what a real one checks."""

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

CLIENT_ID = "desk"
# With what a careless encoding would break.
CLIENT_SECRET = "s+cr:e t/%41ü"
ADDRESS = "sara@naba.example"
Signs = Callable[[dict[str, Any]], str]


@lru_cache
def rsa(number: int = 0) -> RSAKey:
    """A key of a provider, made once: that takes a while."""
    return RSAKey.generate_key(2048, {"kid": f"rsa-{number}", "use": "sig"})


@lru_cache
def ec() -> ECKey:
    """Another."""
    return ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})


def signed(claims: dict[str, Any], key: Key, algorithm: str = "RS256") -> str:
    """An ID token."""
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


@dataclass
class Grant:
    """What a code is good for."""

    redirect_uri: str
    challenge: str
    claims: dict[str, Any]
    is_used: bool = False


@dataclass
class SmallProvider:
    """Its accounts are whatever `claims` says; tests bend the rest."""

    issuer: str = ""
    now: Callable[[], datetime] = datetime.now
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "s-1", "email": ADDRESS, "email_verified": True, "name": "سارة"}
    )
    keys: list[Key] = field(default_factory=lambda: [rsa(), ec()])
    extra_keys: list[Any] = field(default_factory=list)
    sign: Signs = lambda claims: signed(claims, rsa())
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    is_down: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    grants: dict[str, Grant] = field(default_factory=dict)

    def visit(self, url: str, **claims: Any) -> dict[str, str]:
        """What somebody's browser brings back who logs in there and agrees."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["redirect_uri"] == "https://naba.example/desk/sso/back"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code, at = secrets.token_urlsafe(), int(self.now().timestamp())
        told = {"iss": self.issuer, "aud": CLIENT_ID, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        self.grants[code] = Grant(asked["redirect_uri"], asked["code_challenge"], {**told, **self.claims, **claims})
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str) -> dict[str, Any] | None:
        """A document of ours."""
        self.asked[path] += 1
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                **self.metadata,
            },
            "/keys": {"keys": [*self.extra_keys, *(key.as_dict(private=isinstance(key, OctKey)) for key in self.keys)]},
            "/userinfo": self.userinfo,
        }.get(path)

    def redeem(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint (RFC 6749, 4.1.3 and 5.2; RFC 7636, 4.6)."""
        self.asked["/token"] += 1
        if not self._is_client(authorization, form):
            return 401, {"error": "invalid_client"}
        grant = self.grants.get(form.get("code", ""))
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_right = (
            grant is not None
            and not grant.is_used
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == grant.redirect_uri
            and base64.urlsafe_b64encode(verifier).decode().rstrip("=") == grant.challenge
        )
        if grant is None or not is_right:
            return 400, {"error": "invalid_grant"}
        grant.is_used = True
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(grant.claims)}

    def _is_client(self, authorization: str, form: dict[str, str]) -> bool:
        if "client_secret_post" in self.metadata.get("token_endpoint_auth_methods_supported", ()):
            return not authorization and (form.get("client_id"), form.get("client_secret")) == (
                CLIENT_ID,
                CLIENT_SECRET,
            )
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET) and "client_secret" not in form


@contextmanager
def serving(provider: SmallProvider) -> Iterator[None]:
    """Have it answer on loopback, at its issuer's address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_theirs = self.path != "/userinfo" or self.headers["Authorization"] == "Bearer at"
            self._say(200 if is_theirs else 401, provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*provider.redeem(self.headers.get("Authorization", ""), form))

        def _say(self, status: int, document: dict[str, Any] | None) -> None:
            body = json.dumps(document).encode()
            self.send_response(503 if provider.is_down else status if document is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(timeout=5)
