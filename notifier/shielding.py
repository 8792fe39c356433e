"""The knobs of the sign-up's shield: how often, how fast, how hard, and for which addresses."""

from pathlib import Path

from pydantic import BaseModel, Field


class Shielding(BaseModel):
    """Part of the settings."""

    signups_per_ip_h: int = Field(
        default=30,
        ge=1,
        description="Sign-ups per IP address (IPv6: per /64) and hour, with the widget's proof of work.",
    )
    signups_plain_per_ip_h: int = Field(
        default=10, ge=1, description="The same by the plain form, which proves nothing."
    )
    signups_per_address_h: int = Field(
        default=10, ge=1, description="Sign-ups for one mailbox and hour that are noted; more get the same answer."
    )
    signup_fill_s: float = Field(default=2, ge=0, description="Least seconds that somebody needs to fill the form.")
    signup_burst_per_min: int = Field(
        default=120, ge=1, description="Sign-ups of one site in a minute from which the proof of work gets harder."
    )
    signup_plain_per_min: int = Field(
        default=600, ge=1, description="Sign-ups of one site in a minute from which the plain form asks for patience."
    )
    signup_work: int = Field(
        default=50_000, ge=1, le=10_000_000, description="Hashes that the widget's proof of work takes at the most."
    )
    signup_work_burst: int = Field(
        default=1_000_000, ge=1, le=100_000_000, description="The same while there is a burst."
    )
    signup_mx_check: bool = Field(
        default=True,
        description="Write to no address whose domain takes no mail: RFC 7505, or no server at all (with mx_lookups).",
    )
    signup_refuse_disposable: bool = Field(
        default=False, description="Refuse addresses of throw-away mailboxes, by the list of disposable-email-domains."
    )
    signup_refused_domains: Path | None = Field(
        default=None, description="A file of further domains to refuse, one a line; their subdomains as well."
    )
