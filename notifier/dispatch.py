"""One claim's letters on their way: what may be sent, how each is made, and what is to be written down of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from notifier import returns
from notifier.accounts import Choice
from notifier.allowance import portion
from notifier.budget import ACCOUNT as OWN
from notifier.budget import Heard
from notifier.consent import confirmation, signing_in
from notifier.consent.goodbyes import UNDO
from notifier.consent.vetoes import NOT_ME
from notifier.db import stand_by
from notifier.domain.address import AddressInvalid
from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.domain.links import Links
from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Refused, Sent
from notifier.domain.slowdown import Scope
from notifier.domain.traces import Tracking
from notifier.domain.words import Lane, LetterKind, Reason
from notifier.feedback import clues
from notifier.parts import Parts
from notifier.stages import check, gather, left_out, record, shown
from notifier.stages.render import Draft, RenderFailed, Stencil
from notifier.stages.send import Feed, Pace
from notifier.transports import Answer

Clock = Callable[[], datetime]
CLAIMS: Final = "claims"
"""What every claim stands by: who queues up under it has seen all that were open before."""
WRITTEN_AT_ONCE: Final = 500
WRITTEN_EVERY: Final = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one task claimed and may send, with the contents of its letters."""

    account: str
    lane: Lane
    claim: record.Claim
    ready: tuple[Claimed, ...]
    contents: dict[gather.Key, LetterContent]
    tokens: dict[int, str] = field(repr=False)
    """For letters sent for the sake of one link: delivery id -> the token in it."""


def claim_chunk(parts: Parts, span: record.Span, choice: Choice, token: str, now: datetime) -> Chunk:
    """Claim | check | gather, in one transaction, for an account that was chosen."""
    knobs = parts.settings
    account = choice.name or ""
    most = choice.most or portion(parts, account)
    with parts.db.writing() as session:
        # A correction asks for all who were shown an earlier version: those of claims still open must be there to see.
        stand_by(session, CLAIMS)
        claim = replace(record.claim(session, span, token, now, parts.terms, most), account=account)
        checked = check.check(session, claim.owed, now, parts.quiet)
        book = record.Book(session, claim, now, parts.terms)
        book.drop(checked.unwanted)
        for (kind, until), ids in checked.resting.items():
            book.rest(ids, until, until + parts.keeps(kind))
        token_lasts = timedelta(hours=knobs.token_expires_h)
        tokens = _tokens(parts, session, checked.ready, now, token_lasts)
        lasts = {LetterKind.CONFIRM: token_lasts, LetterKind.MAGIC_LINK: signing_in.LINK_LASTS}
        contents = gather.followed(session, gather.gather(session, checked.ready, now, lasts))
        if knobs.inbound_domain:
            contents = gather.answerable(session, contents)
        shown.note(session, checked.ready, contents)
        left = left_out.vanished(checked.ready, contents) | checked.left_out
        record.unname(session, left_out.settle(session, claim.owed, left, now))
        return Chunk(account, span.lane, claim, checked.ready, contents, tokens)


def _tokens(
    parts: Parts, session: Session, ready: Sequence[Claimed], now: datetime, lasts: timedelta
) -> dict[int, str]:
    """What opens the door that a letter is sent for the sake of, by delivery."""
    tokens = dict[int, str]()
    for one in ready:
        if one.kind is LetterKind.CONFIRM:
            tokens[one.delivery_id] = confirmation.mint(session, one.about_id, now, lasts)
        elif one.kind is LetterKind.MAGIC_LINK:
            tokens[one.delivery_id] = signing_in.mint(session, one.about_id, now)
        elif one.kind is LetterKind.GOODBYE:
            tokens[one.delivery_id] = parts.signer.sign(UNDO, one.delivery_id)
        elif one.kind is LetterKind.ADDRESS_CHANGE:
            tokens[one.delivery_id] = parts.signer.sign(NOT_ME, one.about_id)
    return tokens


class Maker:
    """Makes the letters of one chunk personal."""

    def __init__(self, parts: Parts, chunk: Chunk, clock: Clock) -> None:
        self._parts = parts
        self._chunk = chunk
        self._clock = clock
        self._echo = parts.settings.accounts[chunk.account].echo_header
        self._stencils: dict[tuple[gather.Key, Tracking], tuple[Stencil, Links]] = {}
        self.failures: dict[int, tuple[Reason, str]] = {}
        """Delivery id -> why its letter cannot be made."""

    def messages(self, some: Sequence[Claimed]) -> list[Message]:
        """Their letters; one that cannot be made is noted, the others go on."""
        drafts = [draft for one in some if (draft := self._draft(one))]
        # Signed one right after the other: a signature's tables and the code around it drive each other out of the
        # processor's caches.
        return [self._marked(draft.sealed()) for draft in drafts]

    def _marked(self, message: Message) -> Message:
        """With the header that the account's provider sends back in its webhooks, where it needs one."""
        if not self._echo:
            return message
        mark = f"{self._echo}: {clues.mark(self._parts.signer, message.delivery_id)}\r\n"
        return replace(message, data=mark.encode() + message.data)

    def _draft(self, one: Claimed) -> Draft | None:
        content = self._chunk.contents[one.content_key]
        if content.tracking is Tracking.READERS and not one.may_track:
            content = replace(content, tracking=Tracking.OFF)
        key = one.content_key, content.tracking
        try:
            if key not in self._stencils:
                links = self._parts.links(content.site.sender_address, is_answerable=content.is_answerable)
                self._stencils[key] = self._parts.press.stencil(content), links
            stencil, links = self._stencils[key]
            token = self._chunk.tokens.get(one.delivery_id, "")
            return stencil.draft(links.personal(one, self._clock(), token))
        except (RenderFailed, ValueError) as error:
            reason = Reason.ADDRESS if isinstance(error, AddressInvalid) else Reason.RENDERING
            self.failures[one.delivery_id] = reason, f"{type(error).__name__}: {error}"
            return None


