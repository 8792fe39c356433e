"""The machine, its stores, the clock, and whether the work goes on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from notifier import upkeep
from notifier.budget import Daily
from notifier.db import Database
from notifier.doctor import Light, house, stores, work
from notifier.doctor.finding import Finding
from notifier.domain.warmup import Ramp
from notifier.domain.words import Lane
from tests.doctor.zone import Clinic, Zone
from tests.world import make_world

REDIS = {
    "valkey_version": "9.1.2", "maxmemory": 0, "maxmemory_policy": "noeviction", "aof_enabled": 1, "used_memory": 1,
    "aof_last_write_status": "ok", "rdb_last_bgsave_status": "ok",
}  # fmt: skip
POSTGRES = {
    "server_version_num": "180001", "server_version": "18.1", "fsync": "on", "full_page_writes": "on",
    "synchronous_commit": "on", "autovacuum": "on", "max_connections": "100",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "light"),
    [
        ({}, Light.GREEN),
        ({"maxmemory": 100}, Light.GREEN),
        ({"maxmemory": 100, "maxmemory_policy": "allkeys-lru"}, Light.RED),
        ({"maxmemory_policy": "allkeys-lru"}, Light.AMBER),
        ({"aof_enabled": 0}, Light.AMBER),
        ({"aof_last_write_status": "err"}, Light.RED),
        ({"rdb_last_bgsave_status": "err"}, Light.RED),
        ({"maxmemory": 100, "used_memory": 95}, Light.AMBER),
    ],
)
def test_redis_must_keep_what_it_is_given(changed: Mapping[str, Any], light: Light) -> None:
    assert stores.of_redis({**REDIS, **changed}).light is light


@pytest.mark.parametrize(
    ("changed", "light"),
    [
        ({}, Light.GREEN),
        ({"fsync": "off"}, Light.RED),
        ({"full_page_writes": "off"}, Light.RED),
        ({"autovacuum": "off"}, Light.RED),
        ({"synchronous_commit": "off"}, Light.AMBER),
        ({"max_connections": "10"}, Light.AMBER),
        ({"server_version_num": "130010"}, Light.AMBER),
    ],
)
def test_postgresql_must_keep_what_it_has_confirmed(changed: Mapping[str, str], light: Light) -> None:
    assert stores.of_postgresql({**POSTGRES, **changed}, used=10).light is light


def test_a_real_redis_is_looked_at(clinic: Clinic, empty_redis_url: str) -> None:
    clinic.settings(redis_url=SecretStr(empty_redis_url))
    found = clinic.one(stores.check_redis)
    assert (found.light, "noeviction" in found.found) == (Light.GREEN, True)
    with redis.Redis.from_url(empty_redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert clinic.one(stores.check_redis).light is Light.AMBER
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_that_is_away_is_red_and_none_at_all_is_skipped(clinic: Clinic) -> None:
    clinic.settings(redis_url=SecretStr("redis://127.0.0.1:1/0"))
    assert clinic.one(stores.check_redis).light is Light.RED
    clinic.settings(redis_url=SecretStr("memory://"))
    assert clinic.one(stores.check_redis).light is Light.SKIPPED


def test_a_real_database_is_looked_at(db: Database, tmp_path: Path) -> None:
    clinic = Clinic(make_world(db, tmp_path), Zone(), tmp_path)
    found = clinic.one(stores.check_database)
    assert found.about == db.engine.dialect.name
    assert found.light in ({Light.GREEN} if found.about == "sqlite" else {Light.GREEN, Light.AMBER, Light.RED})
    assert found.about == "sqlite" or "connections" in found.found


def test_a_database_of_another_version_or_away_is_red(clinic: Clinic, tmp_path: Path) -> None:
    clinic.world.parts = replace(clinic.world.parts, db=Database(f"sqlite:///{tmp_path}/empty.db"))
    assert clinic.one(stores.check_database).record == "notifier migrate"
    away = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"
    clinic.world.parts = replace(clinic.world.parts, db=Database(away))
    assert clinic.one(stores.check_database).light is Light.RED


def test_the_heartbeat_is_the_last_sweep(clinic: Clinic) -> None:
    assert clinic.one(work.check, "heartbeat").light is Light.RED
    upkeep.tick(clinic.world.parts, clinic.world.now)
    for minutes, light in ((0.5, Light.GREEN), (5, Light.AMBER), (60, Light.RED)):
        at = clinic.world.now + timedelta(minutes=minutes)
        clinic.given["now"] = lambda at=at: at
        assert clinic.one(work.check, "heartbeat").light is light


def test_a_lane_that_piles_up_is_amber_and_a_broker_that_is_away_red(clinic: Clinic) -> None:
    for depths, light in (({Lane.BULK: 5}, Light.GREEN), ({Lane.BULK: 5000}, Light.AMBER), (None, Light.RED)):
        clinic.world.parts = replace(clinic.world.parts, depths=partial(dict, depths) if depths else lambda: None)
        assert clinic.one(work.check, "lanes").light is light


def test_an_account_that_warms_up_says_how_far_it_is(clinic: Clinic) -> None:
    daily = Daily(None, {"smtp": Ramp(date(2026, 12, 1), first=10)})
    clinic.world.parts = replace(clinic.world.parts, daily=daily)
    clinic.given["now"] = lambda: datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert "day 1 of 42: 0 of 10 letters" in clinic.one(work.check, "warmup").found
    daily.take("smtp", 10, datetime(2026, 12, 1, tzinfo=UTC), is_urgent=True)
    assert clinic.one(work.check, "warmup").light is Light.AMBER
    clinic.given["now"] = lambda: datetime(2026, 11, 20, tzinfo=UTC)
    assert "begins in 11 days" in clinic.one(work.check, "warmup").found


def says(seconds: float) -> Callable[[str], Mapping[str, str]]:
    return lambda _url: {"date": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)}


@pytest.mark.parametrize(("seconds", "light"), [(0, Light.GREEN), (-20, Light.AMBER), (600, Light.RED)])
def test_a_clock_is_compared_with_the_pages_own(clinic: Clinic, seconds: float, light: Light) -> None:
    clinic.settings(redis_url=SecretStr("memory://"))
    clinic.given["visit"] = says(seconds)
    assert clinic.one(house.check_clock).light is light


def test_a_clock_is_compared_with_those_of_redis_and_the_database(
    db: Database, tmp_path: Path, empty_redis_url: str
) -> None:
    clinic = Clinic(make_world(db, tmp_path), Zone(), tmp_path)
    clinic.settings(redis_url=SecretStr(empty_redis_url))
    wanted = {"redis"} if db.engine.dialect.name == "sqlite" else {"redis", "database"}
    found = clinic.look(house.check_clock)
    assert {one.about for one in found} == wanted
    assert {one.light for one in found} == {Light.GREEN}
    clinic.given["now"] = lambda: datetime.now(UTC) + timedelta(minutes=10)
    assert {one.light for one in clinic.look(house.check_clock)} == {Light.RED}


@pytest.mark.parametrize(
    ("url", "light"),
    [
        ("https://news.example", Light.GREEN),
        ("http://news.example", Light.RED),
        ("http://127.0.0.1:8000", Light.AMBER),
    ],
)
def test_the_pages_must_be_reached_over_https(clinic: Clinic, url: str, light: Light) -> None:
    clinic.settings(base_url=url)
    assert clinic.one(house.check_web).light is Light.RED, "nobody answers"
    clinic.given["visit"] = says(0)
    assert clinic.one(house.check_web).light is light


@pytest.mark.parametrize(
    ("free", "light"), [(50_000_000, Light.RED), (500_000_000, Light.AMBER), (90_000_000_000, Light.GREEN)]
)
def test_the_journal_needs_room(clinic: Clinic, free: int, light: Light) -> None:
    clinic.given |= {"free": lambda _path: free, "temporary": Path("/nowhere")}
    assert clinic.one(house.check_disk).light is light


def test_a_journal_in_the_temporary_folder_is_amber_and_one_that_cannot_be_written_red(
    clinic: Clinic, tmp_path: Path
) -> None:
    clinic.given |= {"journal": tmp_path / "not" / "yet", "free": lambda _path: 9 * 10**9, "temporary": tmp_path}
    assert clinic.one(house.check_disk).light is Light.AMBER
    clinic.given["journal"] = Path("/proc/1/journal")
    assert clinic.one(house.check_disk).light is Light.RED


@pytest.mark.parametrize(
    ("key", "light"),
    [("kR7-wq2_ZpL0vXc9sTf3bNg6hYdJ4mQe", Light.GREEN), ("please-change-me-0123456789-abcdef", Light.RED)],
)
def test_a_key_that_can_be_guessed_is_red(clinic: Clinic, key: str, light: Light) -> None:
    clinic.settings(secret_key=SecretStr(key))
    found: list[Finding] = clinic.look(house.check_secrets)
    assert [one.light for one in found] == [light]
    assert key not in str(found)
