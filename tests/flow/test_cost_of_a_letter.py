"""What one letter more costs, counted in calls of our own: the same on every machine, however busy."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import text

import notifier
from notifier.domain.words import Frequency
from notifier.settings import Settings
from tests.world import World

CALLS_MOST = 105
"""What is worked out anew for each letter, and could be once a claim, shows here."""
MANY = 100
OURS = str(Path(notifier.__file__).parent)
_READERS = """
INSERT INTO subscribers (site_id, address, address_key, address_hash, name, language, time_zone, digest_hour,
  digest_weekday, generation, may_track, letters_day, letters_that_day, confirmed_at, created_at, changed_at)
SELECT site_id, 'r' || n || '@example.org', 'r' || n || '@example.org', CAST(n AS text), 'ليلى', language, time_zone,
  digest_hour, digest_weekday, 0, may_track, '', 0, confirmed_at, created_at, changed_at
FROM subscribers CROSS JOIN (WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :many)
  SELECT n FROM numbers) AS numbered WHERE address = 'first@example.org'
"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscriber_id, topic_id, frequency, is_implicit, created_at, ended_reason)
SELECT subscribers.id, topic_id, frequency, is_implicit, subscriptions.created_at, '' FROM subscriptions
CROSS JOIN subscribers WHERE address LIKE 'r%@example.org'
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_letter_more_of_a_claim_takes_few_calls(world: World) -> None:
    world.reader("first@example.org", frequency=Frequency.INSTANT)
    one = _calls(world, "1", 1)
    _more_readers(world)
    assert (_calls(world, "2", 1 + MANY) - one) / MANY < CALLS_MOST


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_accounts_are_read_a_few_times_a_claim_not_for_each_letter(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Settings] = []
    accounts: Any = Settings.accounts

    def told(settings: Settings) -> object:
        read.append(settings)
        return accounts.fget(settings)

    monkeypatch.setattr(Settings, "accounts", property(told))
    world.reader("first@example.org", frequency=Frequency.INSTANT)
    _more_readers(world)
    read.clear()
    _calls(world, "1", 1 + MANY)
    assert 0 < len(read) < MANY / 5


def _more_readers(world: World) -> None:
    with world.parts.db.writing() as session:
        session.execute(text(_READERS), {"many": MANY})
        session.execute(text(_SUBSCRIPTIONS))


def _calls(world: World, guid: str, letters: int) -> int:
    """How many functions are called while an article's letters are made and sent."""
    world.wire.sent.clear()
    world.article(guid)
    calls = 0

    def count(frame: FrameType, event: str, _about: object) -> None:
        nonlocal calls
        # What a comprehension is, depends on the version of Python.
        calls += event == "call" and frame.f_code.co_filename.startswith(OURS) and "<" not in frame.f_code.co_name

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        world.work()
    finally:
        sys.setprofile(before)
    assert len(world.wire.sent) == letters
    return calls
