"""What a check may look at: the parts, the DNS, the web, and whom letters come from."""

import shutil
import ssl
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy import select

from notifier.account import Account
from notifier.doctor.names import Dns, DnsSilentError
from notifier.domain.dkim import DkimKey
from notifier.domain.mail import sender_host
from notifier.models import Site
from notifier.parts import Parts

Visit = Callable[[str], Mapping[str, str]]
"""GET this URL: the headers of a good answer, by lower-case name. Raises OSError with what went wrong."""


def machine_time() -> datetime:
    """The machine's own clock, whatever the demo says."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Exit:
    """Where an account's letters reach the world from, as far as we can know."""

    account: str
    ips: tuple[str, ...]
    is_sure: bool
    """False for the addresses that a relay is reached at: it may send from others."""


@dataclass(frozen=True)
class Ward:
    """One examination. Safe for threads: what is worked out twice comes out the same."""

    parts: Parts
    dns: Dns
    visit: Visit
    keys: tuple[DkimKey, ...]
    own_name: str
    """This machine's full name, which is said in EHLO where an account has none."""
    journal: Path
    now: Callable[[], datetime] = field(default=machine_time)
    free: Callable[[Path], int] = lambda place: shutil.disk_usage(place).free
    """Octets that are free where a path lies."""
    temporary: Path = Path(tempfile.gettempdir())
    tls: ssl.SSLContext | None = None
    """In place of the system's certificate authorities."""
    smtp_port: int = 25
    timeout_s: float = 4.0
    """For one conversation with one server."""

    @cached_property
    def senders(self) -> dict[str, list[str]]:
        """The domains that letters come from, each with the slugs of its sites."""
        found: dict[str, list[str]] = {}
        with self.parts.db.reading() as session:
            for slug, address in session.execute(select(Site.slug, Site.sender_address).order_by(Site.slug)):
                found.setdefault(sender_host(address), []).append(slug)
        return found

    @property
    def return_domains(self) -> list[str]:
        """Those of the envelope sender, which SPF is about."""
        bounces = self.parts.settings.bounce_domain
        return [bounces] if bounces else list(self.senders)

    @property
    def accounts(self) -> dict[str, Account]:
        """The ways out."""
        return self.parts.settings.accounts

    def ehlo(self, account: Account) -> str:
        """The name an account says in EHLO."""
        return account.helo or self.own_name

    @cached_property
    def exits(self) -> tuple[Exit, ...]:
        """Of each account; one for all where the settings name the addresses."""
        if self.parts.settings.exits:
            return (Exit(", ".join(self.accounts), self.parts.settings.exits, is_sure=True),)
        return tuple(self._exit(name, one) for name, one in self.accounts.items())

    def _exit(self, name: str, account: Account) -> Exit:
        try:
            if not is_here(account.host):
                return Exit(name, self.dns.addresses(account.host), is_sure=False)
            public = tuple(ip for ip in self.dns.addresses(self.ehlo(account)) if ip_address(ip).is_global)
            return Exit(name, public, is_sure=True)
        except DnsSilentError:
            return Exit(name, (), is_sure=False)


def is_here(host: str) -> bool:
    """Whether a host is this very machine: its own mail server speaks to the world from our address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
