"""The machine and the address it is reached at: clock, disk, secrets, and the pages over https."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward, is_here
from notifier.doctor.words import said
from notifier.shared import client

OFF: Final = timedelta(seconds=5)
FAR_OFF: Final = timedelta(seconds=60)
"""Signatures, puzzles and webhooks bear minutes; the date of a letter should not be seen to be wrong."""
DISK_LEAST, DISK_LOW = 100_000_000, 1_000_000_000
_GUESSED: Final = ("change", "secret", "example", "password", "notifier", "tests-only", "0123456789", "abcdefgh")


def check_clock(ward: Ward) -> Iterator[Finding]:
    """Our clock against each that answers."""
    for name, theirs in (("database", _database), ("redis", _redis), ("https", _web)):
        before = ward.now()
        at = theirs(ward)
        if at is not None:
            yield _off(Pen("clock", name), at - (before + (ward.now() - before) / 2))


def _off(pen: Pen, by: timedelta) -> Finding:
    told = said("clock_off", seconds=f"{by.total_seconds():+.1f}")
    if abs(by) > FAR_OFF:
        return pen.red(told, said("do_clock_set"))
    return pen.amber(told, said("do_clock_keep")) if abs(by) > OFF else pen.green(told)


def _database(ward: Ward) -> datetime | None:
    if ward.parts.db.engine.dialect.name != "postgresql":
        return None  # SQLite has no clock of its own.
    try:
        with ward.parts.db.reading() as session:
            at: datetime | None = session.scalar(text("SELECT clock_timestamp()"))
    except SQLAlchemyError:
        return None
    return at


def _redis(ward: Ward) -> datetime | None:
    connection = client(ward.parts.settings.redis_url.get_secret_value())
    if connection is None:
        return None
    try:
        with connection:
            seconds, micros = connection.time()
    except (redis.RedisError, OSError):
        return None
    return datetime.fromtimestamp(seconds + micros / 1e6, ward.now().tzinfo)


def _web(ward: Ward) -> datetime | None:
    try:
        said = ward.visit(f"{ward.parts.settings.base_url}/health").get("date", "")
        return parsedate_to_datetime(said) + timedelta(seconds=0.5)
    except (OSError, ValueError):
        return None


def check_web(ward: Ward) -> Iterator[Finding]:
    """The pages, as readers reach them."""
    url = ward.parts.settings.base_url
    pen, parts = Pen("base_url", url), urlsplit(url)
    try:
        ward.visit(f"{url}/health")
    except OSError as fault:
        yield pen.red(str(fault), said("do_web"))
        return
    if parts.scheme == "https":
        yield pen.green(said("web_well"))
    elif is_here(parts.hostname or ""):
        yield pen.amber(said("web_here"), said("do_web_here"))
    else:
        yield pen.red(said("web_plain"), said("do_web_plain"))


def check_disk(ward: Ward) -> Iterator[Finding]:
    """Where what was accepted is noted down."""
    pen, place = Pen("journal", str(ward.journal)), ward.journal
    there = next((one for one in (place, *place.parents) if one.exists()), place)
    if not os.access(there, os.W_OK):
        yield pen.red(said("disk_closed"), said("do_disk_closed"))
        return
    free = ward.free(there)
    told = said("disk_free", size=f"{free / 1e9:.1f}")
    if free < DISK_LEAST:
        yield pen.red(told, said("do_disk_full"))
    elif free < DISK_LOW:
        yield pen.amber(told, said("do_disk_low"))
    elif place.is_relative_to(ward.temporary):
        yield pen.amber(said("disk_temporary", told=told), said("do_disk_temporary"))
    else:
        yield pen.green(told)


def check_secrets(ward: Ward) -> Iterator[Finding]:
    """The keys that sign links, and passwords that travel."""
    knobs, pen = ward.parts.settings, Pen("secrets", "NOTIFIER_SECRET_KEY")
    keys = [one.get_secret_value() for one in (knobs.secret_key, *knobs.secret_keys_previous)]
    if any(word in key.lower() for key in keys for word in _GUESSED):
        yield pen.red(said("secret_guessed"), said("do_secret"), "openssl rand -base64 48")
    else:
        yield pen.green(said("secret_well", number=len(keys) - 1))
    for name, account in ward.accounts.items():
        if account.username and not account.password.get_secret_value():
            yield Pen("secrets", name).red(said("secret_no_password"), said("do_secret_password"))
