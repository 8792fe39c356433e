"""An account as the settings describe it, by SMTP or by a provider's HTTP API, and how a list of them is read."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from notifier.api_url import ApiUrl

TlsPolicy = Literal["required", "opportunistic", "implicit", "off"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""Shown in figures and logs, so it is no address."""
GroupRates = dict[str, Annotated[float, Field(gt=0)]]
"""Group of recipient domains -> letters a second."""

SESSION_STEPS: Final = 2
"""A session has so many times `connect_timeout_s` to come about: one step alone has that time once."""


class Account(BaseModel):
    """One way out. What is left out has the default of the single setting of that name."""

    # What is wrong may stand beside a password.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = ""
    """A provider's HTTP API in place of SMTP; `username` and `password` are then its key (`ApiUrl`)."""
    host: str = Field(min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: TlsPolicy = "opportunistic"
    helo: str = ""
    connect_timeout_s: float = Field(default=30, gt=0)
    reply_timeout_s: float = Field(default=600, gt=0)
    letters_per_connection: int = Field(default=100, ge=1)
    connections: int = Field(default=20, ge=1)
    rate_per_s: float = Field(default=50, gt=0)
    burst: float = Field(default=0, ge=0)
    weight: float = Field(default=1, gt=0)
    echo_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,60}$")
    """A header with the letter's mark, for a provider that sends back no Message-ID: `X-PM-Metadata-notifier`."""
    group_rates: GroupRates = Field(default_factory=dict)
    warmup_from: date | None = None
    """The first day of its ramp."""
    warmup_first: int = Field(default=200, ge=1)
    """Letters on that day."""
    warmup_times: float = Field(default=1000, gt=1)
    """How many times that on the last day, ..."""
    warmup_days: int = Field(default=41, ge=1)
    """... which is so many days later; afterwards there is no daily limit."""

    @model_validator(mode="before")
    @classmethod
    def _where_the_api_is(cls, given: object) -> object:
        if not isinstance(given, dict) or not given.get("url"):
            return given
        api = ApiUrl.of(str(given["url"]))
        tls = "implicit" if api.base.startswith("https://") else "off"
        return {**given, "host": api.host, "port": api.port, "tls": tls}

    @model_validator(mode="after")
    def _has_the_key_of_its_api(self) -> Self:
        if self.url and not self.password.get_secret_value():
            raise ValueError("an account with a url needs its key as password")
        if self.url.startswith("ses:") and not self.username:
            raise ValueError("an account of SES needs the id of its key as username")
        return self

    @property
    def api(self) -> ApiUrl | None:
        """The API that takes its letters; None for SMTP."""
        return ApiUrl.of(self.url) if self.url else None


def read_accounts(text: str) -> dict[str, Any]:
    """The accounts of a JSON object by name, not yet checked. Raises ValueError with what is wrong."""
    try:
        found = json.loads(text or "{}", object_pairs_hook=_once)
    except json.JSONDecodeError as fault:
        raise ValueError(f"is not JSON: {fault.msg} at character {fault.pos}") from None
    if not isinstance(found, dict):
        raise ValueError('must be a JSON object: {"name": {"host": "…"}, …}')  # noqa: TRY004 - pydantic wants ValueError
    return found


def read_rates(text: str) -> dict[str, str]:
    """The rates of `google=50,example.org=1`, not yet checked. Raises ValueError with what is wrong."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    for group, equals, rate in pairs:
        if not (group and equals and rate):
            raise ValueError(f"{group or rate!r} is not `group=letters a second`")
    return _once((group.strip().lower(), rate.strip()) for group, _, rate in pairs)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = value
    return found
