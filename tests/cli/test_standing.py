"""What the command line tells of a sender's standing: its ramp, and what a site may learn of opens and clicks."""

import json
from datetime import UTC, datetime

import pytest

from notifier.settings import of
from tests.cli.test_commands import Command, add_site, run
from tests.world import SECRET

__all__ = ["run"]
TODAY = f"{datetime.now(UTC):%Y-%m-%d}"


def test_the_status_tells_how_far_an_account_is(run: Command) -> None:
    add_site(run)
    told = run("status", knobs={"SMTP_WARMUP_FROM": TODAY})
    assert "account smtp warms up: day 1 of 42, 0 of 200 letters today" in told.output
    found = json.loads(run("status", "--json").output)
    assert found["accounts"]["smtp"]["warmup"] == {"day": 0, "days": 41, "cap": 200, "sent": 0}


def test_an_account_without_a_ramp_says_nothing_of_one(run: Command) -> None:
    add_site(run)
    assert "warms up" not in run("status").output
    assert "warmup" not in json.loads(run("status", "--json").output)["accounts"]["smtp"]


def test_each_of_several_accounts_has_its_own_ramp() -> None:
    accounts = (
        '{"new": {"host": "a.example", "warmup_from": "2026-12-01", "warmup_first": 50}, "old": {"host": "b.example"}}'
    )
    knobs = of({"NOTIFIER_SECRET_KEY": SECRET, "NOTIFIER_SMTP_ACCOUNTS": accounts})
    assert (str(knobs.accounts["new"].warmup_from), knobs.accounts["new"].warmup_first) == ("2026-12-01", 50)
    assert knobs.accounts["old"].warmup_from is None


@pytest.mark.parametrize("wrong", ["news.example", "192.0.2.300", "192.0.2.1;192.0.2.2"])
def test_a_sending_address_is_an_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        of({"NOTIFIER_SECRET_KEY": SECRET, "NOTIFIER_SENDING_IPS": wrong})


def test_a_site_is_asked_for_nothing_until_somebody_says_so(run: Command) -> None:
    add_site(run)
    assert run("site", "tracking").output.strip() == "off"
    assert run("site", "tracking", "counts").output.strip() == "counts"
    assert run("site", "tracking").output.strip() == "counts"
    assert run("site", "tracking", "everything").exit_code == 2
