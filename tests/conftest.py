"""Fixtures that every test may ask for."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest

from tests.chromium import browser
from tests.databases import database_url, db, empty_database_url, postgresql, sqlite_template
from tests.valkey import empty_redis_url, redis_url, valkey

__all__ = [
    "browser",
    "database_url",
    "db",
    "empty_database_url",
    "empty_redis_url",
    "postgresql",
    "redis_url",
    "sqlite_template",
    "valkey",
]


CORE = {
    *("stages", "processes", "journal", "test_migrations.py", "test_indexes.py"),
    *("test_at_once.py", "test_books.py", "test_sending.py", "test_story.py", "test_suppression.py"),
    *("test_undoing.py", "test_suppressions.py"),
}
"""Where statements are written, locks met and books balanced: there `make test` asks both databases."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark with `servers` whatever would run otherwise on another PostgreSQL or Redis.

    And with `twice` what says on PostgreSQL, outside the core, what the same test says on SQLite.
    """
    on_sqlite = {(item.path, _name(item)) for item in items if _database(item) == "sqlite"}
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        database = _database(item)
        is_core = not CORE.isdisjoint(item.path.relative_to(item.config.rootpath).parts)
        if database == "postgresql" and not is_core and (item.path, _name(item)) in on_sqlite:
            item.add_marker("twice")
        if database == "postgresql" or "postgresql" in asked or ("redis_url" in asked and database is None):
            item.add_marker("servers")
    _widen(items)


def _given(item: pytest.Item) -> dict[str, object]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _database(item: pytest.Item) -> object:
    return _given(item).get("database_url") or _given(item).get("empty_database_url")


def _name(item: pytest.Item) -> str:
    return getattr(item, "originalname", item.name)


def _widen(items: Sequence[pytest.Item]) -> None:
    """Mark with `wide` all but so many cases of a `matrix`, evenly spread, on each database for itself."""
    cases: dict[tuple[object, ...], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("matrix"):
            cases[item.path, _name(item), _given(item).get("database_url")].append(item)
    for row in cases.values():
        (kept,) = next(row[0].iter_markers("matrix")).args
        chosen = {round(step * (len(row) - 1) / max(kept - 1, 1)) for step in range(kept)}
        for place, item in enumerate(row):
            if place not in chosen:
                item.add_marker("wide")


@pytest.fixture(autouse=True)
def _logs_end_with_their_test() -> Iterator[None]:
    """A command that sets logs up in this process writes to a stream that is closed with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
