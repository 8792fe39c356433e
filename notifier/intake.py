"""The knobs of what comes in: how often sources are asked, how long a fetch may take, how much is read, from whom."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode


class Intake(BaseSettings):
    """A part of the settings; `Settings` says how they are read."""

    feed_interval_s: int = Field(default=900, ge=60, description="Seconds between two polls of a feed.")
    feed_news_h: float = Field(default=72, gt=0, description="Feed entries older than this are never mailed.")
    wordpress_interval_s: int = Field(default=300, ge=10, description="Seconds between two looks at a WordPress.")
    wordpress_gap_s: int = Field(
        default=10, ge=1, description="Least seconds between two looks that a WordPress asks for by its webhook."
    )
    wordpress_recheck: int = Field(
        default=1000,
        ge=100,
        description="How many of a WordPress's latest articles, and of its comments, are compared again in turns, "
        "a hundred a look, for edits, approvals and deletions.",
    )
    hook_tolerance_s: int = Field(default=300, ge=10, description="Seconds a webhook's clock may be off or be late.")
    fetch_timeout_s: float = Field(default=10, gt=0, description="Seconds for one fetch, redirects included.")
    fetch_bytes_max: int = Field(default=5_000_000, ge=1000, description="Most bytes of a fetch, unpacked.")
    fetch_hosts_allowed: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts (`name` or `name:port`), comma-separated, fetched even if their address is private.",
    )
    item_bytes_max: int = Field(default=1_000_000, ge=1000, description="Most bytes of one API request.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Proxy addresses, comma-separated, whose X-Forwarded-For is believed."
    )
