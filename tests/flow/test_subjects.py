"""Subjects are tried on samples that have their whole time, and no zone's handful of readers decides for the world."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier.domain.desk_words import WinnerRule
from notifier.domain.issues import IssueRefused
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import LetterKind
from notifier.feedback import traces
from notifier.issues import sending, waves
from notifier.models import Letter, Site, Wave
from notifier.trail import Seen
from tests.flow.issues import Paper, crowd, paper
from tests.flow.test_issues import plan, planned
from tests.world import World

EIGHT = datetime(2026, 11, 25, 8)  # noqa: DTZ001 - a wall clock
EAST, WEST = "Asia/Baghdad", "America/New_York"


def at(hour: int) -> datetime:
    """Of that day; in Baghdad it is eight at 5, in New York at 13."""
    return datetime(2026, 11, 25, hour, tzinfo=UTC)


def tried_out(world: World, **words: object) -> Paper:
    return paper(world, subjects=("أ", "ب"), sample_percent=20, sample_hours=2, **words)


def shares(world: World, issue: Paper) -> list[int]:
    """How many letters of each wave are planned, in the order of their moments; -1 where none is yet."""
    with world.parts.db.reading() as session:
        rows = session.execute(
            select(Wave.planned_at, Wave.planned_count).where(Wave.issue_id == issue.id).order_by(Wave.due_at, Wave.id)
        )
        return [count if at is not None else -1 for at, count in rows]


def is_rest_planned(world: World, issue: Paper) -> bool:
    return shares(world, issue)[-1] > -1


# -- the time a sample has --------------------------------------------------------------------------------------


def test_a_rest_follows_so_many_hours_after_a_sample_that_was_late(world: World) -> None:
    crowd(world, 100)
    issue = tried_out(world)
    issue.send()
    world.rung.clear()
    world.later(hours=5)
    world.tick()
    assert len(planned(world, issue)) < 40, "nobody was at work for five hours: the sample leaves, and alone"
    world.later(hours=1, minutes=59)
    world.tick()
    assert not is_rest_planned(world, issue)
    world.later(minutes=1)
    world.tick()
    assert issue.page() == {"planned": 100, "sent": 100}


def test_a_zone_whose_hour_has_passed_is_measured_too_and_its_clock_changes_nothing(world: World) -> None:
    crowd(world, 100)
    issue = tried_out(world)
    issue.send(wall=datetime(2026, 11, 23, 8))  # noqa: DTZ001 - four hours ago in Baghdad
    plan(world, issue)
    waves.follow_zones(world.parts, world.now)
    world.later(hours=1)
    waves.follow_zones(world.parts, world.now)
    plan(world, issue)
    assert not is_rest_planned(world, issue)
    world.later(hours=1)
    plan(world, issue)
    assert len(planned(world, issue)) == 100


@pytest.mark.parametrize("then_h", [1.5, 0], ids=["held", "out"])
def test_a_pause_takes_no_time_from_a_sample_that_it_holds_back(world: World, then_h: float) -> None:
    crowd(world, 100)
    issue = tried_out(world)
    issue.send()
    if then_h:
        plan(world, issue)
    world.work()
    world.later(minutes=30)
    sending.pause(world.parts, issue.which)
    world.later(hours=5)
    sending.resume(world.parts, issue.which)
    if then_h:
        world.work()
        world.later(hours=then_h, seconds=-1)
        world.tick()
        assert not is_rest_planned(world, issue), "half an hour of two was over"
        world.later(seconds=1)
    world.tick()
    assert issue.page() == {"planned": 100, "sent": 100}


def test_a_pause_over_a_samples_own_moment_only_moves_both(world: World) -> None:
    crowd(world, 100)
    crowd(world, 100, WEST)
    issue = tried_out(world)
    issue.send(wall=EIGHT)
    world.now = at(5)
    world.tick()
    sending.pause(world.parts, issue.which)
    world.now = at(20)
    sending.resume(world.parts, issue.which)
    world.work()
    assert is_after_samples(world, issue), "the sample of the east was out for hours, that of the west leaves now"
    world.now = at(22)
    world.tick()
    assert issue.page() == {"planned": 200, "sent": 200}


def is_after_samples(world: World, issue: Paper) -> bool:
    """Whether all is planned but the rest of the west."""
    with world.parts.db.reading() as session:
        waiting = select(Wave.time_zone, Wave.is_rest).where(Wave.issue_id == issue.id, Wave.planned_at.is_(None))
        return [tuple(row) for row in session.execute(waiting)] == [(WEST, True)]


# -- the subject of the rest ------------------------------------------------------------------------------------


@pytest.fixture
def around(world: World) -> Paper:
    """An issue at eight wherever its readers live, two hundred in each of two zones; clicks decide, and are counted."""
    crowd(world, 200, EAST)
    crowd(world, 200, WEST)
    with world.parts.db.writing() as session:
        session.get_one(Site, world.site.id).tracking = Tracking.COUNTS
    issue = tried_out(world, winner_rule=WinnerRule.CLICKS)
    issue.send(wall=EIGHT)
    return issue


def go_to(world: World, issue: Paper, hour: int) -> None:
    world.now = at(hour)
    plan(world, issue)


def click(world: World, subject: int, times: int, *, in_rest: bool = False) -> None:
    """People follow links in the letters with a subject, in the samples' or in the rest's."""
    with world.parts.db.writing() as session:
        letters = session.scalars(select(Letter).where(Letter.kind == LetterKind.ISSUE)).all()
        (letter,) = (
            one.id for one in letters if one.data["subject"] == subject and bool(one.data.get("is_rest")) is in_rest
        )
        since = world.now.timestamp()
        traces.count(
            session,
            [
                Seen(TraceKind.CLICK, letter, since + 60 * n, Onlooker.PERSON, link=f"https://paper.example/{n}")
                for n in range(times)
            ],
        )


def got(world: World, issue: Paper, zone_ids: range, sample: dict[int, int]) -> set[int]:
    """The subjects that all others of a zone got."""
    return {subject for one, subject in planned(world, issue).items() if one in zone_ids and one not in sample}


IN_EAST, IN_WEST = range(1, 201), range(201, 401)


def winner(issue: Paper) -> tuple[int | None, bool]:
    return issue.row.winner, issue.row.is_winner_known


def test_a_first_zone_that_opened_nothing_does_not_decide_for_the_world(world: World, around: Paper) -> None:
    go_to(world, around, 5)
    sample = planned(world, around)
    go_to(world, around, 7)
    assert winner(around) == (0, False)
    assert got(world, around, IN_EAST, sample) == {0}
    click(world, 0, 90, in_rest=True)
    go_to(world, around, 13)
    both = {**sample, **{one: it for one, it in planned(world, around).items() if one in IN_WEST}}
    assert Counter(both.values())[0] == pytest.approx(Counter(both.values())[1], abs=12)
    click(world, 1, 3)
    go_to(world, around, 15)
    assert winner(around) == (1, True), "of all samples so far; the rest's letters all have one subject"
    assert got(world, around, IN_WEST, both) == {1}
    assert got(world, around, IN_EAST, both) == {0}
    assert len(planned(world, around)) == 400


@pytest.mark.parametrize(("clicks", "later", "stands"), [(29, 60, (0, True)), (30, 60, (1, True))])
def test_what_was_measured_stands_and_what_too_few_did_is_looked_at_again(
    world: World, around: Paper, clicks: int, later: int, stands: tuple[int, bool]
) -> None:
    go_to(world, around, 5)
    click(world, 1, clicks)
    go_to(world, around, 7)
    assert winner(around) == (1, clicks >= 30)
    go_to(world, around, 13)
    click(world, 0, later)
    go_to(world, around, 15)
    assert winner(around) == stands


def test_an_editor_may_choose_as_long_as_anybody_waits(world: World, around: Paper) -> None:
    go_to(world, around, 5)
    sample = planned(world, around)
    go_to(world, around, 7)
    sending.choose_winner(world.parts, around.which, 1)
    assert winner(around) == (1, True)
    go_to(world, around, 13)
    sample |= {one: it for one, it in planned(world, around).items() if one in IN_WEST}
    click(world, 0, 60)
    go_to(world, around, 15)
    assert winner(around) == (1, True)
    assert (got(world, around, IN_EAST, sample), got(world, around, IN_WEST, sample)) == ({0}, {1})
    with pytest.raises(IssueRefused, match="winner_late"):
        sending.choose_winner(world.parts, around.which, 0)


def test_new_words_forget_what_was_chosen_for_the_old(world: World) -> None:
    crowd(world, 10)
    issue = tried_out(world)
    issue.send(at=world.now + timedelta(hours=1))
    sending.choose_winner(world.parts, issue.which, 1)
    issue.change(subjects=("ج", "د"), sample_percent=20, sample_hours=2)
    assert winner(issue) == (None, False)
