"""Letters out by SMTP: one loop over the connections of one account, which stay from one call to the next."""

import math
import time
from collections import deque
from collections.abc import Callable, Generator
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Final

from notifier.domain.message import Message
from notifier.transports import NEWS_S, Answer, Feed, Slots
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.channel import GOODBYE_S, Channel
from notifier.transports.replies import unfit

SLOW_S, FAR_S = 0.001, 0.01
"""Whose answers take longer is sent to over several connections; or has the next letter made while it thinks."""
LONGEST_S: Final = 150.0
"""What is not answered for by then is given up, so that a task ends by itself before its time limit ends it."""
GLANCE_S: Final = 0.1
"""How often it is looked whether a server has been silent for too long."""
SLOT_S: Final = 0.1
"""How soon a connection is asked for again where all that the account may have are taken."""
FAULTS_MAX: Final = 2
"""Connections lost in a row, with no letter answered in between, before the rest of a call is spared."""


class SmtpTransport:
    """The connections of one account in this process, each renewed after its letters. Not for threads."""

    def __init__(self, account: SmtpAccount, slots: Slots | None = None) -> None:
        """`slots` None: only `account.connections` bounds how many this process opens."""
        self.account = account
        self._slots = slots
        self._channels: list[Channel] = []
        self._selector = DefaultSelector()
        self._ready: set[Channel] = set()
        """Connections that something happened on, or that have nothing to do."""
        self._writing: set[Channel] = set()
        """Connections whose socket is full."""
        self._again: deque[Message] = deque()
        self._faults, self._last_words, self._may_open, self._has_heard = 0, "", True, False
        self._open_again_at, self._glance_at, self._ends_at = 0.0, 0.0, math.inf

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        """Yield (delivery id, outcome) for the messages of the feed, as they become known.

        Where the server offers PIPELINING, a content travels with the envelope of the next letter, so a letter costs
        one round trip. Where the answers take long, more connections are opened, up to `account.connections`.
        """
        self._end([channel for channel in self._channels if not channel.is_idle], Channel.hang_up)
        self._again.clear()
        self._faults, self._last_words, self._may_open, self._has_heard = 0, "", True, False
        self._ends_at = time.monotonic() + LONGEST_S
        try:
            yield from self._converse(feed)
        except Exception:
            # A fault that is ours: whatever state the connections are in, nobody uses them again.
            self._end(self._channels, Channel.hang_up)
            raise
        finally:
            # Cut short: a content that is on its way is nobody's to answer for now, and no RSET is heard after a 354.
            self._end([channel for channel in self._channels if not channel.is_idle], Channel.hang_up)

    def close(self) -> None:
        """Say QUIT on every connection and hang up."""
        # Never QUIT after a 354: it would be taken for the letter.
        self._end([channel for channel in self._channels if not channel.is_idle], Channel.hang_up)
        for channel in self._channels:
            channel.leave()
        until = time.monotonic() + GOODBYE_S
        while self._channels and time.monotonic() < until:
            self._hear(until - time.monotonic())
        self._end(self._channels, Channel.hang_up)

    # -- the loop

    def _converse(self, feed: Feed) -> Generator[list[Answer], None, None]:
        told_at = time.monotonic()
        while True:
            answers = self._speak(feed)
            if not answers:
                if self._is_through(feed):
                    return
                self._stock_up(feed)
                answers = self._hear(min(GLANCE_S, feed.wait_s() or GLANCE_S))
            if self._has_heard:
                feed.met()
            if self._faults >= FAULTS_MAX:
                self._stop(feed, self._last_words)
            if answers or time.monotonic() - told_at > NEWS_S:
                yield answers
                told_at = time.monotonic()

    def _stock_up(self, feed: Feed) -> None:
        """Make one letter while the server thinks: over a slow link the next content need not wait for it."""
        if not self._again and any(one.lag_s > FAR_S for one in self._channels) and (message := feed.take()):
            self._again.append(message)

    def _is_through(self, feed: Feed) -> bool:
        # A letter that only lacks a connection waits for one as long as its slice lasts.
        if self._again and self._may_open and feed.may_begin():
            return False
        return feed.wait_s() is None and all(channel.is_idle or channel.is_leaving for channel in self._channels)

    def _hear(self, seconds: float) -> list[Answer]:
        """Wait so long for the first word, and take in all that has come by then."""
        answers: list[Answer] = []
        heard = self._selector.select(seconds)
        for key, events in heard:
            channel: Channel = key.data
            self._ready.add(channel)
            if events & EVENT_WRITE:
                answers += channel.flush()
            if events & EVENT_READ and not channel.is_over:
                answers += channel.hear()
                self._has_heard = True
        answers += self._give_up()
        self._look_after()
        return answers

    def _give_up(self) -> list[Answer]:
        """End the connections whose server has been silent for too long, or longer than a call may last."""
        answers: list[Answer] = []
        now = time.monotonic()
        if now >= self._glance_at:
            self._glance_at = now + GLANCE_S
            for channel in self._channels:
                ends_at = math.inf if channel.is_idle else self._ends_at
                if not channel.is_over and min(channel.deadline(), ends_at) <= now:
                    answers += channel.give_up()
                    self._ready.add(channel)
        return answers

    def _speak(self, feed: Feed) -> list[Answer]:
        """Give each connection that waits for us its content or its next letter."""
        answers: list[Answer] = []
        standing = [channel for channel in self._ready if channel.is_standing]
        following = [self._following(feed, channel, answers) for channel in standing]
        # What came while the caller was at work: a goodbye, perhaps, on which no content must be spent.
        answers += self._hear(0)
        for channel, message in zip(standing, following, strict=True):
            answers += self._give(feed, channel, message)
        for channel in list(self._ready):
            if channel.is_idle and (message := self._next(feed, channel, answers)):
                answers += channel.begin(message)
        # Before another one is opened: the number of a socket that was closed may be the next one's.
        self._look_after()
        if self._has_room():
            answers += self._open(feed)
        return answers

    def _following(self, feed: Feed, channel: Channel, answers: list[Answer]) -> Message | None:
        has_room = channel.is_pipelined and channel.letters + 1 < self.account.letters_per_connection
        return self._next(feed, channel, answers) if has_room else None

    def _give(self, feed: Feed, channel: Channel, following: Message | None) -> list[Answer]:
        if channel.is_standing and feed.may_begin():
            return channel.give(following)
        if following:
            self._again.append(following)
        if channel.is_standing:
            self._end([channel], Channel.hang_up)
        return []

    def _next(self, feed: Feed, channel: Channel, answers: list[Answer]) -> Message | None:
        """The next message that this server can take; what it cannot is answered for at once."""
        while message := self._again.popleft() if self._again else feed.take():
            cannot = unfit(message, channel.extensions)
            if cannot is None:
                return message
            answers.append((message.delivery_id, cannot))
        return None

    # -- connections

    def _has_room(self) -> bool:
        if not self._may_open or len(self._channels) >= self.account.connections:
            return False
        if not self._open_again_at <= time.monotonic() < self._ends_at:
            return False
        return all(channel.lag_s > SLOW_S and not channel.is_idle for channel in self._channels)

    def _open(self, feed: Feed) -> list[Answer]:
        message = self._again.popleft() if self._again else feed.take()
        if message is None:
            return []
        if self._slots and not self._slots.take(len(self._channels)):
            self._again.appendleft(message)
            self._open_again_at = time.monotonic() + SLOT_S
            return []
        try:
            channel = Channel(open_session(self.account), self.account)
            self._selector.register(channel, EVENT_READ, channel)
        except SessionRefusedError as fault:
            self._free_slot()
            if self._channels:
                self._may_open = False
                self._again.appendleft(message)
                return []
            # The letter stays unanswered, as all the others do: it was not tried.
            self._stop(feed, str(fault), is_for_good=fault.is_for_good)
            return []
        except BaseException:
            self._free_slot()
            raise
        feed.met()
        self._channels.append(channel)
        self._ready.add(channel)
        cannot = unfit(message, channel.extensions)
        return [(message.delivery_id, cannot)] if cannot else channel.begin(message)

    def _stop(self, feed: Feed, said: str, *, is_for_good: bool = False) -> None:
        self._may_open = False
        self._again.clear()
        feed.stop(said, is_for_good=is_for_good)

    def _free_slot(self) -> None:
        if self._slots:
            self._slots.free()

    def _look_after(self) -> None:
        """Part with connections that are over or have carried their letters; watch whether the others can write."""
        for channel in list(self._ready):
            if channel.is_idle and channel.letters >= self.account.letters_per_connection:
                channel.leave()
            if channel.is_over:
                self._part_with(channel)
                continue
            if not (channel.is_idle or channel.is_standing):
                self._ready.discard(channel)
            if channel.wants_to_write is not (channel in self._writing):
                self._writing ^= {channel}
                self._selector.modify(channel, EVENT_READ | (EVENT_WRITE if channel.wants_to_write else 0), channel)

    def _part_with(self, channel: Channel) -> None:
        self._channels.remove(channel)
        self._ready.discard(channel)
        self._writing.discard(channel)
        self._selector.unregister(channel)
        self._free_slot()
        self._again.extendleft(reversed(channel.unsent))
        self._faults = self._faults + 1 if channel.last_words and (channel.was_silent or not channel.letters) else 0
        self._last_words = channel.last_words or self._last_words
        self._may_open = self._may_open and self._faults < FAULTS_MAX

    def _end(self, channels: list[Channel], how: Callable[[Channel], object]) -> None:
        for channel in list(channels):
            how(channel)
            self._part_with(channel)
