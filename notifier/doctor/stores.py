"""What we stand on: Redis keeps what it is given, PostgreSQL loses nothing it has confirmed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifier import migrate
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.shared import client

FULL: Final = 0.9
POSTGRES_LEAST: Final = 14
_SETTINGS: Final = (
    *("server_version_num", "fsync", "full_page_writes", "synchronous_commit", "autovacuum"),
    *("max_connections", "server_version"),
)


def check_redis(ward: Ward) -> Iterator[Finding]:
    """Persistence, eviction, room."""
    pen = Pen("redis", "redis")
    connection = client(ward.parts.settings.redis_url.get_secret_value())
    if connection is None:
        yield pen.skipped("the budgets have no Redis", "Set NOTIFIER_REDIS_URL: without, each process counts alone.")
        return
    try:
        with connection:
            found: Mapping[str, Any] = connection.info()
    except (redis.RedisError, OSError) as fault:
        yield pen.red(f"no answer ({type(fault).__name__})", "Start it, or put NOTIFIER_REDIS_URL right.")
        return
    yield of_redis(found)


def of_redis(found: Mapping[str, Any]) -> Finding:
    """The finding of an INFO."""
    pen = Pen("redis", "redis")
    most, policy = int(found.get("maxmemory", 0)), str(found.get("maxmemory_policy", ""))
    version = found.get("valkey_version") or found.get("redis_version", "")
    told = f"{version}, {policy}, append-only {'on' if found.get('aof_enabled') else 'off'}"
    if most and policy != "noeviction":
        return pen.red(told, "When it is full it throws nudges and budgets away.", "maxmemory-policy noeviction")
    if found.get("aof_last_write_status", "ok") != "ok" or found.get("rdb_last_bgsave_status", "ok") != "ok":
        return pen.red(f"{told}; its last write to the disk failed", "Look at its log and its disk.")
    if most and int(found.get("used_memory", 0)) > FULL * most:
        return pen.amber(f"{told}; nearly full", "Give it more memory: once it is full, it refuses every nudge.")
    if policy != "noeviction":
        return pen.amber(told, "Nothing is thrown away only while it has no limit.", "maxmemory-policy noeviction")
    if not found.get("aof_enabled"):
        return pen.amber(told, "After a crash the day's budgets begin anew: keep them.", "appendonly yes")
    return pen.green(told)


def check_database(ward: Ward) -> Iterator[Finding]:
    """The schema, then the settings of the server."""
    pen = Pen("database", ward.parts.db.engine.dialect.name)
    try:
        if not migrate.is_current(ward.parts.db.url):
            yield pen.red("the schema is of another version", "Bring it up to date.", "notifier migrate")
            return
        if pen.about == "sqlite":
            yield pen.green("one file, for one machine")
            return
        with ward.parts.db.reading() as session:
            asked = ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
            found = dict(zip(_SETTINGS, session.execute(text(f"SELECT {asked}")).one(), strict=True))
            used = session.scalar(text("SELECT count(*) FROM pg_stat_activity")) or 0
    except SQLAlchemyError as fault:
        yield pen.red(f"no answer ({type(fault).__name__})", "Start it, or put NOTIFIER_DATABASE_URL right.")
        return
    yield of_postgresql(found, used)


def of_postgresql(found: Mapping[str, str], used: int) -> Finding:
    """The finding of a server's settings, with so many connections open."""
    pen, most = Pen("database", "postgresql"), int(found["max_connections"])
    told = f"{found['server_version']}, {used} of {most} connections"
    if off := [name for name in ("fsync", "full_page_writes", "autovacuum") if found[name] == "off"]:
        advice = "Switch it on: without, a power cut breaks the books, or every look at them gets slower."
        return pen.red(f"{told}; {', '.join(off)} off", advice, "; ".join(f"{name} = on" for name in off))
    if found["synchronous_commit"] == "off":
        advice = "After a power cut the last letters may go out twice."
        return pen.amber(f"{told}; synchronous_commit off", advice, "synchronous_commit = on")
    if used > FULL * most:
        return pen.amber(told, "Raise max_connections, or run fewer processes: soon some will not get in.")
    if int(found["server_version_num"]) < POSTGRES_LEAST * 10_000:
        return pen.amber(told, f"Versions before {POSTGRES_LEAST} are no longer looked after: upgrade it.")
    return pen.green(told)