def _with_others(outcome: Outcome) -> Outcome:
    """What one account's server cannot do is tried again: the next try may draw another account."""
    return replace(outcome, forever=False) if isinstance(outcome, Refused) and outcome.is_only_here else outcome


class Dispatch:
    """One chunk on its way, and what waits to be written down of its letters."""

    def __init__(self, parts: Parts, chunk: Chunk, clock: Clock) -> None:
        self._parts = parts
        self._chunk = chunk
        self._clock = clock
        self._maker = Maker(parts, chunk, clock)
        self.feed = Feed(chunk.ready, self._maker.messages, self._pace(clock()))
        self._left = {one.delivery_id for one in chunk.ready}
        self._answers: list[Answer] = []
        self._said: list[Answer] = []
        self._written_at = clock()

    def _pace(self, now: datetime) -> Pace:
        parts, knobs, lane = self._parts, self._parts.settings, self._chunk.lane
        return Pace(
            budget=parts.budget,
            account=self._chunk.account,
            group_of=parts.group_of,
            clock=self._clock,
            until=now + timedelta(seconds=knobs.task_slice_s),
            longest=now + timedelta(seconds=max(knobs.task_slice_s, knobs.task_longest_s)),
            is_awaited=lambda: parts.is_awaited(lane),
        )

    @property
    def account(self) -> str:
        """Through which it goes."""
        return self._chunk.account

    def take_in(self, answers: Sequence[Answer]) -> list[int]:
        """Keep what a transport said until it is written; gives what a journal notes, doubts below zero."""
        has_others = len(self._parts.transports) > 1
        answers = [(one, _with_others(said)) for one, said in answers] if has_others else answers
        self._answers += answers
        self._said += answers
        self._left.difference_update([one for one, _ in answers])
        return [one if isinstance(said, Sent) else -one for one, said in answers if not isinstance(said, Refused)]

    def is_full(self) -> bool:
        """Whether it is time to write."""
        is_late = bool(self._answers) and self._clock() - self._written_at > WRITTEN_EVERY
        return is_late or len(self._answers) >= WRITTEN_AT_ONCE

    def write(self) -> None:
        """Write down what became of letters so far."""
        with self._parts.db.writing() as session:
            self._write(self._book(session))
        self._written()

    def give_back_untouched(self) -> None:
        """Return what no transport has seen, uncounted: whatever broke this task, it was not these letters."""
        with self._parts.db.writing() as session:
            self._book(session).give_back(self._left - self.feed.groups.keys() - self._maker.failures.keys())

    def finish(self, session: Session) -> None:
        """Write down the rest, and give back what was not sent."""
        book = self._book(session)
        self._write(book)
        if self.feed.is_refused:
            returns.barred(session, self._chunk.account, book.now)
        left = self._left - self._maker.failures.keys()
        if self.feed.fault:
            book.put_off(left, self.feed.fault)
            return
        turns = {one: at for one, at in self.feed.later() if one in left}
        book.give_back(left - turns.keys())
        for one, at in turns.items():
            book.give_back([one], at)

    def tell(self) -> None:
        """Tell the budget and the breaker how it went; what was granted and not used goes back."""
        account, feed = self._chunk.account, self.feed
        feed.close()
        self._parts.budget.hear(account, self._heard())
        if feed.has_met or feed.fault:
            self._parts.accounts.breaker.heard(account, is_up=not feed.fault, is_refused=feed.is_refused)

    def _heard(self) -> dict[str, Heard]:
        accepted, slowed = Counter[str](), Counter[str]()
        for delivery_id, outcome in self._said:
            group = self.feed.groups.get(delivery_id, "")
            accepted[group] += isinstance(outcome, Sent)
            if isinstance(outcome, Refused) and outcome.slows:
                slowed[OWN if outcome.slows is Scope.ACCOUNT else group] += 1
        self._said = []
        return {group: Heard(accepted[group], slowed[group]) for group in {*accepted, *slowed}}

    def _write(self, book: record.Book) -> None:
        book.outcomes(self._answers)
        returns.refused(self._parts, book.session, self._chunk.account, self._answers, book.now)
        for one, (reason, detail) in self._maker.failures.items():
            book.fail(one, reason, detail)

    def _written(self) -> None:
        # Only once it is committed: until then it may have to be written again.
        self._left -= self._maker.failures.keys()
        self._maker.failures.clear()
        self._answers, self._written_at = [], self._clock()

    def _book(self, session: Session) -> record.Book:
        return record.Book(session, self._chunk.claim, self._clock(), self._parts.terms)
