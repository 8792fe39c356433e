"""What letters stand on breaks and comes back: real worker, beat, Valkey, SMTP and database, on both databases."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from notifier.embedded.valkey import Valkey
from notifier.models import Item
from notifier.web.app import create_app
from tests.postgresql import NoServerError, running
from tests.postmaster import Postmaster
from tests.processes.breaking import impatient, locked, mail_server
from tests.processes.works import CONCURRENCY, ROOT, Works

pytestmark = pytest.mark.slow
QUICK_S = 6.0
COMMAND_QUICK_S = 15.0
"""Nearly all of it goes to starting Python on a busy machine; who waits for Redis waits for ever."""
STORY = {"kind": "article", "title": "خبر", "html": "<p>نص</p>", "categories": ["سياسة"]}
Open = Callable[..., Works]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens works whose letters leave at a pace that leaves time to break something."""
    with ExitStack() as stack:
        pace = {"send_rate_per_s": "150", "send_burst": "20", "unreachable_s": "1", "retry_base_s": "1"}
        yield lambda *urls, **knobs: Works(stack, tmp_path, *urls, **{**pace, "lease_s": "60", **knobs})


def put(works: Works, guid: str) -> Response:
    """Publish by the API."""
    application = create_app(works.parts, now=lambda: datetime.now(UTC))
    headers = {"Authorization": f"Bearer {works.key}", "Accept-Language": "ar"}
    with TestClient(application, raise_server_exceptions=False) as client:
        return client.put(f"/api/v1/sites/works/items/{guid}", json=STORY, headers=headers)


def add(works: Works, guid: str) -> subprocess.CompletedProcess[str]:
    """Publish by the command line."""
    return subprocess.run(
        [sys.executable, "-m", "notifier", "item", "add", "-"],
        cwd=ROOT, env=works.env, input=json.dumps({**STORY, "guid": guid}), capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip


def stored(works: Works) -> set[str]:
    with works.parts.db.reading() as session:
        return set(session.scalars(select(Item.guid)))


def test_letters_wait_unburnt_for_a_mail_server_that_is_not_there_or_dies(
    opened: Open, database_url: str, redis_url: str
) -> None:
    works = opened(database_url, redis_url)
    works.server.stop()
    works.publish(works.fill(100))
    works.start()
    works.wait(lambda: works.all_wait_for("unreachable", 100))
    with mail_server(works):
        works.wait(lambda: works.has_come(20))
    assert works.sent() < 100, "too late to break anything"
    with mail_server(works):
        works.wait(lambda: works.sent() == 100)
    works.check_books(100, doubled_most=CONCURRENCY)


def test_what_is_published_without_redis_is_kept_and_sent_once_it_is_there(
    opened: Open, database_url: str, valkey: Valkey
) -> None:
    works = opened(database_url, valkey.url)
    works.fill(20)
    valkey.kill()
    began = time.monotonic()
    answer = put(works, "by-api")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert time.monotonic() - began < QUICK_S
    began = time.monotonic()
    said = add(works, "by-hand")
    assert said.returncode == 0, said.stderr
    assert time.monotonic() - began < COMMAND_QUICK_S
    assert stored(works) == {"by-api", "by-hand"}
    with Valkey.start_at(valkey.place):
        works.start()
        works.wait(lambda: works.sent() == 40)
        works.tree.stop()
    assert works.inbox.counts_by_recipient() == {f"r{n}@example.org": 2 for n in range(20)}


def test_a_redis_that_dies_in_mid_send_and_comes_back_empty_costs_no_letter(
    opened: Open, database_url: str, valkey: Valkey
) -> None:
    works = opened(database_url, valkey.url, chunk_size="50")
    works.publish(works.fill(300))
    works.start()
    works.wait(lambda: works.has_come(40))
    valkey.kill()
    assert works.sent() < 300, "too late to break anything"
    with Valkey.start_at(replace(valkey.place, directory=valkey.place.directory / "new")):
        works.wait(lambda: works.sent() == 300)
        works.tree.stop()
    works.check_books(300)


def test_beat_plans_and_sends_by_itself_while_redis_is_away(opened: Open, database_url: str, valkey: Valkey) -> None:
    works = opened(database_url, valkey.url)
    works.publish(works.fill(20))
    valkey.kill()
    works.start_beat("tests.processes.impatient")
    works.wait(lambda: works.sent() == 20)
    works.check_books(20)


def test_a_locked_database_is_said_and_costs_no_letter(opened: Open, database_url: str, redis_url: str) -> None:
    works = opened(impatient(database_url), redis_url, lease_s="10")
    works.publish(works.fill(100))
    works.start()
    works.wait(lambda: works.has_come(20))
    with locked(database_url):
        answer, said = put(works, "by-api"), add(works, "by-hand")
        works.wait(lambda: "OperationalError" in works.log("worker"))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "مرة أخرى" in answer.json()["error"]["message"]
    assert (said.returncode, said.stdout) == (1, "")
    assert "the database is locked by another process" in said.stderr
    assert "Traceback" not in said.stderr
    works.wait(lambda: works.sent() == 100)
    works.check_books(100, doubled_most=CONCURRENCY)
    assert works.tree.restarts() == 0
    assert stored(works) == {"1"}


def test_a_request_waits_for_a_lock_that_is_short(opened: Open, database_url: str, redis_url: str) -> None:
    works = opened(database_url, redis_url)
    works.fill(1)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(put(works, "1")))
    with locked(database_url):
        asking.start()
        asking.join(0.5)
        assert asking.is_alive()
        assert not answers
    asking.join(20)
    assert answers[0].status_code == 201


def test_a_postgresql_that_is_restarted_in_mid_send_costs_no_letter(opened: Open, redis_url: str) -> None:
    if os.environ.get("NOTIFIER_TEST_DATABASE_URL"):
        pytest.skip("the tests' PostgreSQL is not ours to restart")
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NoServerError as fault:
            pytest.skip(f"no PostgreSQL: {fault}")
        works = opened(server.create(), redis_url, lease_s="10")
        works.publish(works.fill(150))
        works.start()
        works.wait(lambda: works.has_come(20))
        stopped = Postmaster.stop(server.url)
        assert put(works, "while-away").status_code == 503
        works.wait(lambda: "OperationalError" in works.log("worker"))
        with stopped.again(server.url):
            works.wait(lambda: works.sent() == 150)
            works.check_books(150, doubled_most=CONCURRENCY)
            assert works.tree.restarts() == 0
            works.tree.stop()
