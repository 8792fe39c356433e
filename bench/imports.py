"""How fast a list of readers comes in: a Mailchimp export with names, dates and tags, into real PostgreSQL.

Three rows of a hundred are bad, two have an address that was there before; every reader gets one subscription, one
event of consent and the import's tag, a tenth of them two tags more. Then the same file again.
"""

import csv
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from bench.place import environment, options, peak_mb, quiet_parts, say
from notifier import imports
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ImportState
from notifier.domain.importing import formats
from notifier.domain.importing.plan import Plan
from notifier.imports.local import Local, begin
from notifier.models import ConsentEvent, Import, Site, Subscriber, SubscriberTag, Subscription, Topic
from notifier.parts import Parts
from notifier.sites import NewSite, add_site
from notifier.sources import lists
from tests.postgresql import running

QUICK, FULL = 50_000, 1_000_000
TOPICS: Final = ("category:سياسة",)
_BAD_EVERY, _AGAIN_EVERY = 33, 50
_DOMAINS: Final = ("gmail.com", "gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com")
_NOW: Final = datetime(2026, 11, 26, 9, tzinfo=UTC)


def main() -> None:
    """Import, import again, and say how long each took."""
    size = options(__doc__ or "", "rows", QUICK, FULL).size
    with running() as server:
        url = server.create()
        figures = measure(quiet_parts(environment(database_url=url)), size)
        server.drop(url)
    say(**figures)


def import_rows_per_s(parts: Parts, size: int = QUICK) -> float:
    """Rows a second into this database, which may hold readers already; for other measurements."""
    site_id = _site(parts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subscribed_members_export.csv"
        write(path, size)
        seconds, _ = _timed(lambda: _import(parts, site_id, path))
    return size / seconds


def measure(parts: Parts, size: int) -> dict[str, Any]:
    """Make a list of `size` rows, take it in twice, and count what is there then."""
    site_id = _site(parts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subscribed_members_export.csv"
        write(path, size)
        before_mb = peak_mb()
        checked_s, _ = _timed(lambda: _import(parts, site_id, path, is_for_good=False))
        seconds, first = _timed(lambda: _import(parts, site_id, path))
        again_s, again = _timed(lambda: _import(parts, site_id, path))
    return {
        "rows": size, "import_seconds": round(seconds, 1), "import_rows_per_s": round(size / seconds),
        "dry_run_seconds": round(checked_s, 1), "again_seconds": round(again_s, 1), "before_mb": before_mb,
        "rss_mb": peak_mb(), "counts": first, "again": again, "there": _there(parts, site_id),
    }  # fmt: skip


def write(path: Path, size: int) -> None:
    """A list as Mailchimp writes it."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["Email Address", "First Name", "Last Name", "OPTIN_TIME", "LEID", "EUID", "TAGS"])
        for n in range(size):
            if n % _BAD_EVERY == 0:
                address = f"reader{n} at {_DOMAINS[n % 6]}"
            else:
                number = n - 1 if n % _AGAIN_EVERY == 0 else n
                domain = f"mail{number % 4999}.example" if number % 5 == 0 else _DOMAINS[number % 6]
                address = f"Reader.{number * 7919 % 999_983}-{number}@{domain}"
            day = f"20{10 + n % 16}-{1 + n % 12:02}-{1 + n % 28:02} 10:{n % 60:02}:00"
            lines.writerow([address, "ليلى", f"حسن {n % 977}", day, n, n, '"VIP","وفد"' if n % 10 == 0 else ""])


def _site(parts: Parts) -> int:
    with parts.db.writing() as session:
        slug = f"bench{session.scalar(select(func.count()).select_from(Site))}"
        site = add_site(session, NewSite(slug=slug, name="صحيفة", sender_address="news@bench.example"), _NOW)
        session.add_all([Topic(site_id=site.id, name=name, label=name.partition(":")[2]) for name in TOPICS])
        return site.id


def _import(parts: Parts, site_id: int, path: Path, *, is_for_good: bool = True) -> dict[str, int]:
    opened = lists.of_file(path)
    head = lists.look(opened)
    found = formats.recognised(head.columns)
    plan = Plan(
        formats.places(head.columns, found.columns), "they signed up", found.name, TOPICS, tag="bench",
        encoding=head.encoding, delimiter=head.delimiter, begin=head.begin,
    )  # fmt: skip
    number = begin(parts, Local(site_id, path, plan, is_for_good=is_for_good), Actor("cli"), _NOW)
    state = imports.advance(parts, number, lambda: _NOW, opened=opened, turn=imports.Turn())
    if state not in {ImportState.DONE, ImportState.CHECKED}:
        raise RuntimeError(state)
    with parts.db.reading() as session:
        return dict(session.get_one(Import, number).counts)


def _there(parts: Parts, site_id: int) -> dict[str, int]:
    mine = Subscriber.site_id == site_id
    with parts.db.reading() as session:
        return {
            "readers": session.scalar(select(func.count()).where(mine)) or 0,
            "subscriptions": session.scalar(select(func.count(Subscription.id)).join(Subscriber).where(mine)) or 0,
            "consent_events": session.scalar(select(func.count()).where(ConsentEvent.site_id == site_id)) or 0,
            "tagged": session.scalar(select(func.count(SubscriberTag.tag_id)).join(Subscriber).where(mine)) or 0,
        }  # fmt: skip


def _timed(do: Callable[[], dict[str, int]]) -> tuple[float, dict[str, int]]:
    begun = time.perf_counter()
    found = do()
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main()
