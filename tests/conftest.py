"""Fixtures that every test may ask for."""

from tests.databases import database_url, db, empty_database_url, postgresql, sqlite_template
from tests.valkey import empty_redis_url, redis_url, valkey

__all__ = [
    "database_url",
    "db",
    "empty_database_url",
    "empty_redis_url",
    "postgresql",
    "redis_url",
    "sqlite_template",
    "valkey",
]
