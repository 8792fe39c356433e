"""The waves of an issue: one for everybody, or one a time zone, and a second one where subjects are tried out first."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from sqlalchemy import exists, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from notifier.domain.desk_words import IssueState
from notifier.domain.schedule import is_zone, local
from notifier.domain.words import LetterKind, State
from notifier.models import Delivery, Issue, Site, Subscriber, Wave
from notifier.parts import Parts

_WEST: Final = timezone(timedelta(hours=-12))
"""Where every day ends last."""


def make(session: Session, issue: Issue) -> list[Wave]:
    """Write the waves of an issue that was just scheduled."""
    zones = [""] if issue.send_at else _zones(session, issue.site_id)
    made = [one for zone in zones for one in _of_zone(issue, zone, _moment(session, issue, zone))]
    session.add_all(made)
    session.flush()
    return made


def is_ripe(session: Session, wave: Wave, now: datetime) -> bool:
    """Whether it may be planned; the rest waits for the sample of its zone."""
    if wave.planned_at is not None or wave.due_at > now:
        return False
    sample = select(Wave.id).where(
        Wave.issue_id == wave.issue_id, Wave.time_zone == wave.time_zone, ~Wave.is_rest, Wave.planned_at.is_(None)
    )
    return not wave.is_rest or session.scalar(sample) is None


def let_rest_wait(session: Session, issue: Issue, sample: Wave, now: datetime) -> None:
    """Give a sample that is being planned the whole of its time: its rest comes no earlier than that after now.

    It may be late: after a pause or an outage, or where the hour had passed when the issue was scheduled.
    """
    least = now + _lag(issue, is_rest=True)
    its_rest = Wave.issue_id == issue.id, Wave.time_zone == sample.time_zone, Wave.is_rest, Wave.planned_at.is_(None)
    session.execute(update(Wave).where(*its_rest, Wave.due_at < least).values(due_at=least))


def make_up(session: Session, issue: Issue, paused_at: datetime, now: datetime) -> None:
    """After a pause, give samples of which letters were held back the time again that it took from them.

    A sample that was out as a whole was opened meanwhile: its rest is due when it was.
    """
    sample = aliased(Wave)
    # Spelt out: with a parameter no plan that is kept could use the index of just these.
    is_queued = Delivery.state == literal(State.QUEUED.value, literal_execute=True)
    held = exists().where(
        Delivery.id.between(sample.first_id, sample.last_id), Delivery.lane == LetterKind.ISSUE.lane, is_queued,
        Delivery.kind == LetterKind.ISSUE, Delivery.about_id == issue.id,
    )  # fmt: skip
    of_rest = (sample.issue_id == Wave.issue_id) & (sample.time_zone == Wave.time_zone) & ~sample.is_rest
    rests = select(Wave).join(sample, of_rest).where(Wave.issue_id == issue.id, Wave.is_rest, Wave.planned_at.is_(None))
    for one in session.scalars(rests.where(sample.first_id > 0, held)):
        one.due_at = now + max(one.due_at - paused_at, timedelta())


def rests_waiting(session: Session, issue_id: int) -> int:
    """How many waves of those are not planned yet who were not in the sample."""
    waiting = Wave.issue_id == issue_id, Wave.is_rest, Wave.planned_at.is_(None)
    return session.scalar(select(func.count(Wave.id)).where(*waiting)) or 0


def follow_zones(parts: Parts, now: datetime) -> None:
    """Give zones their waves in which readers live only since an issue was scheduled, and all of them today's rules.

    Governments change them with days of notice: what was computed when an issue was scheduled is computed again.
    """
    local_ones = (Issue.state.in_([IssueState.SCHEDULED, IssueState.SENDING])) & Issue.local_at.is_not(None)
    with parts.db.reading() as session:
        ids = session.scalars(select(Issue.id).where(local_ones)).all()
    for one in ids:
        with parts.db.writing() as session:
            issue = session.get_one(Issue, one, with_for_update=True)
            if issue.state in {IssueState.SCHEDULED, IssueState.SENDING} and issue.local_at:
                _follow(session, issue, now)


def kept(wall: datetime | None) -> datetime | None:
    """A wall-clock time as the database keeps it."""
    return wall.replace(tzinfo=UTC) if wall else None


def last_moment(wall: datetime) -> datetime:
    """When the clock of the last place on earth shows it."""
    return wall.replace(tzinfo=_WEST)


def _follow(session: Session, issue: Issue, now: datetime) -> None:
    waves = session.scalars(select(Wave).where(Wave.issue_id == issue.id)).all()
    open_ = [one for one in waves if one.planned_at is None]
    if not open_:
        return
    # Once a sample is planned its rest follows that, not the clocks.
    begun = {one.time_zone for one in waves if one.planned_at is not None and not one.is_rest}
    for one in open_:
        if one.is_rest and one.time_zone in begun:
            continue
        at = _moment(session, issue, one.time_zone) + _lag(issue, is_rest=one.is_rest)
        if one.due_at != at and one.due_at > now:
            one.due_at = at
    for zone in set(_zones(session, issue.site_id)) - {one.time_zone for one in waves}:
        session.add_all(_of_zone(issue, zone, _moment(session, issue, zone)))


def _of_zone(issue: Issue, zone: str, at: datetime) -> Iterable[Wave]:
    yield Wave(issue_id=issue.id, time_zone=zone, is_rest=False, due_at=at)
    if len(issue.subjects) > 1:
        yield Wave(issue_id=issue.id, time_zone=zone, is_rest=True, due_at=at + _lag(issue, is_rest=True))


def _lag(issue: Issue, *, is_rest: bool) -> timedelta:
    return timedelta(hours=issue.sample_hours if is_rest else 0)


def _moment(session: Session, issue: Issue, zone: str) -> datetime:
    if issue.local_at is None:
        return issue.send_at or issue.changed_at
    # A zone that this machine no longer knows is the site's own.
    known = zone if is_zone(zone) else session.get_one(Site, issue.site_id).time_zone
    return local(issue.local_at.replace(tzinfo=None), known)


def _zones(session: Session, site_id: int) -> list[str]:
    """Where the site's readers live, and the site's own zone, so that there is a last wave even without any."""
    own = session.get_one(Site, site_id).time_zone
    lived_in = select(Subscriber.time_zone).where(Subscriber.site_id == site_id).distinct()
    return sorted({own, *session.scalars(lived_in)})
