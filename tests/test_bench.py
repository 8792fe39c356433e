"""The measurements themselves: small ones run, and say what they promise to say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import SCRIPTS
from bench.promises import PROMISES, Promise, Verdict
from tests.calm import at_best

ROOT = Path(__file__).parent.parent


def figures(script: str, *arguments: str) -> dict[str, Any]:
    """What a script says on its last line."""
    argv = [sys.executable, f"bench/{script}.py", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_promise_is_kept_missed_or_known_not_to_be_reached() -> None:
    fast, small = Promise("send", "per_s", least=3500, limit=2700), Promise("send", "rss_mb", most=150)
    assert [fast.judge({"send": {"per_s": n}}) for n in (3500, 2700, 2699)] == [*Verdict]
    assert [small.judge({"send": {"rss_mb": n}}) for n in (150, 151)] == [Verdict.KEPT, Verdict.MISSED]
    assert small.judge({"send": None}) is small.judge({}) is Verdict.MISSED
    assert fast.words == "send.per_s ≥ 3,500"


def test_every_promise_is_about_a_script_that_is_run() -> None:
    assert {one.script for one in PROMISES} <= set(SCRIPTS)


@pytest.mark.wide
@pytest.mark.usefixtures("postgresql")
def test_planning_is_measured() -> None:
    found = figures("plan", "--quick", "--readers", "2000")
    assert {"planned", "seconds", "per_s", "rss_mb", "letters", "linearity", "books_seconds"} <= found.keys()
    assert found["alert_planned"] == 1360
    assert 0 < found["letters"] < found["planned"] < 2000


@pytest.mark.long
def test_signing_is_measured() -> None:
    found = figures("signing", "--signatures", "50")
    assert min(found["signatures_per_s_one_thread"], found["signatures_per_s_two_threads"]) > 0
    assert 0 < found["overhead_us"] < 1e6 / found["signatures_per_s_one_thread"]
    assert found["headers"] >= 18
    assert 25_000 < found["message_bytes"] < 29_000


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql")
def test_a_hot_thread_is_measured_and_every_comment_is_told_once() -> None:
    found = figures("threads", "--quick", "--comments", "60")
    assert (found["uncovered"], found["doubled"]) == (0, 0)
    assert {"letters_ratio", "ingest_p99_ms", "ingest_per_s"} <= found.keys()
    assert 0 < found["letters_ratio"] < 0.1


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql", "valkey")
def test_a_slow_link_is_measured_over_one_connection() -> None:
    found = figures("rtt", "--letters", "60")
    assert (found["letters"], found["lost"], found["connections"]) == (60, 0, 1)
    assert 0 < found["letters_per_s"] <= 1000 / found["rtt_ms"], "no faster than one letter a round trip"


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql", "valkey")
def test_the_wait_for_a_confirmation_is_measured() -> None:
    found = figures("latency", "--quick", "--letters", "1000")
    assert {"bulk_rate_per_s", "bulk_left"} <= found.keys()
    assert found["missing"] == 0
    assert 0 < found["p50_s"] <= found["p99_s"] <= found["worst_s"]


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql", "valkey")
def test_sending_is_measured_and_nothing_is_lost() -> None:
    found = figures("send", "--letters", "100")
    unknown_yet = {"letters_per_s_signed", "smtp_source_per_s", "ratio"}
    assert unknown_yet | {"letters_per_s_unsigned", "rss_mb", "distinct", "lost", "duplicated"} <= found.keys()
    assert (found["planned"], found["lost"], found["duplicated"], found["balanced"]) == (100, 0, 0, True)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("postgresql", "valkey")
def test_the_pace_is_measured_and_never_too_fast() -> None:
    # A worker that is stopped for a moment passes what it was granted before on together with what comes next.
    at_best(keeps_pace)


def keeps_pace() -> None:
    found = figures("pace", "--seconds", "3")
    assert {"rate", "worst_second", "letters", "seconds", "within"} <= found.keys()
    # How near it comes to 200 a second is the machine's to say.
    assert 0 < found["worst_second"] <= 210


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql")
def test_every_page_of_the_desk_is_measured_and_a_list_comes_in() -> None:
    found = figures("desk", "--readers", "1000")
    assert min(found["p95_ms"].values()) > 0
    assert found["worst_ms"] == max(found["p95_ms"].values())
    assert found["deliveries"] > found["readers"]
    assert found["import_rows_per_s"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql", "valkey")
def test_signing_up_is_measured_and_every_one_has_its_row_and_its_nudge() -> None:
    found = figures("signup", "--requests", "200")
    assert (found["requests"], found["refused"], found["unwritten"], found["without_nudge"]) == (200, 0, 0, 0)
    assert found["requests_per_s"] > 0
    assert 0 < found["p50_ms"] <= found["p99_ms"]


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql")
def test_what_comes_back_is_measured_and_none_of_it_is_lost() -> None:
    found = figures("events", "--events", "1000")
    assert (found["lost"], found["is_balanced"]) == (0, True)
    assert min(found["events_per_s"], found["mails_per_s"]) > 0
