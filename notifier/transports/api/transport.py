"""Letters out by HTTP: one request a letter, several at once where the answers take long."""

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Final

from notifier.account import Account
from notifier.domain.message import Message
from notifier.domain.outcome import Refused, Uncertain
from notifier.domain.slowdown import Scope
from notifier.transports import NEWS_S, Answer, Feed, Slots
from notifier.transports.api.call import Barred, Provider, Reply, cannot
from notifier.transports.api.wire import Left, Lost, Wire

ANSWER_S: Final = 60.0
"""An API that takes longer over one letter is not going to answer."""
LONGEST_S: Final = 150.0
"""What is not answered for by then is given up, so that a task ends by itself before its time limit ends it."""
FAULTS_MAX: Final = 2
"""Connections lost in a row before the rest of a call is spared."""
SLOT_S: Final = 0.1
_PAUSE_S: Final = 0.01


def machine_time() -> datetime:
    """The machine's own clock: signatures are dated, whatever the demo says."""
    return datetime.now(UTC)


class ApiTransport:
    """Sends by one account, at most `account.connections` letters at a time. Not for threads, though it has some."""

    def __init__(
        self, account: Account, provider: Provider, slots: Slots | None = None,
        clock: Callable[[], datetime] = machine_time,
    ) -> None:  # fmt: skip
        """`slots` None: only `account.connections` bounds how many letters this process has on their way."""
        self._account, self._provider, self._slots, self._clock = account, provider, slots, clock
        self._wire: Wire | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._flying: dict[Future[Reply | Lost], Message] = {}
        self._begin()

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        """Yield (delivery id, outcome) for the messages of the feed, as they become known.

        A further letter leaves only after the caller has come back with the answers so far.
        """
        self._begin()
        try:
            yield from self._converse(feed)
        finally:
            # Cut short: nobody hears of those that are on their way.
            if self._flying:
                self.close()
            self._free_lanes()

    def close(self) -> None:
        """Hang up. A later `send` connects again."""
        self._flying.clear()
        if self._wire is not None:
            self._wire.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._wire = self._pool = None

    def _begin(self) -> None:
        self._lanes, self._faults, self._is_over, self._ask_again_at = 0, 0, False, 0.0

    def _converse(self, feed: Feed) -> Generator[list[Answer], None, None]:
        ends_at = time.monotonic() + LONGEST_S
        while True:
            answers = self._fill(feed)
            if self._flying:
                done, _ = wait(self._flying, min(NEWS_S, feed.wait_s() or NEWS_S), FIRST_COMPLETED)
                answers += self._heard(feed, done)
                if time.monotonic() > ends_at:
                    answers += self._given_up()
            elif not answers:
                wait_s = None if self._is_over else feed.wait_s()
                if wait_s is None:
                    return
                time.sleep(min(max(wait_s, _PAUSE_S), NEWS_S))
            yield answers

    def _fill(self, feed: Feed) -> list[Answer]:
        """Begin as many letters as there are lanes for; gives those that no API of this provider can take."""
        answers: list[Answer] = []
        while not self._is_over and (room := self._room()):
            messages = feed.take(room)
            if not messages:
                break
            for message in messages:
                if refused := cannot(self._provider, message):
                    answers.append((message.delivery_id, refused))
                else:
                    self._launch(message)
        return answers

    def _launch(self, message: Message) -> None:
        knobs = self._account
        if self._wire is None or self._pool is None:
            # Begun late: neither threads nor connections come along when a worker forks.
            self._wire = Wire(knobs.connections, knobs.connect_timeout_s, min(knobs.reply_timeout_s, ANSWER_S))
            self._pool = ThreadPoolExecutor(knobs.connections, "letters-by-api")
        call = self._provider.letter(message, self._clock())
        self._flying[self._pool.submit(self._wire.ask, call)] = message

    def _room(self) -> int:
        """How many letters may be begun; one lane more is opened where all are taken."""
        free = self._lanes - len(self._flying)
        if free > 0 or self._lanes >= self._account.connections or time.monotonic() < self._ask_again_at:
            return max(0, free)
        if self._slots and not self._slots.take(self._lanes):
            self._ask_again_at = time.monotonic() + SLOT_S
            return 0
        self._lanes += 1
        return 1

    def _heard(self, feed: Feed, done: Iterable[Future[Reply | Lost]]) -> list[Answer]:
        answers: list[Answer] = []
        for one in done:
            message, found = self._flying.pop(one), one.result()
            if isinstance(found, Reply):
                feed.met()
                self._faults = 0
                answers += self._judged(feed, message, found)
            else:
                answers += self._lost(feed, message, found)
        return answers

    def _judged(self, feed: Feed, message: Message, reply: Reply) -> list[Answer]:
        outcome = self._provider.judge(reply)
        if isinstance(outcome, Barred):
            self._stop(feed, outcome.said, is_for_good=outcome.is_for_good)
            return []
        if isinstance(outcome, Refused) and outcome.slows is Scope.ACCOUNT:
            # The budget learns of it when this call is over; until then nothing more is begun.
            self._is_over = True
        return [(message.delivery_id, outcome)]

    def _lost(self, feed: Feed, message: Message, lost: Lost) -> list[Answer]:
        self._faults += 1
        if lost.left is Left.NOTHING or self._faults >= FAULTS_MAX:
            self._stop(feed, lost.said)
        if lost.left is Left.NOTHING:
            return []
        return [(message.delivery_id, Uncertain(lost.said) if lost.left is Left.ALL else Refused(lost.said))]

    def _given_up(self) -> list[Answer]:
        answers: list[Answer] = [(one.delivery_id, Uncertain("no answer in time")) for one in self._flying.values()]
        self._is_over = True
        self.close()
        return answers

    def _stop(self, feed: Feed, said: str, *, is_for_good: bool = False) -> None:
        self._is_over = True
        feed.stop(said, is_for_good=is_for_good)

    def _free_lanes(self) -> None:
        for _ in range(self._lanes if self._slots else 0):
            if self._slots:
                self._slots.free()
        self._lanes = 0
