"""How many events of providers, and reports by mail, are taken in a second: two processes, PostgreSQL, nothing lost.

Each event is proven, matched, kept and takes effect. A tenth is told twice, by both processes at once.
"""

import json
import multiprocessing
import random
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from bench.fill import Crowd, fill
from bench.place import environment, options, quiet_parts, say, server_version
from bench.send import KINDS
from notifier import flow, mailroom, observe
from notifier.domain import webhook
from notifier.domain.links import VERP
from notifier.domain.outcome import Sent
from notifier.domain.words import Lane
from notifier.feedback import clues
from notifier.feedback.door import Arrival, Kind, Place
from notifier.mailroom import providers
from notifier.models import Delivery, DeliveryEvent
from notifier.parts import Parts
from notifier.stages import record
from tests.postgresql import running

QUICK, FULL = 10_000, 100_000
PROCESSES, BATCH, MAILS_PART = 2, 200, 20
KNOBS: Final = {"journal_folder": "/nonexistent", "redis_url": "redis://127.0.0.1:1/0", "complaint_rate_alert": "1"}
SAID: Final = (
    ("delivered", "", ""),
    ("delivered", "", ""),
    ("delivered", "", ""),
    ("delivered", "", ""),
    ("delivered", "", ""),
    ("bounced", "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist"),
    ("bounced", "", "552 صندوق البريد ممتلئ"),
    ("bounced", "5.7.26", "550 5.7.26 This mail has been blocked because the sender is unauthenticated"),
    ("delayed", "4.4.1", "connect to mx.example[203.0.113.9]:25: Connection timed out"),
    ("complained", "", ""),
)
REPORT: Final = """From: MAILER-DAEMON@mx.example\r
Message-ID: <{0}@mx.example>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; x@example.org\r
Action: failed\r
Status: 5.2.2\r
Diagnostic-Code: smtp; 552 5.2.2 mailbox full\r
\r
--b--\r
"""


def main() -> None:
    """Send letters, tell what became of them, and count what is kept."""
    given = options(__doc__ or "", "events", QUICK, FULL)
    with ExitStack() as stack:
        server = stack.enter_context(running())
        url = server.create()
        stack.callback(server.drop, url)
        env = environment(database_url=url, **KNOBS)
        parts = quiet_parts(env)
        stack.callback(parts.db.close)
        ids = sent(parts, given.size)
        told = batches(parts, ids)
        seconds, cpu = at_once(take_batches, env, [told[n::PROCESSES] for n in range(PROCESSES)])
        mails = ids[::MAILS_PART][: given.size // MAILS_PART]
        mail_seconds, _ = at_once(take_mails, env, [mails[n::PROCESSES] for n in range(PROCESSES)])
        count = sum(len(events) for events in told)
        say(
            events=count,
            events_per_s=round(count / seconds),
            cpu_ms_per_event=round(cpu * 1000 / count, 3),
            mails_per_s=round(len(mails) / mail_seconds),
            lost=lost(parts, ids, mails),
            is_balanced=flow.status(parts).balance.is_balanced,
            postgresql=server_version(parts.db),
        )


def sent(parts: Parts, count: int) -> list[int]:
    """So many letters that a server took; gives their deliveries."""
    now = datetime.now(UTC)
    flow.plan_run(parts, fill(parts, Crowd(count, KINDS), now), now)
    with parts.db.writing() as session:
        ids = list(session.scalars(select(Delivery.id).order_by(Delivery.id)))
        span = record.Span(Lane.DIGESTS, ids[0], ids[-1])
        for _ in range(0, len(ids), 5000):
            claim = replace(record.claim(session, span, "bench", now, parts.terms, 5000), account="smtp")
            book = record.Book(session, claim, now, parts.terms)
            book.outcomes([(one.id, Sent("250 taken")) for one in claim.owed])
    return ids


def event(parts: Parts, delivery: int, at: datetime) -> dict[str, str]:
    """What is told of one letter."""
    kind, status, detail = SAID[delivery % len(SAID)]
    told = {"event": kind, "message_id": clues.mark(parts.signer, delivery), "at": at.isoformat()}
    return told | {"status": status, "detail": detail}


def batches(parts: Parts, ids: list[int]) -> list[list[dict[str, str]]]:
    """In no order, a tenth of it twice."""
    dice, at = random.Random(7), datetime.now(UTC) - timedelta(minutes=1)  # noqa: S311 - the same every time
    told = [event(parts, one, at) for one in (*ids, *ids[::10])]
    dice.shuffle(told)
    return [told[n : n + BATCH] for n in range(0, len(told), BATCH)]


def at_once(target: Any, env: dict[str, str], shares: list[list[Any]]) -> tuple[float, float]:  # noqa: ANN401 - a function of this module
    """Let each process take its share; gives the seconds until all were done, and those of their processors."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(len(shares) + 1)
    spent = [spawn.Value("d", 0.0) for _ in shares]
    processes = [
        spawn.Process(target=target, args=(env, share, ready, one)) for share, one in zip(shares, spent, strict=True)
    ]
    for process in processes:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a process ended with {process.exitcode}")
    return time.perf_counter() - began, sum(one.value for one in spent)


def take_batches(env: dict[str, str], share: list[list[dict[str, str]]], ready: Any, spent: Any) -> None:  # noqa: ANN401 - a barrier, and a number that is shared
    """As the web does for each request."""
    observe.set_up_logs("json", "warning")
    parts = quiet_parts(env)
    key, now = providers.key_of(parts), datetime.now(UTC)
    requests = []
    for number, events in enumerate(share):
        body, hook = json.dumps({"events": events}).encode(), webhook.Hook(f"m{number}", int(now.timestamp()))
        stamp = {"webhook-id": hook.id, "webhook-timestamp": str(hook.timestamp)}
        signed = stamp | {"webhook-signature": webhook.sign(key, hook, body)}
        requests.append(providers.Request(signed, body, now))
    ready.wait(60)
    began = time.process_time()
    for request in requests:
        if providers.heed(parts, "generic", request) is None:
            raise RuntimeError("not taken")
    spent.value = time.process_time() - began


def take_mails(env: dict[str, str], share: list[int], ready: Any, spent: Any) -> None:  # noqa: ANN401 - the same
    """As LMTP does for each mail: one transaction each."""
    observe.set_up_logs("json", "warning")
    parts = quiet_parts(env)
    ready.wait(60)
    for delivery in share:
        assert parts.signer.read_short(VERP, f"{delivery}.{parts.signer.short(VERP, delivery)}") == delivery  # noqa: S101 - what LMTP asks first
        arrival = Arrival(Place(Kind.BOUNCE, delivery), REPORT.format(delivery).encode(), "")
        mailroom.take_in(parts, arrival, datetime.now(UTC))
    spent.value = time.process_time()


def lost(parts: Parts, ids: list[int], mails: list[int]) -> int:
    """How many events are missing, or are there twice."""
    full = {one for one in ids if SAID[one % len(SAID)][2].startswith("552")}
    wanted = len(ids) + len(set(mails) - full)
    with parts.db.reading() as session:
        found = session.scalar(select(func.count()).where(DeliveryEvent.key.is_not(None))) or 0
    return abs(wanted - found)


if __name__ == "__main__":
    main()
