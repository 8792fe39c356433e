"""Letters out by SMTP: one loop over the connections of one account, which stay from one call to the next."""

import time
from collections.abc import Generator
from typing import Final

from notifier.domain.message import Message
from notifier.transports import NEWS_S, Answer, Feed, Slots
from notifier.transports.account import SessionRefusedError, SmtpAccount
from notifier.transports.channel import Channel
from notifier.transports.pool import GLANCE_S, Pool
from notifier.transports.replies import unfit

FAR_S: Final = 0.01
"""A server whose answers take longer has its next letter made while it thinks."""
LONGEST_S: Final = 150.0
"""What is not answered for by then is given up, so that a task ends by itself before its time limit ends it."""
ROUNDS: Final = 2
"""While letters are made for some connections others answer; theirs are made too before all of them leave."""

_Made = dict[Channel, Message | None]
"""Connections whose content is waited for, each with the letter that follows."""


class SmtpTransport:
    """Sends over the connections of one account. Not for threads."""

    def __init__(self, account: SmtpAccount, slots: Slots | None = None) -> None:
        """`slots` None: only `account.connections` bounds how many this process opens."""
        self.account = account
        self._pool = Pool(account, slots)

    def send(self, feed: Feed) -> Generator[list[Answer], None, None]:
        """Yield (delivery id, outcome) for the messages of the feed, as they become known.

        Where the server offers PIPELINING, a content travels with the envelope of the next letter, so a letter costs
        one round trip. Where the answers take long, more connections are opened, up to `account.connections`.
        """
        self._pool.begin(time.monotonic() + LONGEST_S)
        try:
            yield from self._converse(feed)
        except Exception:
            # A fault that is ours: whatever state the connections are in, nobody uses them again.
            self._pool.hang_up_all()
            raise
        finally:
            # Cut short: a content that is on its way is nobody's to answer for now, and no RSET is heard after a 354.
            self._pool.end_busy()

    def close(self) -> None:
        """Say QUIT on every connection and hang up."""
        self._pool.close()

    def _converse(self, feed: Feed) -> Generator[list[Answer], None, None]:
        pool, answers, told_at = self._pool, list[Answer](), time.monotonic()
        while True:
            try:
                made = self._make(feed, answers)
            except Exception:
                # Whoever cannot make the next letter hears of the last one all the same.
                yield answers
                raise
            if pool.has_heard:
                feed.met()
            if pool.is_lost:
                self._stop(feed, pool.last_words)
            # What was accepted is told before the next content leaves: one note for all that answered meanwhile.
            if answers or time.monotonic() - told_at > NEWS_S:
                yield answers
                told_at = time.monotonic()
            answers = self._speak(feed, made)
            if not answers:
                if self._is_through(feed):
                    return
                if any(channel.lag_s > FAR_S for channel in pool.channels):
                    self._stock(feed, 1)
                answers = pool.hear(min(GLANCE_S, feed.wait_s() or GLANCE_S))

    def _make(self, feed: Feed, answers: list[Answer]) -> _Made:
        """The next letter for each connection that waits for its content; what is heard meanwhile joins the answers."""
        made: _Made = {}
        for _ in range(ROUNDS):
            standing = [one for one in self._pool.ready if one.is_standing and one not in made]
            self._stock(feed, sum(map(self._has_time, standing)))
            for channel in standing:
                made[channel] = self._next(feed, channel, answers) if self._has_time(channel) else None
            # A goodbye, perhaps, on which no content must be spent.
            answers += self._pool.hear(0)
            if not standing or len(made) == len(self._pool.channels):
                break
        return made

    def _has_time(self, channel: Channel) -> bool:
        """Whether another letter can follow the one whose content is waited for."""
        return channel.is_pipelined and channel.letters + 1 < self.account.letters_per_connection

    def _stock(self, feed: Feed, wanted: int) -> None:
        """Have so many letters at hand, if there are so many."""
        at_hand = self._pool.at_hand
        if wanted > len(at_hand):
            at_hand += feed.take(wanted - len(at_hand))

    def _is_through(self, feed: Feed) -> bool:
        # A letter that only lacks a connection waits for one as long as its slice lasts.
        lacks_one = bool(self._pool.at_hand) and self._pool.may_open
        if feed.may_begin() and (lacks_one or feed.wait_s() is not None):
            return False
        return all(one.is_idle or one.is_leaving for one in self._pool.channels)

    def _speak(self, feed: Feed, made: _Made) -> list[Answer]:
        """Give each connection that waits for us its content or its next letter."""
        answers: list[Answer] = []
        for channel, message in made.items():
            answers += self._give(feed, channel, message)
        for channel in list(self._pool.ready):
            if channel.is_idle and (message := self._next(feed, channel, answers)):
                answers += channel.begin(message)
        # Before another one is opened: the number of a socket that was closed may be the next one's.
        self._pool.look_after()
        # To open one takes time, in which contents that are on their way are not heard of: not at the end of a slice.
        if self._pool.has_room() and feed.may_begin():
            answers += self._open(feed)
        return answers

    def _give(self, feed: Feed, channel: Channel, following: Message | None) -> list[Answer]:
        if channel.is_standing and feed.may_begin():
            return channel.give(following)
        if following:
            self._pool.at_hand.append(following)
        if channel.is_standing:
            self._pool.hang_up(channel)
        return []

    def _next(self, feed: Feed, channel: Channel, answers: list[Answer]) -> Message | None:
        """The next message that this server can take; what it cannot is answered for at once."""
        while True:
            self._stock(feed, 1)
            if not self._pool.at_hand:
                return None
            message = self._pool.at_hand.popleft()
            cannot = unfit(message, channel.extensions)
            if cannot is None:
                return message
            answers.append((message.delivery_id, cannot))

    def _open(self, feed: Feed) -> list[Answer]:
        """One connection more, if there is a letter for it."""
        answers: list[Answer] = []
        self._stock(feed, 1)
        if not self._pool.at_hand:
            return answers
        try:
            channel = self._pool.open()
        except SessionRefusedError as fault:
            # No letter was tried: they all stay unanswered.
            self._stop(feed, str(fault), is_for_good=fault.is_for_good)
            return answers
        if channel:
            feed.met()
            if message := self._next(feed, channel, answers):
                answers += channel.begin(message)
        return answers

    def _stop(self, feed: Feed, said: str, *, is_for_good: bool = False) -> None:
        self._pool.may_open = False
        self._pool.at_hand.clear()
        feed.stop(said, is_for_good=is_for_good)
