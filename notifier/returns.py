"""What came back takes effect: on the books, on the address, on the reader's wishes, on what we send by; once each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from notifier.consent import links, suppression
from notifier.consent.links import Farewell, Scope
from notifier.domain.outcome import Outcome, Refused
from notifier.domain.returns.classify import classify
from notifier.domain.returns.event import Returned
from notifier.domain.returns.standing import Against
from notifier.domain.returns.words import Blame, EventKind
from notifier.feedback import alarms, events, standings
from notifier.feedback.events import Concerned
from notifier.parts import Parts
from notifier.stages import record

Kept = Sequence[tuple[Returned, Concerned]]


def take(parts: Parts, told: Sequence[Returned], now: datetime) -> int:
    """Keep what became known of letters and let it take effect, in one transaction; gives how much of it was new."""
    with parts.db.writing() as session:
        return take_within(parts, session, told, now)


def take_within(parts: Parts, session: Session, told: Sequence[Returned], now: datetime) -> int:
    """The same, in the caller's transaction."""
    new = events.note(session, told)
    if not new:
        return 0
    _return(session, [one for one, _ in new if one.kind is EventKind.BOUNCED], now)
    _hold(parts, session, new, now)
    _complain(parts, session, new, now)
    for one, whom in new:
        if one.kind is EventKind.LEFT and whom.subscriber_id:
            leave(session, whom, one.source, now)
    by_account: dict[str, list[str]] = defaultdict(list)
    for one, whom in new:
        if (verdict := one.verdict) and verdict.is_final and verdict.blame is Blame.ACCOUNT:
            by_account[whom.account or _only(parts)].append(one.status or verdict.why)
    _alarm(parts, session, by_account, now)
    return len(new)


def refused(
    parts: Parts, session: Session, account: str, answers: Iterable[tuple[int, Outcome]], now: datetime
) -> None:
    """Let the refusals of a session take effect; what became of the letters the books have already."""
    against: list[tuple[int, Against]] = []
    policy: list[str] = []
    for delivery_id, outcome in answers:
        if not isinstance(outcome, Refused):
            continue
        verdict = classify(outcome.reply)
        # Charged to the letter or not: at MAIL a server refuses the sender before it has heard of any letter.
        if verdict.blame is Blame.ACCOUNT and verdict.is_final:
            policy.append(verdict.status or verdict.why)
        elif verdict.blame is Blame.ADDRESS and outcome.charged:
            against.append((delivery_id, Against(delivery_id, now, verdict)))
    if against:
        whom = events.concerned(session, [one for one, _ in against])
        _suppress(parts, session, [(whom[one], held) for one, held in against if one in whom], "smtp", now)
    if policy:
        _alarm(parts, session, {account: policy}, now)


def barred(session: Session, account: str, now: datetime) -> None:
    """An account's name, password or key is refused: editors are told; its letters wait, or take another account."""
    alarms.barred(session, account, now)


def leave(session: Session, whom: Concerned, source: str, now: datetime) -> None:
    """End what brought a letter, as the one click of a mail program does (RFC 8058); twice changes nothing more."""
    if whom.subscriber_id and (link := links.view(session, whom.subscriber_id, whom.delivery_id)):
        links.unsubscribe(session, link, Scope.LETTER, now, farewell=Farewell(source))


def _return(session: Session, bounced: Sequence[Returned], now: datetime) -> None:
    if bounced:
        waiting = record.bounce(session, {one.delivery_id: one.detail or one.status for one in bounced}, now)
        events.mark_early(session, bounced, waiting)


def _hold(parts: Parts, session: Session, new: Kept, now: datetime) -> None:
    against = [
        (whom, Against(one.delivery_id, one.at, verdict))
        for one, whom in new
        if (verdict := one.verdict) and verdict.blame is Blame.ADDRESS
    ]
    _suppress(parts, session, against, new[0][0].source, now)


def _suppress(
    parts: Parts, session: Session, against: Iterable[tuple[Concerned, Against]], source: str, now: datetime
) -> None:
    held = [(whom.address, one) for whom, one in against if whom.address_hash]
    if held:
        ends = standings.hold(session, held, parts.settings.soft_bounces_max)
        suppression.suppress_hashes(session, ends, source, now)


def _complain(parts: Parts, session: Session, new: Kept, now: datetime) -> None:
    complaints = [(one, whom) for one, whom in new if one.kind is EventKind.COMPLAINED]
    if not complaints:
        return
    ends = {whom.address: "complained" for _, whom in complaints if whom.address_hash}
    suppression.suppress_hashes(session, ends, complaints[0][0].source, now)
    alarms.complained(session, {(whom.site_id, whom.kind) for _, whom in complaints}, limits(parts), now)


def _alarm(parts: Parts, session: Session, refusals: dict[str, list[str]], now: datetime) -> None:
    for account in sorted(refusals):
        alarms.refused(session, account, refusals[account], limits(parts), now)


def _only(parts: Parts) -> str:
    """The account of a letter whose books do not name one: there may be but one, or nobody knows."""
    names = list(parts.settings.accounts)
    return names[0] if len(names) == 1 else "unknown"


def limits(parts: Parts) -> alarms.Limits:
    """From when on something is wrong with us."""
    knobs = parts.settings
    return alarms.Limits(
        policy_least=knobs.policy_refusals_halt,
        policy_share=knobs.policy_refusals_share,
        account_halt=timedelta(hours=knobs.account_halt_h),
        rate_alert=knobs.complaint_rate_alert,
        rate_halt=knobs.complaint_rate_halt,
        complaints_least=knobs.complaints_halt_least,
        stream_halt=timedelta(hours=knobs.stream_halt_h),
    )
