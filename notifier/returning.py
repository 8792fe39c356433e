"""The knobs of what comes back: bounces, complaints, and what providers tell of them."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import NoDecode


class Returning(BaseModel):
    """A part of the settings."""

    bounce_domain: str = Field(
        default="", description="Domain of the VERP return path `b+id.mac@…`; empty returns to the site's sender."
    )
    soft_bounces_max: float = Field(
        default=5,
        gt=0,
        description="Days with a refusal that may pass (a full mailbox, a server that is away) after which an address "
        "is suppressed; each letter that stays halves what was counted.",
    )
    policy_refusals_halt: int = Field(
        default=5, ge=1, description="Refusals by policy (5.7.x) within an hour from which an account may be halted."
    )
    policy_refusals_share: float = Field(
        default=0.02, ge=0, le=1, description="Part of that hour's letters of the account that they must be for that."
    )
    account_halt_h: float = Field(default=4, gt=0, description="Hours an account stands still then.")
    complaint_rate_alert: float = Field(
        default=0.001, gt=0, le=1, description="Complaints a letter, of a stream in seven days, that raise an alarm."
    )
    complaint_rate_halt: float = Field(
        default=0.003, gt=0, le=1, description="Complaints a letter that halt the stream (Gmail's limit: 0.3 %)."
    )
    complaints_halt_least: int = Field(default=3, ge=1, description="Complaints without which no stream is halted.")
    stream_halt_h: float = Field(default=24, gt=0, description="Hours a stream stands still then.")
    sns_topics: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="ARNs, comma-separated, of the SNS topics that Amazon SES may tell us by."
    )
    mailgun_signing_key: SecretStr = Field(default=SecretStr(""), description="Mailgun's HTTP webhook signing key.")
    postmark_login: SecretStr = Field(
        default=SecretStr(""), description="`name:password` that Postmark's webhooks log in with (HTTP Basic)."
    )
    sendgrid_verification_key: str = Field(
        default="", description="SendGrid's verification key of the signed event webhook (base64)."
    )
    brevo_token: SecretStr = Field(default=SecretStr(""), description="Bearer token that Brevo's webhooks carry.")
