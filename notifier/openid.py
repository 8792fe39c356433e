"""The knobs of sign-in at the desk by a provider of accounts (OpenID Connect)."""

from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

LIBRARY: Final = "authlib"


class OpenId(BaseModel):
    """Part of the settings."""

    oidc_issuer: str = Field(
        default="",
        description="Issuer of the OpenID Connect provider whose accounts may log in at the desk, exactly as it calls "
        "itself (`https://accounts.google.com`); empty for none. Needs the extra `oidc`.",
    )
    oidc_client_id: str = Field(default="", description="What the provider calls this desk.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="How the desk proves that to it.")
    oidc_name: str = Field(
        default="", max_length=60, description="What the button calls the provider; empty for the issuer's host."
    )
    oidc_require: bool = Field(
        default=False,
        description="No passwords at the desk: only the provider, and for an owner in need `notifier user enter`.",
    )
    oidc_second_factor: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Words of the provider's `amr`, or values of its `acr`, comma-separated, that count as a second "
        "factor (`mfa,otp,hwk`); without one of them the desk asks for its own code.",
    )
    oidc_verified_claim: str = Field(
        default="email_verified",
        min_length=1,
        description="The claim that says an address is its bearer's; for Entra ID `xms_edov`.",
    )
    oidc_timeout_s: float = Field(default=5, gt=0, description="Seconds for one question to the provider.")

    @property
    def provider_name(self) -> str:
        """What the desk's pages call the provider."""
        return self.oidc_name or urlsplit(self.oidc_issuer).hostname or ""

    @field_validator("oidc_second_factor", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str) -> str:
        if value and not is_safe(value):
            raise ValueError("must be an https address (http only on this very machine)")
        parts = urlsplit(value)
        if parts.query or parts.fragment or parts.username:
            raise ValueError("must be the issuer alone, without a query, a fragment or a name")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = {
            "NOTIFIER_OIDC_ISSUER": self.oidc_issuer,
            "NOTIFIER_OIDC_CLIENT_ID": self.oidc_client_id,
            "NOTIFIER_OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
        }
        missing = [name for name, value in given.items() if not value]
        if len(missing) == len(given):
            if self.oidc_require:
                raise ValueError("NOTIFIER_OIDC_REQUIRE without a provider would let nobody log in: name its issuer")
            return self
        if missing:
            raise ValueError(f"{', '.join(given)} belong together; missing: {', '.join(missing)}")
        if find_spec(LIBRARY) is None:
            raise ValueError("NOTIFIER_OIDC_ISSUER needs a library that is not installed: pip install 'notifier[oidc]'")
        return self


def is_safe(url: str) -> bool:
    """Whether secrets may go to this address: over TLS, or without leaving this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
