"""The command that opens the books: `notifier status`, of all letters, by run, or looked at while letters leave."""

import json
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from rich.console import Group
from rich.live import Live

from notifier import assembly, clock, flow
from notifier.cli import alarms
from notifier.cli.pages import View, last, name, one, whole
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.domain.words import LetterKind
from notifier.parts import Parts
from notifier.stages import books
from notifier.stages.books import Key
from notifier.tally import PAGED

WATCH_S: Final = 1.0
LOOK_SHARE: Final = 0.1
"""At most this part of the time is spent on looking: counting a million open letters takes a while."""
PIPED_S: Final = 5.0
"""How often a pipe or a file is told, in which no picture can be redrawn."""
RATE_OVER_S: Final = 10.0


def status(
    site: SiteOption = "",
    runs: Annotated[int, typer.Option(min=0, help="The last so many runs and alerts, one a line.")] = 0,
    run: Annotated[str, typer.Option(help="One of them, with its reasons: `digest:12`, `alert:7`.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look on until every letter is done.")] = False,
) -> None:
    """The balance of all letters, and why some did not go out. Exit code 1 if the books do not balance.

    Without --runs and --run every letter is counted, one by one; those two, and --watch until it ends, read the
    running count.
    """
    parts, key = assembly.parts(), _key(run) if run else None
    look = _looker(parts, site, runs, key, is_audit=not watch)
    found = look()
    if watch and not as_json:
        follow(look, found)
        found = _looker(parts, site, runs, key, is_audit=True)()
    elif as_json:
        accounts = {name: asdict(state) for name, state in parts.accounts.states().items()}
        for account, day in parts.daily.all(clock.now()).items():
            accounts[account]["warmup"] = asdict(day)
        told = {**found.told, "is_balanced": found.is_balanced, "accounts": accounts, "alarms": alarms.told(parts)}
        console.print_json(json.dumps(told, default=datetime.isoformat))
    else:
        console.print(found.shown)
        _say_accounts(parts)
        alarms.say_alarms(parts)
    if not found.is_balanced:
        refuse("the books do not balance", FAILED)


def _say_accounts(parts: Parts) -> None:
    """The accounts through which nothing leaves at present, and those that begin slowly."""
    for account, state in parts.accounts.states().items():
        if not state.is_up:
            why = "its server refuses the name or the password" if state.is_refused else "its server cannot be reached"
            console.print(f"account {account} is down: {why}; tried again in {state.wait_s:.0f} s", highlight=False)
    for account, day in parts.daily.all(clock.now()).items():
        when = f"day {day.day + 1} of {day.days + 1}" if day.day >= 0 else f"begins in {-day.day} days"
        console.print(f"account {account} warms up: {when}, {day.sent:,} of {day.cap:,} letters today", highlight=False)


def _key(word: str) -> Key:
    kind, _, about = word.partition(":")
    if kind not in {one.value for one in PAGED} or not about.isdecimal():
        refuse(f"{word!r} names no run: write it as `notifier status --runs 10` does, such as digest:12 or alert:7")
    return LetterKind(kind), int(about)


def _looker(parts: Parts, site: str, runs: int, run: Key | None, *, is_audit: bool) -> Callable[[], View]:
    with parts.db.reading() as session:
        site_id = the_site(session, site).id if site else None
        heading = books.heading(session, run) if run else None
    if run:
        if heading is None:
            refuse(f"there is no {name(run)}")
        return lambda: one(parts.db, heading)
    if runs:
        return lambda: last(parts.db, runs, site_id)
    if is_audit:
        return lambda: whole(flow.status(parts, site_id))
    return lambda: whole(flow.pulse(parts, site_id))


def follow(look: Callable[[], View], found: View) -> None:
    """Show it again and again, with the rate of the last seconds, until nothing is open."""
    seen = deque([(time.monotonic(), found.balance.done)])
    said_at = -math.inf
    with Live(found.shown, console=console, auto_refresh=False) as live:
        while found.balance.open:
            begun = time.monotonic()
            found = look()
            now = time.monotonic()
            seen.append((now, found.balance.done))
            while now - seen[1][0] > RATE_OVER_S:
                seen.popleft()
            picture = Group(found.shown, pace(seen, found.balance.open))
            live.update(picture, refresh=True)
            if not console.is_terminal and now - said_at >= PIPED_S:
                said_at = now
                console.print(picture)
            time.sleep(max(WATCH_S, (now - begun) / LOOK_SHARE) if found.balance.open else 0)


def pace(seen: Sequence[tuple[float, int]], left: int) -> str:
    """How many letters a second end and when none is left, of (seconds, letters done), the oldest first."""
    (began, before), (now, done) = seen[0], seen[-1]
    if not left:
        return "every letter is done"
    if done <= before:
        return f"no letter was done within the last {now - began:.0f} s"
    rate = (done - before) / (now - began)
    return f"{rate:,.1f} letters/s, the rest takes {timedelta(seconds=round(left / rate))}"
