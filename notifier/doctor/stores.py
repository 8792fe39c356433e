"""What we stand on: Redis keeps what it is given, PostgreSQL loses nothing it has confirmed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifier import migrate
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.doctor.words import said
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
        yield pen.skipped(said("redis_none"), said("do_redis_none"))
        return
    try:
        with connection:
            found: Mapping[str, Any] = connection.info()
    except (redis.RedisError, OSError) as fault:
        yield pen.red(said("no_answer", fault=type(fault).__name__), said("do_redis_start"))
        return
    yield of_redis(found)


def of_redis(found: Mapping[str, Any]) -> Finding:
    """The finding of an INFO."""
    pen = Pen("redis", "redis")
    most, policy = int(found.get("maxmemory", 0)), str(found.get("maxmemory_policy", ""))
    version = found.get("valkey_version") or found.get("redis_version", "")
    kept = "redis_told_kept" if found.get("aof_enabled") else "redis_told"
    told = said(kept, version=version, policy=policy)
    if most and policy != "noeviction":
        return pen.red(told, said("do_redis_full"), "maxmemory-policy noeviction")
    if found.get("aof_last_write_status", "ok") != "ok" or found.get("rdb_last_bgsave_status", "ok") != "ok":
        return pen.red(said("redis_disk", told=told), said("do_redis_disk"))
    if most and int(found.get("used_memory", 0)) > FULL * most:
        return pen.amber(said("redis_nearly_full", told=told), said("do_redis_memory"))
    if policy != "noeviction":
        return pen.amber(told, said("do_redis_policy"), "maxmemory-policy noeviction")
    if not found.get("aof_enabled"):
        return pen.amber(told, said("do_redis_keep"), "appendonly yes")
    return pen.green(told)


def check_database(ward: Ward) -> Iterator[Finding]:
    """The schema, then the settings of the server."""
    pen = Pen("database", ward.parts.db.engine.dialect.name)
    try:
        if not migrate.is_current(ward.parts.db.url):
            yield pen.red(said("db_schema"), said("do_db_schema"), "notifier migrate")
            return
        if pen.about == "sqlite":
            yield pen.green(said("db_file"))
            return
        with ward.parts.db.reading() as session:
            asked = ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
            found = dict(zip(_SETTINGS, session.execute(text(f"SELECT {asked}")).one(), strict=True))
            used = session.scalar(text("SELECT count(*) FROM pg_stat_activity")) or 0
    except SQLAlchemyError as fault:
        yield pen.red(said("no_answer", fault=type(fault).__name__), said("do_db_start"))
        return
    yield of_postgresql(found, used)


def of_postgresql(found: Mapping[str, str], used: int) -> Finding:
    """The finding of a server's settings, with so many connections open."""
    pen, most = Pen("database", "postgresql"), int(found["max_connections"])
    told = said("db_told", version=found["server_version"], used=used, most=most)
    if off := [name for name in ("fsync", "full_page_writes", "autovacuum") if found[name] == "off"]:
        names = said("db_off", told=told, names=", ".join(off))
        return pen.red(names, said("do_db_off"), "; ".join(f"{name} = on" for name in off))
    if found["synchronous_commit"] == "off":
        names = said("db_off", told=told, names="synchronous_commit")
        return pen.amber(names, said("do_db_commit"), "synchronous_commit = on")
    if used > FULL * most:
        return pen.amber(told, said("do_db_connections"))
    if int(found["server_version_num"]) < POSTGRES_LEAST * 10_000:
        return pen.amber(told, said("do_db_old", least=POSTGRES_LEAST))
    return pen.green(told)
