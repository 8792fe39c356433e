"""The whole round: in order, in time, as text and as JSON."""

import json
import time
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import dns.message
import dns.resolver
import pytest

from notifier.cli.doctor import told
from notifier.doctor import CHECKS, Finding, Light, Ward, examine
from notifier.doctor.finding import Pen
from notifier.doctor.names import DnsSilentError, LiveDns
from notifier.doctor.words import strings
from tests.cli.test_commands import Command, run
from tests.doctor.nameserver import serving
from tests.doctor.zone import SENDER, Clinic

__all__ = ["run"]


def good(_ward: Ward) -> Iterator[Finding]:
    yield Pen("good", "x").green("well")


def slow(_ward: Ward) -> Iterator[Finding]:
    time.sleep(0.5)
    yield Pen("slow", "x").green("at last")


def broken(_ward: Ward) -> Iterator[Finding]:
    yield Pen("broken", "x").green("so far")
    raise RuntimeError


def silent(_ward: Ward) -> Iterator[Finding]:
    yield from (Pen("silent", one).green("") for one in _asked())


def _asked() -> list[str]:
    raise DnsSilentError("TXT x")


def test_findings_come_in_order_whatever_fails_or_takes_too_long(clinic: Clinic) -> None:
    checks = {"slow": slow, "broken": broken, "silent": silent, "good": good}
    begun = time.monotonic()
    report = examine(clinic.ward(), checks, within_s=0.1)
    assert time.monotonic() - begun < 0.4
    assert [(one.key, one.light) for one in report.findings] == [
        ("slow", Light.AMBER), ("broken", Light.GREEN), ("broken", Light.AMBER), ("silent", Light.AMBER),
        ("good", Light.GREEN),
    ]  # fmt: skip
    assert report.worst is Light.AMBER


def test_the_worst_light_is_that_of_the_whole(clinic: Clinic) -> None:
    assert examine(clinic.ward(), {"good": good}).worst is Light.GREEN
    assert examine(clinic.ward()).worst is Light.RED


def test_each_check_of_the_round_says_something_and_each_red_what_to_do(clinic: Clinic) -> None:
    report = examine(clinic.ward())
    assert {one.key for one in report.findings} >= {*CHECKS} - {"clock"}
    assert all(one.advice for one in report.findings if one.light in {Light.RED, Light.AMBER})
    assert not any("check failed" in one.found for one in report.findings), report


def test_the_json_has_a_shape_that_scripts_can_stand_on(clinic: Clinic) -> None:
    report = examine(clinic.ward())
    shape: dict[str, Any] = json.loads(json.dumps(told(report, list(report.findings), strings().voice("en"))))
    assert set(shape) == {"worst", "counts", "findings"}
    assert set(shape["counts"]) == {"green", "amber", "red", "skipped"}
    assert sum(shape["counts"].values()) == len(shape["findings"])
    assert {frozenset(one) for one in shape["findings"]} == {frozenset(one.name for one in fields(Finding))}


def test_a_domain_whose_dns_is_silent_is_amber_not_red(clinic: Clinic) -> None:
    clinic.zone.silent |= {SENDER}
    found = [one for one in examine(clinic.ward()).findings if one.key == "spf"]
    assert [one.light for one in found] == [Light.AMBER]


def test_the_command_ends_with_1_when_something_is_red(run: Command) -> None:
    done = run("doctor", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["worst"] == "red"


@pytest.mark.parametrize(
    ("kind", "name", "record", "found"),
    [
        ("texts", "d.example", 'TXT "v=spf1 " "-all"', ("v=spf1 -all",)),
        ("exchangers", "d.example", "MX 10 Mail.d.example.", ("mail.d.example",)),
        ("exchangers", "d.example", "MX 0 .", (".",)),
        ("addresses", "d.example", "A 192.0.2.1", ("192.0.2.1",)),
        ("names", "192.0.2.1", "PTR Mail.d.example.", ("mail.d.example",)),
    ],
)
def test_the_dns_itself_is_asked_as_the_zone_is(kind: str, name: str, record: str, found: tuple[str, ...]) -> None:
    with serving(record) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        live = LiveDns(resolver)
        assert getattr(live, kind)(name) == found
        assert live.texts("missing.example") == ()
        with pytest.raises(DnsSilentError):
            live.texts("broken.example")
