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
    told = f"{by.total_seconds():+.1f} s against this machine"
    if abs(by) > FAR_OFF:
        return pen.red(told, "Set the clocks: run chrony or systemd-timesyncd on both machines.")
    return pen.amber(told, "Keep the clocks with chrony or systemd-timesyncd.") if abs(by) > OFF else pen.green(told)


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
        yield pen.red(str(fault), "Every link of every letter leads there: start `notifier serve` and its proxy.")
        return
    if parts.scheme == "https":
        yield pen.green("answers over https")
    elif is_here(parts.hostname or ""):
        yield pen.amber("this machine alone can open it", "Set NOTIFIER_BASE_URL to the address that readers reach.")
    else:
        yield pen.red("answers without https", "Put TLS before it: one-click unsubscribing wants https (RFC 8058).")


def check_disk(ward: Ward) -> Iterator[Finding]:
    """Where what was accepted is noted down."""
    pen, place = Pen("journal", str(ward.journal)), ward.journal
    there = next((one for one in (place, *place.parents) if one.exists()), place)
    if not os.access(there, os.W_OK):
        yield pen.red("cannot be written to", "Let the workers' user write there, or set NOTIFIER_JOURNAL_FOLDER.")
        return
    free = ward.free(there)
    told = f"{free / 1e9:.1f} GB free"
    if free < DISK_LEAST:
        yield pen.red(told, "Make room: without a journal a killed worker's letters go out twice.")
    elif free < DISK_LOW:
        yield pen.amber(told, "Make room soon.")
    elif place.is_relative_to(ward.temporary):
        advice = "Set NOTIFIER_JOURNAL_FOLDER: what is temporary may be gone after a power cut."
        yield pen.amber(f"{told}; in the temporary folder", advice)
    else:
        yield pen.green(told)


def check_secrets(ward: Ward) -> Iterator[Finding]:
    """The keys that sign links, and passwords that travel."""
    knobs, pen = ward.parts.settings, Pen("secrets", "NOTIFIER_SECRET_KEY")
    keys = [one.get_secret_value() for one in (knobs.secret_key, *knobs.secret_keys_previous)]
    advice = "Make a new one, and keep the old one in NOTIFIER_SECRET_KEYS_PREVIOUS only if nobody else has it."
    if any(word in key.lower() for key in keys for word in _GUESSED):
        yield pen.red("a key that can be guessed", advice, "openssl rand -base64 48")
    else:
        yield pen.green(f"one key signs, {len(keys) - 1} more verify")
    for name, account in ward.accounts.items():
        if account.username and not account.password.get_secret_value():
            yield Pen("secrets", name).red("a name without a password", "Give the account its password.")
