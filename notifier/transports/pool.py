"""The connections of one account in one process: opened as they are needed, heard together, renewed and given up."""

import math
import time
from collections import deque
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Final

from notifier.domain.message import Message
from notifier.transports import Answer, Slots
from notifier.transports.account import SessionRefusedError, SmtpAccount, open_session
from notifier.transports.channel import GOODBYE_S, Channel

SLOW_S: Final = 0.001
"""A server whose answers take longer is sent to over several connections."""
COMPANY: Final = 8
"""Connections that are used wherever the account has them, however quick the server is: they share their notes."""
GLANCE_S: Final = 0.1
"""How often it is looked whether a server has been silent for too long."""
SLOT_S: Final = 0.1
"""How soon a connection is asked for again where all that the account may have are taken."""
FAULTS_MAX: Final = 2
"""Connections lost in a row, with no letter answered in between, before the rest of a call is spared."""


class Pool:
    """Not for threads. `slots` None: only `account.connections` bounds how many this process opens."""

    def __init__(self, account: SmtpAccount, slots: Slots | None = None) -> None:
        self.account = account
        self._slots = slots
        self.channels: list[Channel] = []
        self.ready: set[Channel] = set()
        """Connections that something happened on, or that have nothing to do."""
        self._writing: set[Channel] = set()
        """Connections whose socket is full."""
        self._selector = DefaultSelector()
        self._open_again_at, self._glance_at = 0.0, 0.0
        self.at_hand: deque[Message] = deque()
        """Letters that are made and have no connection: those of a lost one come first."""
        self.begin(math.inf)

    def begin(self, ends_at: float) -> None:
        """Start a call that has to be over by then; whatever was on its way in the last one is not waited for."""
        self.end_busy()
        self.at_hand.clear()
        self._ends_at = ends_at
        self.faults, self.last_words, self.may_open, self.has_heard = 0, "", True, False

    @property
    def is_lost(self) -> bool:
        """Whether the server cannot be reached: one connection after the other was lost."""
        return self.faults >= FAULTS_MAX

    def hear(self, seconds: float) -> list[Answer]:
        """Wait so long for the first word, and take in all that has come by then."""
        answers: list[Answer] = []
        for key, events in self._selector.select(seconds):
            channel: Channel = key.data
            self.ready.add(channel)
            # What the server said before the line was cut counts: it is read before anything is written.
            if events & EVENT_READ:
                answers += channel.hear()
                self.has_heard = True
            if events & EVENT_WRITE and not channel.is_over:
                answers += channel.flush()
        answers += self._give_up()
        self.look_after()
        return answers

    def _give_up(self) -> list[Answer]:
        """End the connections whose server has been silent for too long, or longer than a call may last."""
        answers: list[Answer] = []
        now = time.monotonic()
        if now >= self._glance_at:
            self._glance_at = now + GLANCE_S
            for channel in self.channels:
                ends_at = math.inf if channel.is_idle else self._ends_at
                if not channel.is_over and min(channel.deadline(), ends_at) <= now:
                    answers += channel.give_up()
                    self.ready.add(channel)
        return answers

    def has_room(self) -> bool:
        """Whether one more connection may be opened, and would be of use."""
        if not self.may_open or len(self.channels) >= self.account.connections:
            return False
        if not self._open_again_at <= time.monotonic() < self._ends_at:
            return False
        are_few = len(self.channels) < COMPANY or all(channel.lag_s > SLOW_S for channel in self.channels)
        return are_few and not any(channel.is_idle for channel in self.channels)

    def open(self) -> Channel | None:
        """One more connection; None where the account has no more for now. Raises SessionRefusedError."""
        if self._slots and not self._slots.take(len(self.channels)):
            self._open_again_at = time.monotonic() + SLOT_S
            return None
        try:
            channel = Channel(open_session(self.account), self.account)
            self._selector.register(channel, EVENT_READ, channel)
        except SessionRefusedError:
            self._free_slot()
            self.may_open = False
            if not self.channels:
                raise
            return None
        except BaseException:
            self._free_slot()
            raise
        self.channels.append(channel)
        self.ready.add(channel)
        return channel

    def look_after(self) -> None:
        """Part with connections that are over or have carried their letters; watch whether the others can write."""
        for channel in list(self.ready):
            if channel.is_idle and channel.letters >= self.account.letters_per_connection:
                channel.leave()
            if channel.is_over:
                self._part_with(channel)
                continue
            if not (channel.is_idle or channel.is_standing):
                self.ready.discard(channel)
            if channel.wants_to_write is not (channel in self._writing):
                self._writing ^= {channel}
                self._selector.modify(channel, EVENT_READ | (EVENT_WRITE if channel.wants_to_write else 0), channel)

    def hang_up(self, channel: Channel) -> None:
        """End a connection without a word."""
        channel.hang_up()
        self._part_with(channel)

    def hang_up_all(self) -> None:
        """End them all."""
        for channel in list(self.channels):
            self.hang_up(channel)

    def end_busy(self) -> None:
        """End those that are in the midst of something."""
        for channel in [one for one in self.channels if not one.is_idle]:
            self.hang_up(channel)

    def close(self) -> None:
        """Say QUIT on every connection and hang up."""
        # Never QUIT after a 354: it would be taken for the letter.
        self.end_busy()
        for channel in self.channels:
            channel.leave()
        until = time.monotonic() + GOODBYE_S
        while self.channels and time.monotonic() < until:
            self.hear(until - time.monotonic())
        self.hang_up_all()

    def _part_with(self, channel: Channel) -> None:
        self.channels.remove(channel)
        self.ready.discard(channel)
        self._writing.discard(channel)
        self._selector.unregister(channel)
        self._free_slot()
        self.at_hand.extendleft(reversed(channel.unsent))
        self.faults = self.faults + 1 if channel.last_words and (channel.was_silent or not channel.letters) else 0
        self.last_words = channel.last_words or self.last_words
        self.may_open = self.may_open and not self.is_lost

    def _free_slot(self) -> None:
        if self._slots:
            self._slots.free()
