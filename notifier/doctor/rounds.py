"""The round: every check at once, each within its time, and a report in their order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from notifier import observe
from notifier.doctor import dkim, dmarc, hosts, house, returns, servers, spf, stores, work
from notifier.doctor.finding import Finding, Light, Pen
from notifier.doctor.names import DnsSilentError
from notifier.doctor.ward import Ward
from notifier.doctor.words import said

Check = Callable[[Ward], Iterator[Finding]]
CHECKS: Final[Mapping[str, Check]] = {
    "spf": spf.check,
    "dkim": dkim.check,
    "dmarc": dmarc.check,
    "ptr": hosts.check,
    "tls": servers.check,
    "mx": returns.check,
    "sites": returns.check_sites,
    "base_url": house.check_web,
    "heartbeat": work.check,
    "redis": stores.check_redis,
    "database": stores.check_database,
    "clock": house.check_clock,
    "journal": house.check_disk,
    "secrets": house.check_secrets,
}
ROUND_S: Final = 9.0
"""For all of them together; what has said nothing by then is reported so."""
_log = observe.log(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Light:
        """The light of the whole: red where anything is, then amber."""
        lights = {one.light for one in self.findings}
        return next((light for light in (Light.RED, Light.AMBER) if light in lights), Light.GREEN)

    def count(self, light: Light) -> int:
        """How many are so."""
        return sum(one.light is light for one in self.findings)


def examine(ward: Ward, checks: Mapping[str, Check] = CHECKS, within_s: float = ROUND_S) -> Report:
    """Run the checks in threads. A check that fails is a finding too."""
    pool = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="doctor")
    try:
        asked = {name: pool.submit(_findings, name, check, ward) for name, check in checks.items()}
        wait(asked.values(), within_s)
        return Report(tuple(one for name, found in asked.items() for one in _of(name, found, within_s)))
    finally:
        # Each conversation has a time limit of its own: what is left of them ends by itself.
        pool.shutdown(wait=False, cancel_futures=True)


def _findings(name: str, check: Check, ward: Ward) -> list[Finding]:
    found: list[Finding] = []
    try:
        # One by one: what was found before a fault is kept.
        for one in check(ward):
            found.append(one)  # noqa: PERF402 - see above
    except DnsSilentError as fault:
        found.append(Pen(name, "DNS").amber(said("dns_silent", fault=fault), said("do_dns")))
    except Exception as fault:  # noqa: BLE001 - one check that breaks must not hide what the others have found
        _log.warning("check_failed", check=name, fault=type(fault).__name__)
        found.append(Pen(name, name).amber(said("check_failed", fault=type(fault).__name__), said("do_log")))
    return found


def _of(name: str, found: Future[list[Finding]], within_s: float) -> Iterable[Finding]:
    if found.done() and not found.cancelled():
        return found.result()
    return (Pen(name, name).amber(said("too_slow", seconds=f"{within_s:.0f}"), said("do_again")),)
