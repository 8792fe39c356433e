"""How soon a confirmation arrives while a long digest goes out: from the sign-up to the 250 of its letter."""

import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select

from bench.fill import Crowd, fill
from bench.place import options, say
from bench.send import KINDS, PROCESSES, START_S, Ground, prepare, wait
from notifier import flow, readers, ring
from notifier.consent.signup import SignUpForm
from notifier.embedded.tree import Job, Tree
from notifier.models import Site, Topic
from notifier.processes import beat_argv, worker_argv
from notifier.queue import Nudge

QUICK, FULL = 10_000, 100_000
SIGNUPS_LEAST, SIGNUPS_MOST = 10, 200
LETTERS_A_SIGNUP: Final = 200
"""A send should outlast the people who sign up during it."""
PEOPLE: Final = "@newcomers.example"
EVERY_S: Final = 0.1
WARM_LETTERS: Final = 200
"""So many of the digest have come before anybody signs up: the send is under way."""
LAST_S: Final = 30.0
PERCENT: Final = 100


def main() -> None:
    """Queue a digest for so many readers, let people sign up while it is sent, and say how long each waited."""
    letters = options(__doc__ or "", "letters", QUICK, FULL).size
    signups = max(SIGNUPS_LEAST, min(SIGNUPS_MOST, letters // LETTERS_A_SIGNUP))
    with ExitStack() as stack:
        ground = prepare(stack)
        say(**measure(ground, letters, signups))


def measure(ground: Ground, letters: int, signups: int) -> dict[str, Any]:
    """Send, sign people up all the while, and stop when the last of them has a letter."""
    now, nudges = datetime.now(UTC), list[Nudge]()
    run = fill(ground.parts, Crowd(letters, KINDS), now)
    flow.plan_run(replace(ground.parts, bell=nudges.extend), run, now)
    ground.sink.watch(PEOPLE)
    with Tree(ground.folder) as tree:
        tree.start(Job("worker", worker_argv(PROCESSES), ground.env))
        schedule = str(ground.folder / "schedule")
        tree.start(Job("beat", [*beat_argv(), "--schedule", schedule], ground.env))
        wait((ground.folder / "stamp").exists, tree, START_S)
        publisher = ring.publisher(ground.env["NOTIFIER_REDIS_URL"])
        ring.ring(publisher, nudges)
        wait(lambda: ground.sink.letters() >= WARM_LETTERS, tree, START_S)
        before, begun = ground.sink.letters(), time.time()
        asked = _sign_up(ground, tree, signups, bell=lambda more: ring.ring(publisher, more))
        wait(lambda: len(ground.sink.times()) >= signups, tree, LAST_S)
        bulk = ground.sink.letters() - before - len(ground.sink.times())
        seconds = time.time() - begun
    return _figures(ground, asked, letters) | {"bulk_rate_per_s": round(bulk / seconds, 1)}


def _sign_up(ground: Ground, tree: Tree, people: int, bell: Any) -> dict[str, float]:  # noqa: ANN401 - a Bell
    """One person after the other, each with an address of their own, as the web does it; address -> when."""
    parts, asked = replace(ground.parts, bell=bell), {}
    with parts.db.reading() as session:
        site = session.scalars(select(Site.slug)).one()
        topic = session.scalars(select(Topic.name).where(Topic.name.like("category:%")).limit(1)).one()
    for number in range(people):
        address = f"n{number}{PEOPLE}"
        asked[address] = time.time()
        readers.request_signup(parts, SignUpForm(site, address, (topic,), "daily"), datetime.now(UTC))
        tree.watch()
        time.sleep(EVERY_S)
    return asked


def _figures(ground: Ground, asked: dict[str, float], letters: int) -> dict[str, Any]:
    came = ground.sink.times()
    waits = sorted(came[address] - at for address, at in asked.items() if address in came)
    balance = flow.status(ground.parts).balance
    return {
        "bulk_planned": letters,
        "bulk_left": balance.open,
        "signups": len(asked),
        "missing": len(asked) - len(waits),
        "p50_s": _percentile(waits, 50),
        "p99_s": _percentile(waits, 99),
        "worst_s": _percentile(waits, PERCENT),
    }


def _percentile(ordered: list[float], percent: int) -> float | None:
    """The wait that so many per cent did not exceed; None where nobody got anything."""
    if not ordered:
        return None
    return round(ordered[max(0, -(-len(ordered) * percent // PERCENT) - 1)], 3)


if __name__ == "__main__":
    main()
