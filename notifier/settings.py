"""Every knob, with unit and default; the only module that reads the environment."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from notifier.account import SESSION_STEPS, Account, GroupRates, Name, TlsPolicy, read_accounts, read_rates
from notifier.foresight import Foresight
from notifier.intake import Intake
from notifier.mail_in import MailIn
from notifier.openid import OpenId
from notifier.pacing import Pacing
from notifier.returning import Returning
from notifier.shielding import Shielding
from notifier.standing import Standing

Words = Annotated[tuple[str, ...], NoDecode]
_WORDS = ("fetch_hosts_allowed", "image_hosts", "sns_topics", "trusted_proxies")
_Kind = Literal[
    "confirm", "welcome", "alert", "digest", "reply", "issue", "correction", "magic-link", "goodbye", "address-change"
]  # fmt: skip
MIN_SECRET_CHARACTERS, MIN_SECRET_DISTINCT = 32, 10
LATE_S = 2.0
"""A letter whose envelope is out may still begin so long after its task's slice of time is over."""


class Settings(Intake, OpenId, Pacing, Shielding, MailIn, Foresight, Returning, Standing):
    """Values come from `NOTIFIER_…` variables; every field says its unit and what it is for."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_", frozen=True, extra="ignore", hide_input_in_errors=True)

    secret_key: SecretStr = Field(description="Signs links. At least 32 random characters: `openssl rand -base64 48`.")
    secret_keys_previous: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Retired signing keys, comma-separated: links made with them stay valid."
    )
    database_url: str = Field(
        default="sqlite:///notifier.db",
        description="SQLAlchemy URL: `sqlite:///file.db` or `postgresql+psycopg://…`.",
    )
    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey: the store of the send budgets, and Celery's broker unless another is named.",
    )
    broker_url: SecretStr = Field(
        default=SecretStr(""),
        description="Celery's broker, where it is not that Redis: `amqp://…` for RabbitMQ, with quorum queues.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="Where readers reach the pages; every link starts with it."
    )
    log_format: Literal["json", "console"] = Field(default="json", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")

    smtp_host: str = Field(default="127.0.0.1", description="The server that takes our letters.")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="Its port.")
    smtp_username: str = Field(default="", description="Account name; empty for no AUTH.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Account password.")
    smtp_tls: TlsPolicy = Field(
        default="opportunistic",
        description="STARTTLS required or used when offered, TLS from the start (465), or none. No AUTH before TLS.",
    )
    smtp_helo: str = Field(default="", description="The name said in EHLO; empty takes the machine's FQDN.")
    smtp_connect_timeout_s: float = Field(default=30, gt=0, description="Seconds for connect and handshake.")
    smtp_reply_timeout_s: float = Field(
        default=600, gt=0, description="Seconds for the reply to the final dot (RFC 5321: 600); a task ends after 150."
    )
    smtp_letters_per_connection: int = Field(default=100, ge=1, description="Letters before a connection is renewed.")
    smtp_connections: int = Field(default=20, ge=1, description="Most connections at once, all workers together.")
    send_rate_per_s: float = Field(default=50, gt=0, description="Letters a second, all workers together.")
    send_burst: float = Field(
        default=0,
        ge=0,
        description="Letters that may leave at once after a quiet time; 0 keeps every second within 5 % of the rate.",
    )
    group_rates: Annotated[GroupRates, NoDecode] = Field(
        default={},
        description="Letters a second to one group of recipient domains through one account: "
        "`google=50,yahoo=20,example.org=1`.",
    )
    mx_lookups: bool = Field(default=True, description="Ask the DNS who takes an unknown domain's mail: its group.")
    smtp_accounts: Annotated[dict[Name, Account], NoDecode] = Field(
        default={},
        description="Several accounts in place of the one above, a JSON object by name: `host` (or `url`), `port`, "
        "`username`, `password`, `tls`, `helo`, `connect_timeout_s`, `reply_timeout_s`, `letters_per_connection`, "
        "`connections`, `rate_per_s`, `burst`, `group_rates`, `echo_header`, `warmup_from`, and `weight`.",
    )
    body_encoding: Literal["base64", "8bit"] = Field(
        default="base64",
        description="How letters are encoded. 8bit is a quarter smaller; only for a server that offers 8BITMIME.",
    )
    uncertain_is_sent: Annotated[tuple[_Kind, ...], NoDecode] = Field(
        default=(),
        description="Kinds, comma-separated, not sent again when a server's last word on a letter is lost.",
    )
    journal_folder: Path | None = Field(
        default=None,
        description="Where workers note what was accepted; none: `notifier-journal` in the temporary folder.",
    )
    dkim_folder: Path | None = Field(
        default=None, description="Folder of the keys that sign letters (`notifier dkim`); none sends them unsigned."
    )

    chunk_size: int = Field(default=500, ge=1, le=5000, description="Deliveries per task.")
    lease_s: int = Field(default=900, ge=5, description="Seconds a worker owns what it claimed.")
    attempts_max: int = Field(default=12, ge=1, description="Tries before a delivery is failed.")
    retry_base_s: int = Field(default=300, ge=1, description="Seconds to the first retry; doubles up to retry_cap_s.")
    retry_cap_s: int = Field(default=3600, ge=1, description="Most seconds between two tries.")
    unreachable_s: float = Field(default=30, gt=0, description="Seconds before a dead server is tried again.")
    tick_s: float = Field(default=5, gt=0, description="Seconds between two ticks of beat.")
    sweep_s: float = Field(default=15, gt=0, description="Seconds between two sweeps for unfinished work.")
    overdue_s: int = Field(default=20, ge=1, description="Seconds before unfinished work is nudged again.")

    confirm_expires_h: float = Field(default=24, gt=0, description="Hours a confirmation, welcome, goodbye may leave.")
    alert_expires_h: float = Field(default=2, gt=0, description="Hours an alert may still leave.")
    reply_expires_h: float = Field(default=12, gt=0, description="Hours a reply letter may still leave.")
    digest_expires_h: float = Field(default=20, gt=0, description="Hours a digest may still leave.")
    issue_expires_h: float = Field(default=48, gt=0, description="Hours an editor's issue or a correction may leave.")
    magic_link_expires_h: float = Field(default=0.25, gt=0, description="Hours a sign-in link may still leave.")
    token_expires_h: float = Field(default=72, gt=0, description="Hours a confirmation link works.")
    confirm_limit_per_30d: int = Field(default=3, ge=1, description="Confirmation letters per address in 30 days.")
    confirm_gap_s: int = Field(default=3600, ge=0, description="Least seconds between two of them to one address.")
    pending_days: int = Field(default=7, ge=1, description="Days an unconfirmed sign-up is kept.")
    task_slice_s: float = Field(default=0.5, gt=0, description="Seconds a task sends before it makes room for others.")
    task_longest_s: float = Field(default=15, gt=0, description="Seconds it goes on while no more urgent one waits.")
    digest_items_max: int = Field(default=20, ge=1, le=100, description="Items in one digest; the rest is a link.")
    digest_late_h: float = Field(default=12, gt=0, description="Hours a missed daily digest may be late.")
    image_hosts: Words = Field(default=(), description="Hosts whose https pictures letters show; a site's own always.")
    image_proxy: bool = Field(default=True, description="Bring other pictures through `/i/…` here; else drop them.")
    stamp_file: Path | None = Field(default=None, description="File a worker or beat touches while it is alive.")
    inbox_path: Path | None = Field(default=None, description="Development inbox for /inbox; set by `notifier demo`.")
    clock_offset_s: float = Field(default=0, description="Seconds added to the machine's clock, by `notifier demo`.")

    @property
    def accounts(self) -> dict[str, Account]:
        """The ways out by name: those of smtp_accounts or, without any, `smtp` with the single settings."""
        if self.smtp_accounts:
            return {
                name: one.model_copy(update={"group_rates": {**self.group_rates, **one.group_rates}})
                for name, one in self.smtp_accounts.items()
            }
        own = {name: getattr(self, f"smtp_{name}") for name in Account.model_fields if hasattr(self, f"smtp_{name}")}
        own |= {"rate_per_s": self.send_rate_per_s, "burst": self.send_burst, "group_rates": self.group_rates}
        return {"smtp": Account.model_validate(own)}

    @field_validator("secret_keys_previous", "uncertain_is_sent", *_WORDS, mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("dkim_folder", "signup_refused_domains", "smtp_warmup_from", mode="before")
    @classmethod
    def _none_for_empty(cls, value: object) -> object:
        return value or None  # An empty path would be the directory we happen to stand in.

    @field_validator("smtp_accounts", "group_rates", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        read = read_rates if info.field_name == "group_rates" else read_accounts
        return read(value) if isinstance(value, str) else value

    @property
    def broker(self) -> str:
        """Where nudges go, password included: the broker that was named, else Redis."""
        return self.broker_url.get_secret_value() or self.redis_url.get_secret_value()

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _keep_leases_longer_than_work(self) -> Self:
        waits = max(SESSION_STEPS * one.connect_timeout_s + one.reply_timeout_s for one in self.accounts.values())
        longest = max(self.task_slice_s, self.task_longest_s) + LATE_S + waits
        if self.lease_s <= longest:
            raise ValueError(
                f"lease_s ({self.lease_s}) must be longer than task_longest_s, twice smtp_connect_timeout_s and "
                f"smtp_reply_timeout_s (or those of any account) with {LATE_S:g} s together ({longest:g}): else "
                f"letters that are being sent are handed out again"
            )
        return self

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> Self:
        for secret in (self.secret_key, *self.secret_keys_previous):
            text = secret.get_secret_value()
            if len(text) < MIN_SECRET_CHARACTERS or len(set(text)) < MIN_SECRET_DISTINCT:
                raise ValueError(
                    "a signing key is too weak: give 32 or more random characters, as `openssl rand -base64 48` does"
                )
        return self


@lru_cache
def current() -> Settings:
    """The settings of this process, read once.

    Raises `pydantic.ValidationError` with every wrong knob named.
    """
    return Settings()  # type: ignore[call-arg]  # pydantic-settings fills the fields from the environment


def of(environ: Mapping[str, str]) -> Settings:
    """The settings that a process with this environment has."""
    names = {f"NOTIFIER_{name.upper()}": name for name in Settings.model_fields}
    given: dict[str, Any] = {names[key]: value for key, value in environ.items() if key in names}
    return Settings(**given)


FOLDER_FILE = "settings.env"
"""Where `notifier run --data DIR` leaves the settings of its processes, for commands about the same site."""


def adopt(folder: Path) -> None:
    """Take the settings that a data folder holds into this process's environment, where that is silent.

    Raises OSError where nothing has run in this folder yet.
    """
    for line in (folder / FOLDER_FILE).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)


def environment() -> dict[str, str]:
    """This process's environment, for the children it starts."""
    return dict(os.environ)


SOURCE_PREFIX = "NOTIFIER_SOURCE_"
"""How the variables begin that may hold a source's password: no other is ever sent to a site."""


def source_secret(name: str) -> SecretStr | None:
    """The password that a variable of this name holds; None for an empty one, or a name that may hold none."""
    value = os.environ.get(name, "").strip() if name.startswith(SOURCE_PREFIX) else ""
    return SecretStr(value) if value else None


def templates_dir() -> Path:
    """Where the templates are: beside the packages in a checkout, inside the package in a wheel."""
    inside = Path(__file__).parent / "_templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"
