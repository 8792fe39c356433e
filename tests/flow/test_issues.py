"""An issue goes to everybody it is for, once, and stops when somebody says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from notifier import flow, readers, upkeep
from notifier.consent.changing import PreferenceChange
from notifier.consent.links import Scope
from notifier.desk.tagging import retag
from notifier.domain.desk_words import IssueState, WinnerRule
from notifier.domain.issues import Audience, IssueRefused
from notifier.domain.outcome import Refused, Sent
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import LetterKind, Reason, State
from notifier.feedback import traces
from notifier.issues import compose, sending, waves
from notifier.models import AuditEvent, Delivery, Issue, Letter, Site, Subscriber, Wave
from notifier.stages import record
from notifier.stages.plan.audience import fits
from notifier.stages.plan.issues import settle_winner
from notifier.trail import Seen
from tests.flow.issues import Paper, crowd, paper
from tests.world import World, html_of, text_of


def planned(world: World, issue: Paper) -> dict[int, int]:
    """Reader -> the subject they are owed."""
    with world.parts.db.reading() as session:
        rows = session.execute(
            select(Delivery.subscriber_id, Letter.data)
            .join(Letter, Letter.id == Delivery.letter_id)
            .where(Delivery.kind == LetterKind.ISSUE, Delivery.about_id == issue.id)
        ).all()
    found = {reader: data["subject"] for reader, data in rows if reader}
    assert len(found) == len(rows), "each reader once"
    return found


def test_it_goes_to_every_confirmed_reader_once(world: World) -> None:
    layla = world.reader("layla@mail.example")
    world.reader("omar@mail.example")
    world.sign_up("unsure@mail.example")
    world.work()
    world.wire.sent.clear()
    issue = paper(world, world.article("1"), world.article("2"))
    issue.send()
    world.work()
    world.tick()
    assert world.subjects() == {one: ["رسالة المحرر"] for one in (layla.address, "omar@mail.example")}
    assert issue.page() == {"planned": 2, "sent": 2}
    assert issue.row.state is IssueState.SENT
    assert issue.row.finished_at == world.now
    letter = world.letters()[0]
    assert "<b>" in html_of(letter)
    assert text_of(letter).index("خبر 1") < text_of(letter).index("خبر 2")


def test_planning_twice_owes_nothing_twice(world: World) -> None:
    crowd(world, 5)
    issue = paper(world)
    issue.send()
    with world.parts.db.reading() as session:
        wave = session.scalars(select(Wave.id)).one()
    sending.plan_wave(world.parts, wave, world.now)
    sending.plan_wave(world.parts, wave, world.now)
    with world.parts.db.writing() as session:
        session.execute(update(Wave).values(planned_at=None))
    sending.plan_wave(world.parts, wave, world.now)
    assert len(planned(world, issue)) == 5
    assert issue.page() == {"planned": 5, "queued": 5}


def test_items_come_as_they_were_ordered_and_what_is_pinned_first(world: World) -> None:
    world.reader("layla@mail.example")
    one, two, three = (world.article(guid) for guid in "123")
    issue = paper(world, one, two, three)
    compose.order_items(world.parts, issue.which, [three, one])
    compose.move_item(world.parts, issue.which, one, -1)
    compose.pin_item(world.parts, issue.which, two, is_pinned=True)
    issue.send()
    world.work()
    text = text_of(world.letters()[0])
    assert sorted(("خبر 1", "خبر 2", "خبر 3"), key=text.index) == ["خبر 2", "خبر 1", "خبر 3"]


def test_its_audience_is_looked_up_when_it_is_sent(world: World) -> None:
    world.topics(["category:سياسة", "category:رياضة"])
    world.reader("sport@mail.example", "category:رياضة")
    leaving = world.reader("leaving@mail.example", "category:رياضة")
    world.reader("politics@mail.example")
    issue = paper(world, audience=Audience(topics=("category:رياضة",)))
    issue.send(at=world.now + timedelta(hours=1))
    with world.parts.db.writing() as session:
        session.execute(update(Subscriber).where(Subscriber.id == leaving.id).values(confirmed_at=None))
    world.reader("late@mail.example", "category:رياضة")
    world.later(hours=1)
    world.tick()
    assert set(world.subjects()) == {"sport@mail.example", "late@mail.example"}


def test_who_bears_a_tag_is_looked_up_when_it_is_sent(world: World) -> None:
    first, later = world.reader("first@mail.example"), world.reader("later@mail.example")
    with world.parts.db.writing() as session:
        retag(session, world.site.id, first.id, ["معرض"], world.now)
    issue = paper(world, audience=Audience(tags=("معرض",)))
    issue.send(at=world.now + timedelta(hours=1))
    with world.parts.db.writing() as session:
        retag(session, world.site.id, first.id, [], world.now)
        retag(session, world.site.id, later.id, ["معرض"], world.now)
    world.later(hours=1)
    world.tick()
    assert world.subjects() == {"later@mail.example": ["رسالة المحرر"]}


def test_one_that_was_kept_with_what_is_refused_today_still_goes_out(world: World) -> None:
    world.reader("layla@mail.example")
    issue = paper(world)
    with world.parts.db.writing() as session:
        session.execute(update(Issue).values(audience={"sources": ["form", "old-list"], "languages": ["xx", "ar"]}))
    issue.send()
    world.work()
    assert set(world.subjects()) == {"layla@mail.example"}


TAGS = {"ar": ["other"], "egypt": ["معرض", "vip"], "english": ["vip"], "idle": ["معرض"]}


@pytest.mark.matrix(6)
@pytest.mark.parametrize(
    ("audience", "fitting"),
    [
        (Audience(), {"ar", "egypt", "english", "idle"}),
        (Audience(languages=("ar",)), {"ar", "egypt", "idle"}),
        (Audience(languages=("en",)), {"english"}),
        (Audience(sources=("form",)), {"ar", "egypt", "english", "idle"}),
        (Audience(sources=("wpdiscuz",)), set()),
        (Audience(joined_days=3), {"ar", "egypt", "english"}),
        (Audience(alive_days=3), {"ar", "egypt", "english"}),
        (Audience(topics=("category:سياسة",), languages=("en",)), {"english"}),
        (Audience(tags=("معرض",)), {"egypt", "idle"}),
        (Audience(tags=("معرض", "vip")), {"egypt", "idle", "english"}),
        (Audience(tags=("معرض",), joined_days=3), {"egypt"}),
        (Audience(tags=("nowhere",)), set()),
    ],
)
def test_each_line_of_an_audience_narrows_it(world: World, audience: Audience, fitting: set[str]) -> None:
    for name, language in (("ar", "ar"), ("egypt", "ar-EG"), ("english", "en"), ("idle", "ar")):
        reader = world.reader(f"{name}@mail.example")
        old = {"confirmed_at": world.now - timedelta(days=30), "changed_at": world.now - timedelta(days=30)}
        with world.parts.db.writing() as session:
            values = {"language": language, **(old if name == "idle" else {})}
            session.execute(update(Subscriber).where(Subscriber.id == reader.id).values(values))
            retag(session, world.site.id, reader.id, TAGS[name], world.now)
    issue = paper(world, audience=audience)
    with world.parts.db.reading() as session:
        few = select(func.count()).select_from(Subscriber)
        few = few.where(fits(session, world.site.id, audience, world.now, are_few=True))
        assert session.scalar(few) == len(fitting), "a few who are looked up are no others"
    issue.send()
    world.work()
    assert {one.partition("@")[0] for one in world.subjects()} == fitting


def change(world: World, reader: Subscriber, **changes: Any) -> None:
    readers.change_preferences(world.parts, reader.id, PreferenceChange(**changes), "", world.now)


def plan(world: World, issue: Paper) -> None:
    """Plan what is due of it, and leave its letters where they are."""
    with world.parts.db.reading() as session:
        due = session.scalars(
            select(Wave.id)
            .where(Wave.issue_id == issue.id, Wave.due_at <= world.now, Wave.planned_at.is_(None))
            .order_by(Wave.due_at, Wave.is_rest)
        ).all()
    for one in due:
        sending.plan_wave(world.parts, one, world.now)
    world.rung.clear()


def nudge(world: World, count: int = 0) -> None:
    """Deliver a chunk: what one worker claims at once."""
    with world.parts.db.reading() as session:
        first, last = session.execute(select(func.min(Delivery.id), func.max(Delivery.id))).one()
    flow.deliver(world.parts, "bulk", first, first + count - 1 if count else last, world.clock)


def test_who_leaves_after_the_plan_is_spared_and_who_only_changes_something_is_not(world: World) -> None:
    gone, moved, strayed = (
        world.reader(f"{name}@mail.example", "category:سياسة") for name in ("gone", "moved", "strayed")
    )
    world.topics(["category:علوم"])
    issue = paper(world, world.article("sport", "رياضة"), audience=Audience(topics=("category:سياسة",)))
    issue.send()
    plan(world, issue)
    world.later(minutes=1)
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", gone.id, 0), Scope.ALL, "", world.now)
    change(world, moved, digest_hour=19)
    change(world, strayed, frequencies={"category:علوم": "daily", "category:سياسة": ""})
    nudge(world)
    assert set(world.subjects()) == {moved.address}
    assert issue.page() == {"planned": 3, "sent": 1, "dropped": 2}


def test_what_was_taken_back_is_left_out_and_the_editors_words_still_go(world: World) -> None:
    world.reader("layla@mail.example")
    spoken, silent = paper(world, world.article("1"), world.article("2")), paper(world, world.article("3"), intro="")
    for issue in (spoken, silent):
        issue.send()
        plan(world, issue)
    for guid in "123":
        flow.retract_item(world.parts, world.site.id, guid, world.now)
    nudge(world)
    (letter,) = world.letters()
    assert "خبر" not in text_of(letter)
    assert spoken.page() == {"planned": 1, "sent": 1}
    assert silent.page() == {"planned": 1, "dropped": 1}


def test_it_may_be_edited_until_it_is_planned_and_not_after(world: World) -> None:
    world.reader("layla@mail.example")
    issue = paper(world)
    issue.send(at=world.now + timedelta(hours=1))
    issue.change(title="عنوان مصحّح")
    world.later(hours=1)
    world.tick()
    assert world.subjects() == {"layla@mail.example": ["عنوان مصحّح"]}
    with pytest.raises(IssueRefused):
        issue.change(title="بعد الإرسال")
    with pytest.raises(IssueRefused):
        compose.add_items(world.parts, issue.which, [world.article("late")])
    with pytest.raises(IssueRefused):
        issue.send()


def test_it_can_be_taken_off_the_calendar(world: World) -> None:
    crowd(world, 3)
    issue = paper(world)
    issue.send(at=world.now + timedelta(hours=1))
    sending.unschedule(world.parts, issue.which)
    world.later(hours=2)
    world.tick()
    assert issue.row.state is IssueState.DRAFT
    assert issue.page() == {"planned": 0}


def test_it_is_refused_when_there_is_nothing_to_say_or_the_moment_is_past(world: World) -> None:
    with pytest.raises(IssueRefused, match="empty"):
        paper(world, intro="").send()
    with pytest.raises(IssueRefused, match="unmade"):
        paper(world, intro="كلمة\n\n" * 5_000).send()
    with pytest.raises(IssueRefused, match="past"):
        paper(world).send(at=world.now - timedelta(hours=1))
    with pytest.raises(IssueRefused, match="past"):
        paper(world).send(wall=datetime(2026, 11, 21, 8))  # noqa: DTZ001 - a wall clock
    with pytest.raises(LookupError):
        compose.remove_item(world.parts, replace(paper(world).which, site_id=99), 1)


def test_an_issue_for_nobody_is_sent_at_once(world: World) -> None:
    issue = paper(world)
    issue.send()
    world.work()
    assert issue.row.state is IssueState.SENT
    assert issue.page() == {"planned": 0}


# -- stopping ---------------------------------------------------------------------------------------------------


def test_a_pause_lets_out_what_was_claimed_and_nothing_more(world: World) -> None:
    crowd(world, 40)
    issue = paper(world)
    issue.send()
    plan(world, issue)
    with world.parts.db.writing() as session:
        first = session.scalar(select(func.min(Delivery.id))) or 0
        span = record.Span(LetterKind.ISSUE.lane, first, first + 99)
        held = record.claim(session, span, "token", world.now, world.parts.terms, 10)
    sending.pause(world.parts, issue.which)
    nudge(world)
    assert world.wire.sent == []
    assert issue.page() == {"planned": 40, "queued": 30, "sending": 10}
    with world.parts.db.writing() as session:
        book = record.Book(session, held, world.now, world.parts.terms)
        book.outcomes([(one.id, Sent("250")) for one in held.owed])
    world.later(hours=60)
    upkeep.sweep(world.parts, world.now)
    assert world.rung == [], "nothing is rung for in vain, and nothing grows too old"
    assert issue.page() == {"planned": 40, "queued": 30, "sent": 10}
    sending.resume(world.parts, issue.which)
    world.work()
    world.tick()
    assert issue.page() == {"planned": 40, "sent": 40}
    assert len({one.rcpt_to for one in world.wire.sent}) == len(world.wire.sent) == 30
    assert issue.row.state is IssueState.SENT


def test_a_cancel_drops_what_is_queued_and_says_why(world: World) -> None:
    crowd(world, 40)
    issue = paper(world)
    issue.send()
    plan(world, issue)
    nudge(world, 15)
    with world.parts.db.writing() as session:
        first = session.scalar(select(func.min(Delivery.id))) or 0
        span = record.Span(LetterKind.ISSUE.lane, first, first + 99)
        held = record.claim(session, span, "token", world.now, world.parts.terms, 10)
    sending.cancel(world.parts, issue.which)
    world.rung.clear()
    world.tick()
    assert issue.page() == {"planned": 40, "sent": 15, "sending": 10, "dropped": 15}
    assert issue.row.finished_at is None
    with world.parts.db.writing() as session:
        record.Book(session, held, world.now, world.parts.terms).give_back([one.id for one in held.owed])
    world.tick()
    assert issue.page() == {"planned": 40, "sent": 15, "dropped": 25}
    assert issue.row.finished_at == world.now
    with world.parts.db.reading() as session:
        reasons = set(session.scalars(select(Delivery.reason).where(Delivery.state == State.DROPPED)))
    assert reasons == {Reason.CANCELLED}


def test_a_cancelled_plan_never_leaves(world: World) -> None:
    crowd(world, 3)
    issue = paper(world)
    issue.send(at=world.now + timedelta(hours=1))
    sending.cancel(world.parts, issue.which)
    world.work()
    world.later(hours=2)
    world.tick()
    assert issue.page() == {"planned": 0}
    assert (issue.row.state, issue.row.finished_at is None) == (IssueState.CANCELLED, False)


def test_a_paused_issue_plans_no_further_wave_and_holds_nobody_else_up(world: World) -> None:
    crowd(world, 4)
    crowd(world, 2, "Asia/Tehran")
    one, other = paper(world), paper(world)
    one.send(wall=datetime(2026, 11, 23, 12, 30))  # noqa: DTZ001 - a wall clock
    plan(world, one)
    assert one.page() == {"planned": 2, "queued": 2}, "half past twelve is now in Tehran"
    sending.pause(world.parts, one.which)
    other.send()
    world.later(hours=1)
    world.tick()
    assert one.page() == {"planned": 2, "queued": 2}
    assert other.page() == {"planned": 6, "sent": 6}
    sending.resume(world.parts, one.which)
    world.work()
    world.tick()
    assert one.page() == {"planned": 6, "sent": 6}


def test_what_failed_can_be_sent_again(world: World) -> None:
    crowd(world, 10)
    issue = paper(world)
    issue.send()
    world.wire.outcomes["r3@mail.example"] = Refused("550 no", forever=True)
    world.work()
    world.tick()
    assert issue.page() == {"planned": 10, "sent": 9, "failed": 1}
    states = [issue.row.state]
    world.wire.outcomes.clear()
    world.later(hours=80)
    assert sending.resend(world.parts, issue.which) == 1
    states.append(issue.row.state)
    world.work()
    world.tick()
    assert issue.page() == {"planned": 10, "sent": 10}
    assert [*states, issue.row.state] == [IssueState.SENT, IssueState.SENDING, IssueState.SENT]


def test_a_copy_is_a_draft_of_its_own(world: World) -> None:
    crowd(world, 2)
    issue = paper(world, world.article("1"), subjects=("أ", "ب"), audience=Audience(languages=("ar",)))
    copy = Paper(world, compose.duplicate(world.parts, issue.which))
    issue.send()
    plan(world, issue)
    assert (copy.row.state, copy.row.subjects, copy.row.audience) == (
        IssueState.DRAFT,
        ["أ", "ب"],
        {"languages": ["ar"]},
    )
    copy.change(title="نسخة")
    assert issue.row.title == "رسالة المحرر"


def test_every_act_stands_in_the_log(world: World) -> None:
    issue = paper(world, world.article("1"))
    issue.send(at=world.now + timedelta(hours=1))
    sending.cancel(world.parts, issue.which)
    with world.parts.db.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["issue.created", "issue.items_added", "issue.scheduled", "issue.cancelled"]


# -- subjects ---------------------------------------------------------------------------------------------------


def test_subjects_are_tried_on_a_sample_and_the_rest_gets_the_one_that_was_chosen(world: World) -> None:
    crowd(world, 1000)
    issue = paper(world, subjects=("أ", "ب"), sample_percent=20, sample_hours=2)
    issue.send()
    plan(world, issue)
    sample = planned(world, issue)
    halves = [list(sample.values()).count(one) for one in (0, 1)]
    assert 180 <= len(sample) <= 220
    assert max(halves) - min(halves) <= 10
    sending.choose_winner(world.parts, issue.which, 1)
    world.later(hours=2)
    plan(world, issue)
    whole = planned(world, issue)
    assert len(whole) == 1000
    assert {one: whole[one] for one in sample} == sample
    assert {subject for one, subject in whole.items() if one not in sample} == {1}
    assert issue.row.is_winner_known
    with pytest.raises(IssueRefused):
        sending.choose_winner(world.parts, issue.which, 0)


def test_without_a_choice_or_a_count_the_first_subject_wins_and_says_so(world: World) -> None:
    crowd(world, 100)
    issue = paper(world, subjects=("أ", "ب"), winner_rule=WinnerRule.CLICKS)
    issue.send()
    plan(world, issue)
    sample = planned(world, issue)
    world.later(hours=2)
    plan(world, issue)
    assert {subject for one, subject in planned(world, issue).items() if one not in sample} == {0}
    assert (issue.row.winner, issue.row.is_winner_known) == (0, False)


def test_clicks_of_people_choose_the_subject_of_the_rest(world: World) -> None:
    crowd(world, 100)
    with world.parts.db.writing() as session:
        session.get_one(Site, world.site.id).tracking = Tracking.COUNTS
    issue = paper(world, subjects=("أ", "ب"), winner_rule=WinnerRule.CLICKS)
    issue.send()
    plan(world, issue)
    sample = planned(world, issue)
    with world.parts.db.writing() as session:
        by_subject = {letter.data["subject"]: letter.id for letter in session.scalars(select(Letter))}
        at, link = world.now.timestamp(), "https://paper.example/1"
        clicks = [Seen(TraceKind.CLICK, by_subject[1], at + 60 * n, Onlooker.PERSON, link=link) for n in range(3)]
        clicks += [Seen(TraceKind.CLICK, by_subject[0], at + 60 * n, Onlooker.MACHINE, link=link) for n in range(9)]
        traces.count(session, clicks)
    world.later(hours=2)
    plan(world, issue)
    assert {subject for one, subject in planned(world, issue).items() if one not in sample} == {1}
    assert (issue.row.winner, issue.row.is_winner_known) == (1, True)


def test_a_counted_winner_is_the_one_that_moved_most() -> None:
    issue = Issue(winner_rule=WinnerRule.OPENS)
    settle_winner(issue, {0: 3, 1: 9, 2: 9}, is_last=True)
    assert (issue.winner, issue.is_winner_known) == (1, True)
    issue.winner_rule = WinnerRule.HAND
    settle_winner(issue, {1: 90}, is_last=True)
    assert (issue.winner, issue.is_winner_known) == (0, False)


def test_another_issue_is_tried_on_other_readers(world: World) -> None:
    crowd(world, 500)
    samples = []
    for _ in range(2):
        issue = paper(world, subjects=("أ", "ب"))
        issue.send()
        plan(world, issue)
        samples.append(set(planned(world, issue)))
    assert len(samples[0] & samples[1]) < len(samples[0]) / 2


# -- at each reader's hour --------------------------------------------------------------------------------------


def moments(world: World, issue: Paper) -> dict[str, datetime]:
    with world.parts.db.reading() as session:
        rows = session.execute(select(Wave.time_zone, Wave.due_at).where(Wave.issue_id == issue.id)).all()
    return dict(rows)


def test_each_zone_gets_it_when_its_clocks_show_the_hour(world: World) -> None:
    for zone in ("Asia/Baghdad", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"):
        crowd(world, 2, zone)
    issue = paper(world)
    issue.send(wall=datetime(2026, 11, 25, 8))  # noqa: DTZ001 - a wall clock
    assert moments(world, issue) == {
        "Pacific/Apia": datetime(2026, 11, 24, 19, tzinfo=UTC),
        "Asia/Kathmandu": datetime(2026, 11, 25, 2, 15, tzinfo=UTC),
        "Asia/Baghdad": datetime(2026, 11, 25, 5, tzinfo=UTC),
        "America/New_York": datetime(2026, 11, 25, 13, tzinfo=UTC),
    }
    for at, count in ((24, 2), (30, 2), (31, 4), (34, 6), (46, 8)):
        world.now = datetime(2026, 11, 23, 20, tzinfo=UTC) + timedelta(hours=at)
        world.tick()
        assert len(world.wire.sent) == count, at
    world.tick()
    assert issue.row.state is IssueState.SENT


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        (datetime(2027, 3, 14, 2, 30), datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),  # noqa: DTZ001 - skipped there
        (datetime(2027, 11, 7, 1, 30), datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),  # noqa: DTZ001 - comes twice there
    ],
)
def test_a_clock_that_is_changed_that_night_has_one_moment(world: World, wall: datetime, moment: datetime) -> None:
    crowd(world, 1, "America/New_York")
    issue = paper(world)
    issue.send(wall=wall)
    assert moments(world, issue)["America/New_York"] == moment


def test_a_zone_that_is_new_or_has_new_rules_is_followed(world: World) -> None:
    crowd(world, 1)
    issue = paper(world)
    issue.send(wall=datetime(2026, 11, 25, 8))  # noqa: DTZ001 - a wall clock
    crowd(world, 1, "Asia/Tehran")
    with world.parts.db.writing() as session:
        session.execute(update(Wave).values(due_at=datetime(2026, 11, 25, 6, tzinfo=UTC)))
    waves.follow_zones(world.parts, world.now)
    assert moments(world, issue) == {
        "Asia/Baghdad": datetime(2026, 11, 25, 5, tzinfo=UTC),
        "Asia/Tehran": datetime(2026, 11, 25, 4, 30, tzinfo=UTC),
    }


def test_a_zone_that_nobody_knows_any_more_has_the_hours_of_the_site(world: World) -> None:
    crowd(world, 1, "Asia/Atlantis")
    issue = paper(world)
    issue.send(wall=datetime(2026, 11, 25, 8))  # noqa: DTZ001 - a wall clock
    assert set(moments(world, issue).values()) == {datetime(2026, 11, 25, 5, tzinfo=UTC)}


def test_who_moves_while_it_goes_around_the_world_gets_it_once(world: World) -> None:
    west = world.reader("west@mail.example", time_zone="America/New_York")
    east = world.reader("east@mail.example", time_zone="Asia/Tehran")
    crowd(world, 1, "America/New_York")
    issue = paper(world)
    issue.send(wall=datetime(2026, 11, 25, 8))  # noqa: DTZ001 - a wall clock
    world.now = datetime(2026, 11, 25, 6, tzinfo=UTC)
    world.tick()
    change(world, west, time_zone="Asia/Tehran")
    change(world, east, time_zone="America/New_York")
    world.now = datetime(2026, 11, 25, 14, tzinfo=UTC)
    world.tick()
    got = [one.rcpt_to for one in world.wire.sent]
    assert sorted(got) == sorted({west.address, east.address, "r3@mail.example"})


def test_subjects_and_local_hours_go_together(world: World) -> None:
    crowd(world, 200)
    crowd(world, 200, "America/New_York")
    issue = paper(world, subjects=("أ", "ب"))
    issue.send(wall=datetime(2026, 11, 25, 8))  # noqa: DTZ001 - a wall clock
    got: list[dict[int, int]] = []
    for hour in (5, 7, 13, 15):
        world.now = datetime(2026, 11, 25, hour, tzinfo=UTC)
        plan(world, issue)
        before = {reader for wave in got for reader in wave}
        got.append({one: subject for one, subject in planned(world, issue).items() if one not in before})
    east, its_rest, west, last = got
    assert east.keys() | its_rest.keys() == set(range(1, 201))
    assert west.keys() | last.keys() == set(range(201, 401))
    for sample, rest in ((east, its_rest), (west, last)):
        halves = [list(sample.values()).count(one) for one in (0, 1)]
        assert min(halves) >= 10, "each subject is tried in each zone"
        assert set(rest.values()) == {0}, "nobody chose"


def test_the_rest_waits_for_its_sample(world: World) -> None:
    crowd(world, 100)
    issue = paper(world, subjects=("أ", "ب"))
    issue.send()
    world.later(hours=3)
    with world.parts.db.reading() as session:
        rest = session.scalars(select(Wave.id).where(Wave.is_rest)).one()
    sending.plan_wave(world.parts, rest, world.now)
    assert planned(world, issue) == {}
    world.tick()
    world.tick()
    assert set(planned(world, issue).values()) == {0, 1}
    assert len(planned(world, issue)) < 50, "the sample left three hours late, and has its two hours"
    world.later(hours=2)
    world.tick()
    assert issue.page() == {"planned": 100, "sent": 100}
    assert set(planned(world, issue).values()) == {0, 1}


# -- the cost ---------------------------------------------------------------------------------------------------


def statements(world: World, issue: Paper) -> int:
    seen: list[str] = []
    event.listen(world.parts.db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    plan(world, issue)
    return len(seen)


@pytest.mark.parametrize("count", [2_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_many_readers_cost_no_more_statements_than_five(world: World, count: int) -> None:
    crowd(world, 5)
    small = paper(world, subjects=("أ", "ب"), sample_percent=50)
    small.send()
    few = statements(world, small)
    crowd(world, count)
    large = paper(world, subjects=("أ", "ب"), sample_percent=50)
    large.send()
    many = statements(world, large)
    assert many <= few + 1 <= 60
    assert 0.48 < len(planned(world, large)) / count < 0.52
