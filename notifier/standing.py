"""The knobs of a sender's standing: where letters leave from, how an account warms up, what is kept of clicks."""

from datetime import date
from ipaddress import ip_address

from pydantic import BaseModel, Field, field_validator


class Standing(BaseModel):
    """Part of the settings."""

    sending_ips: str = Field(
        default="",
        description="Addresses that our letters reach the world from, comma-separated: `notifier doctor` looks for "
        "them in SPF and in the reverse DNS.",
    )
    smtp_url: str = Field(
        default="",
        description="A provider's HTTP API in place of the SMTP server: `ses://eu-west-1`, "
        "`mailgun://letters.example.org?region=eu`, `postmark://outbound`; its key is smtp_username and smtp_password.",
    )
    smtp_warmup_from: date | None = Field(
        default=None,
        description="Day such as 2026-12-01 on which a new sender begins: 200 letters that day, more each day, all of "
        "them after six weeks; none for no ramp.",
    )
    traces_days: int = Field(
        default=90, ge=1, description="Days that a reader's own opens and clicks are kept, where they may be at all."
    )

    @field_validator("sending_ips")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for one in filter(None, map(str.strip, value.split(","))):
            ip_address(one)
        return value

    @property
    def exits(self) -> tuple[str, ...]:
        """The addresses of `sending_ips`."""
        return tuple(filter(None, map(str.strip, self.sending_ips.split(","))))
