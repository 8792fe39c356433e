"""A claim's page in the ledger: what became of its letters, written many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, insert, select
from sqlalchemy.orm import Session

from notifier import outbox, tally
from notifier.bulk import among, told
from notifier.domain.calls import HookEvent
from notifier.domain.outcome import Outcome, Refused, Sent, Uncertain
from notifier.domain.retry import retry_in
from notifier.domain.words import Reason, State
from notifier.models import Delivery, DeliveryEvent
from notifier.stages.record.claims import Claim, Terms, prolong
from notifier.stages.record.writing import free

DETAIL_CHARACTERS = 500


def _told(state: State, reason: Reason | None) -> HookEvent | None:
    """What endpoints are told of such an ending."""
    if state is State.FAILED:
        return HookEvent.DELIVERY_FAILED
    return HookEvent.DELIVERY_SUPPRESSED if state is State.DROPPED and reason is Reason.SUPPRESSED else None


@dataclass(frozen=True, slots=True)
class Book:
    """A claim's page in the ledger, open for one transaction."""

    session: Session
    claim: Claim
    now: datetime
    terms: Terms

    def drop(self, unwanted: Mapping[int, Reason]) -> None:
        """End deliveries that must not be sent any more, each with its reason."""
        for reason in set(unwanted.values()):
            self._end([one for one, why in unwanted.items() if why is reason], State.DROPPED, reason, "")

    def fail(self, delivery_id: int, reason: Reason, detail: str) -> None:
        """End a delivery that cannot be made or can never be accepted."""
        self._note([(delivery_id, detail)], "failed")
        self._end([delivery_id], State.FAILED, reason, detail)

    def outcomes(self, answers: Iterable[tuple[int, Outcome]]) -> None:
        """Write down what the transport said."""
        sent: list[tuple[int, str]] = []
        uncertain: list[tuple[int, str]] = []
        later: list[tuple[int, str]] = []
        uncharged: defaultdict[str, list[int]] = defaultdict(list)
        for delivery_id, outcome in answers:
            match outcome:
                case Sent(reply):
                    sent.append((delivery_id, reply))
                case Uncertain(reply):
                    uncertain.append((delivery_id, reply))
                case Refused(reply, forever=True):
                    self.fail(delivery_id, Reason.REFUSED, reply)
                case Refused(reply, charged=False):
                    uncharged[reply].append(delivery_id)
                case Refused(reply):
                    later.append((delivery_id, reply))
        self._sent(sent)
        for reply, ids in uncharged.items():
            self._wait(ids, reply)
        self._try_again(later, Reason.TRY_AGAIN)
        self._uncertain(uncertain)

    def _wait(self, ids: Iterable[int], said: str) -> None:
        """Queue letters again that were on the wire when the server failed: uncounted, but behind all others.

        For should it be them that it fails at, the others must not wait for them for ever.
        """
        wait = retry_in(1, self.terms.retry_base_s, self.terms.retry_cap_s, self.terms.dice())
        self._queue(ids, self.now + wait, Reason.UNREACHABLE, said, uncounted=1)

    def put_off(self, ids: Iterable[int], said: str) -> None:
        """Queue letters again that met a dead server: the try is not counted, for it was not theirs."""
        again = self.now + timedelta(seconds=self.terms.unreachable_s)
        self._queue(ids, again, Reason.UNREACHABLE, said, uncounted=1)

    def give_back(self, ids: Iterable[int], at: datetime | None = None) -> None:
        """Return claimed deliveries untried, to be sent at once or at a moment: the attempt is not counted."""
        self._queue(ids, at or self.now, None, "", uncounted=1)

    def rest(self, ids: Iterable[int], at: datetime, until: datetime) -> None:
        """Queue claimed deliveries again for the end of quiet hours: untried, and no older for the wait.

        They may leave at least `until` then.
        """
        which = list(ids)
        self._queue(which, at, Reason.QUIET, "", uncounted=1)
        prolong(self.session, among(self.session, Delivery.id, which), until)

    def _sent(self, answers: Sequence[tuple[int, str]]) -> None:
        if not answers:
            return
        texts = {one: reply[:DETAIL_CHARACTERS] for one, reply in answers}
        statement = free(among(self.session, Delivery.id, texts) & self._ours(), State.SENT)
        said = told(self.session, Delivery.id, texts)
        tally.end(
            self.session, statement.values(reason=None, detail=said, finished_at=self.now, account=self.claim.account)
        )

    def _uncertain(self, answers: Sequence[tuple[int, str]]) -> None:
        if not answers:
            return
        ids = [one for one, _ in answers]
        rows = self.session.execute(select(Delivery.id, Delivery.kind).where(among(self.session, Delivery.id, ids)))
        kinds = dict(rows.all())
        done = [one for one in answers if kinds.get(one[0]) in self.terms.sent_if_uncertain]
        for delivery_id, reply in done:
            self._end([delivery_id], State.SENT, Reason.UNCERTAIN, reply)
        self._note(done, "uncertain")
        self._try_again([one for one in answers if one not in done], Reason.UNCERTAIN)

    def _try_again(self, answers: Sequence[tuple[int, str]], reason: Reason) -> None:
        if not answers:
            return
        self._note(answers, "deferred" if reason is Reason.TRY_AGAIN else "uncertain")
        ids = [one for one, _ in answers]
        rows = self.session.execute(select(Delivery.id, Delivery.attempts).where(among(self.session, Delivery.id, ids)))
        tries = dict(rows.all())
        terms = self.terms
        for delivery_id, reply in answers:
            attempts = tries.get(delivery_id, 1)
            if attempts >= terms.attempts_max:
                self._end([delivery_id], State.FAILED, Reason.ATTEMPTS, reply)
                continue
            again = self.now + retry_in(attempts, terms.retry_base_s, terms.retry_cap_s, terms.dice())
            self._queue([delivery_id], again, reason, reply)

    def _queue(
        self, ids: Iterable[int], at: datetime, reason: Reason | None, detail: str, *, uncounted: int = 0
    ) -> None:
        if (statement := self._free(ids, State.QUEUED, reason, detail)) is not None:
            again = statement.values(attempts=Delivery.attempts - uncounted, next_attempt_at=at)
            self.session.execute(again)

    def _end(self, ids: Iterable[int], state: State, reason: Reason | None, detail: str) -> None:
        which = list(ids)
        if (statement := self._free(which, state, reason, detail)) is not None:
            through = {"account": self.claim.account} if state is State.SENT else {}
            tally.end(self.session, statement.values(finished_at=self.now, **through))
            if event := _told(state, reason):
                outbox.tell_of_endings(self.session, event, which, self.now)

    def _free(self, ids: Iterable[int], state: State, reason: Reason | None, detail: str) -> Update | None:
        """What writes this of these; None for nobody."""
        which = list(ids)
        ours = among(self.session, Delivery.id, which) & self._ours()
        return free(ours, state).values(reason=reason, detail=detail[:DETAIL_CHARACTERS]) if which else None

    def _note(self, answers: Iterable[tuple[int, str]], kind: str) -> None:
        rows = [
            {"delivery_id": one, "at": self.now, "kind": kind, "detail": said[:DETAIL_CHARACTERS]}
            for one, said in answers
        ]
        if rows:
            self.session.execute(insert(DeliveryEvent), rows)

    def _ours(self) -> ColumnElement[bool]:
        return (Delivery.lease_token == self.claim.token) & (Delivery.state == State.SENDING)
