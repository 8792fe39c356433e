"""The whole way round: a real letter of each account to a return path of ours, until it comes back to us."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from notifier.account import Account
from notifier.accounts import LocalConnections, Slots
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Ward
from notifier.doctor.words import said
from notifier.domain.headers import date
from notifier.domain.message import Message
from notifier.domain.outcome import Refused, Uncertain
from notifier.feedback import probes
from notifier.transports.listed import send_all
from notifier.transports.made import transport_of

KEY: Final = "loop"
LOOK_S: Final = 0.5
STEP_S: Final = 20.0
"""For one account to take its probe."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A probe that an account took."""

    pen: Pen
    probe: int


def check(ward: Ward, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[Finding]:
    """Send a probe by each account and wait for all of them, so many seconds at the most. The only check that sends."""
    if not ward.parts.settings.bounce_domain:
        yield Pen(KEY, "bounces").skipped(said("loop_no_domain"), said("do_loop_no_domain"))
        return
    if not ward.senders:
        yield Pen(KEY, "sites").skipped(said("no_site"), said("do_no_site"))
        return
    waiting: list[Sent] = []
    for name, account in ward.accounts.items():
        found = _sent(ward, Pen(KEY, name), account)
        if isinstance(found, Finding):
            yield found
        else:
            waiting.append(found)
    yield from _awaited(ward, waiting, wait_s, sleep)


def _sent(ward: Ward, pen: Pen, account: Account) -> Sent | Finding:
    one = Sent(pen, probes.number())
    bounded = account.model_copy(update={
        "connections": 1,
        "connect_timeout_s": min(account.connect_timeout_s, STEP_S),
        "reply_timeout_s": min(account.reply_timeout_s, STEP_S),
    })  # fmt: skip
    transport = transport_of(bounded, Slots("loop", LocalConnections({"loop": 1})))
    try:
        ((_, outcome),) = send_all(transport, [_letter(ward, one.probe)])
    finally:
        transport.close()
    if isinstance(outcome, Refused | Uncertain):
        return pen.red(said("loop_not_taken", answer=outcome.reply), said("do_loop_not_taken"))
    return one


def _letter(ward: Ward, probe: int) -> Message:
    # Not from the path itself: a bounce of the probe would look like the probe.
    domain = next(iter(ward.senders))
    to, sender = probes.path(ward.parts.signer, probe, ward.parts.settings.bounce_domain), f"postmaster@{domain}"
    lines = (
        f"From: <{sender}>", f"To: <{to}>", f"Date: {date(ward.now())}", "Subject: A letter of the doctor to ourselves",
        f"Message-ID: <probe.{probe}@{domain}>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii", "", "It went out to see whether bounces find their way back.", "",
    )  # fmt: skip
    return Message(1, sender, to, "\r\n".join(lines).encode())


def _awaited(ward: Ward, waiting: list[Sent], wait_s: float, sleep: Callable[[float], None]) -> Iterator[Finding]:
    began = time.monotonic()
    while waiting and (took_s := time.monotonic() - began) < wait_s:
        with ward.parts.db.reading() as session:
            come = [one for one in waiting if probes.has_come(session, one.probe)]
        for one in come:
            yield one.pen.green(said("loop_back", seconds=f"{took_s:.0f}"))
            waiting.remove(one)
        if waiting:
            sleep(LOOK_S)
    for one in waiting:
        yield one.pen.red(said("loop_lost", seconds=f"{wait_s:.0f}"), said("do_loop_lost"))
