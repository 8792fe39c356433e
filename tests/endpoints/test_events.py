"""What endpoints are told of issues, bounces, acts of editors and digests: once, and without an address."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import announcing, bulk_acts, digests, returns, subscribers, upkeep
from notifier.bulk_acts import Wanted
from notifier.consent import suppression
from notifier.desk.audit import Actor
from notifier.digests import Place
from notifier.domain import webhook
from notifier.domain.calls import OFFERED
from notifier.domain.desk_words import ActKind
from notifier.domain.issues import IssueRefused
from notifier.domain.returns.event import Told as Refusal
from notifier.domain.webhook import key_of_text
from notifier.domain.words import Frequency
from notifier.issues import sending
from notifier.models import Announcement, Call, Site
from notifier.subscribers import Edit
from tests.endpoints.conftest import ME, Told
from tests.flow.issues import crowd, paper

DAWN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Eight o'clock in Baghdad, the day after the world's noon."""
BY = Actor("cli")


def told_of(told: Told, prefix: str) -> list[tuple[str, dict[str, object]]]:
    """(event, data) of the calls whose event begins so, in their order."""
    return [(call.event, call.data) for call in told.calls() if call.event.startswith(prefix)]


def events(told: Told, prefix: str) -> list[str]:
    return [event.removeprefix(prefix) for event, _ in told_of(told, prefix)]


def test_an_issue_is_told_of_at_each_turn_of_its_way(told: Told) -> None:
    world = told.world
    crowd(world, 3)
    issue = paper(world, world.article("1"))
    issue.send(at=DAWN)
    sending.unschedule(world.parts, issue.which)
    issue.send()
    world.work()
    assert events(told, "issue.")[:4] == ["scheduled", "unscheduled", "scheduled", "sending"]
    for _ in range(2):
        sending.settle(world.parts, issue.id, world.now)
    assert events(told, "issue.")[4:] == ["sent"], "told once, however often it is looked at"
    data = told_of(told, "issue.")[0][1]
    assert data == {
        "issue": issue.id, "title": "رسالة المحرر", "language": "ar", "state": "scheduled",
        "send_at": DAWN.isoformat(), "local_at": None,
    }  # fmt: skip
    world.work()
    assert "rafidain" in {json.loads(body)["data"]["site"] for _, body in told.paper.seen}


def test_a_pause_a_resumption_and_a_cancellation_are_told_with_their_state(told: Told) -> None:
    world = told.world
    crowd(world, 3)
    issue = paper(world, world.article("1"))
    issue.send()
    sending.plan_wave(world.parts, 1, world.now)
    for act in (sending.pause, sending.resume, sending.cancel):
        act(world.parts, issue.which)
    found = [(event, data["state"]) for event, data in told_of(told, "issue.")]
    assert found[1:] == [
        ("issue.sending", "sending"), ("issue.paused", "paused"), ("issue.resumed", "sending"),
        ("issue.cancelled", "cancelled"),
    ]  # fmt: skip


def test_an_issue_by_the_clocks_of_readers_tells_the_wall_clock(told: Told) -> None:
    issue = paper(told.world, told.world.article("1"))
    issue.send(wall=datetime(2026, 12, 1, 8, 0))  # noqa: DTZ001 - a wall clock
    ((_, data),) = told_of(told, "issue.")
    assert (data["send_at"], data["local_at"]) == (None, "2026-12-01T08:00:00")


def test_an_act_that_is_refused_is_told_to_nobody(told: Told) -> None:
    issue = paper(told.world)
    with pytest.raises(IssueRefused):
        sending.pause(told.world.parts, issue.which)
    assert told_of(told, "issue.") == []


def sent_to_me(told: Told) -> int:
    """A reader's alert that the server took; gives the delivery."""
    world = told.world
    world.reader(ME, "category:سياسة", frequency=Frequency.INSTANT)
    world.article("1", "سياسة")
    world.work()
    return next(one.delivery_id for one in world.wire.sent if one.rcpt_to == ME)


def test_a_letter_that_comes_back_is_told_once_and_without_its_address(told: Told) -> None:
    delivery, world = sent_to_me(told), told.world
    event = Refusal(f"550 5.1.1 <{ME}> unknown", "5.1.1", is_final=True).returned(delivery, world.now, "mail")
    for _ in range(2):
        returns.take(world.parts, [event], world.now)
    ((kind, data),) = told_of(told, "delivery.")
    assert (kind, data["delivery"], data["kind"], data["reason"]) == ("delivery.bounced", delivery, "alert", "bounced")
    assert len(str(data["address_hash"])) == 64
    assert ME not in str([call.data for call in told.calls()])


def test_a_bounce_is_kept_where_nobody_listens(told: Told) -> None:
    told.office.switch(told.id, is_on=False)
    delivery, world = sent_to_me(told), told.world
    event = Refusal("550 5.1.1 unknown", "5.1.1", is_final=True).returned(delivery, world.now, "mail")
    assert returns.take(world.parts, [event], world.now) == 1
    assert told.calls() == []


@pytest.mark.parametrize(
    ("kind", "event"), [(ActKind.SUPPRESS, "subscriber.suppressed"), (ActKind.UNSUBSCRIBE, "subscriber.unsubscribed")]
)
def test_each_reader_of_an_act_on_many_is_told_of_and_of_its_undoing(told: Told, kind: ActKind, event: str) -> None:
    world = told.world
    ids = [world.reader(f"r{n}@example.org", "category:سياسة").id for n in range(3)]
    with world.parts.db.reading() as session:
        topic = subscribers.topics_of(session, world.site.id)[0][0]
        before = len(session.scalars(select(Call)).all())
    wanted = Wanted(kind, about=topic if kind is ActKind.UNSUBSCRIBE else 0, words="wish", ids=tuple(ids))
    act = bulk_acts.begin(world.parts, world.site.id, wanted, BY, world.now)
    world.work()
    assert bulk_acts.take_back(world.parts, world.site.id, act, BY, world.now)
    world.work()
    found = told.calls()[before:]
    assert [(one.event, one.data["subscriber"]) for one in found] == [
        *((event, one) for one in ids), *(("subscriber.changed", one) for one in ids),
    ]  # fmt: skip
    assert not any("@" in str(one.data) for one in found)


def test_what_an_editor_puts_right_is_told_and_what_stays_is_not(told: Told) -> None:
    world = told.world
    reader = world.reader(ME, "category:سياسة")
    same = Edit(reader.name, reader.language, reader.time_zone)
    subscribers.edit(world.parts, world.site.id, reader.id, same, BY, world.now)
    assert told_of(told, "subscriber.changed") == []
    subscribers.edit(world.parts, world.site.id, reader.id, replace(same, language="fa"), BY, world.now)
    ((_, data),) = told_of(told, "subscriber.changed")
    assert (data["subscriber"], data["language"], data["about"]) == (reader.id, "fa", "desk")


def test_a_digest_is_announced_once_with_what_it_holds(told: Told) -> None:
    world = told.world
    world.reader("a@example.org", "category:سياسة", "category:رياضة")
    world.article("1", "سياسة")
    world.article("2", "رياضة")
    assert announcing.announce(world.parts, DAWN - timedelta(minutes=31)) == 0, "not before its time"
    assert announcing.announce(world.parts, DAWN - timedelta(minutes=30)) == 1
    assert announcing.announce(world.parts, DAWN - timedelta(minutes=10)) == 0, "not twice"
    ((_, data),) = told_of(told, "digest.announced")
    assert data == {
        "frequency": "daily", "at": DAWN.isoformat(), "topics": ["رياضة", "سياسة"], "stories": 2, "readers": 1,
        "url": "https://news.example/desk/at/rafidain/calendar/daily/20261124T0500Z",
    }  # fmt: skip


def test_a_digest_without_a_story_or_held_back_is_announced_later(told: Told) -> None:
    world, soon = told.world, DAWN - timedelta(minutes=20)
    world.reader("a@example.org", "category:سياسة")
    assert announcing.announce(world.parts, soon) == 0
    world.article("1", "سياسة")
    place = Place(world.site.id, Frequency.DAILY, DAWN)
    digests.hold(world.parts, place, BY, soon)
    assert announcing.announce(world.parts, soon) == 0
    digests.release(world.parts, place, BY, soon)
    assert announcing.announce(world.parts, soon) == 1


def test_the_beat_announces_and_forgets_in_time(told: Told) -> None:
    world = told.world
    world.reader("a@example.org", "category:سياسة")
    world.article("1", "سياسة")
    world.now = DAWN - timedelta(minutes=15)
    world.tick()
    assert events(told, "digest.") == ["announced"]
    upkeep.sweep(world.parts, DAWN + timedelta(days=31))
    with world.parts.db.reading() as session:
        assert session.scalars(select(Announcement)).all() == []


def test_nobody_is_told_where_the_announcement_is_switched_off(told: Told) -> None:
    world = told.world.with_settings(digest_announce_min=0)
    world.reader("a@example.org", "category:سياسة")
    world.article("1", "سياسة")
    assert announcing.announce(world.parts, DAWN - timedelta(minutes=5)) == 0


def test_a_new_secret_signs_beside_the_old_one_for_a_day(told: Told) -> None:
    world, keys = told.world, {"old": key_of_text(told.secret) or b""}
    keys["new"] = key_of_text(told.office.rotate(told.id)) or b""
    assert len(set(keys.values())) == 2
    told.office.test(told.id)
    world.work()
    world.later(days=1)
    told.office.test(told.id)
    world.work()
    signed = [
        {name for name, key in keys.items() if webhook.read(headers, body, [key], world.now, 10**6)}
        for headers, body in told.paper.seen
    ]
    assert signed == [{"old", "new"}, {"new"}]


def test_every_event_that_is_offered_is_told_somewhere() -> None:
    """By the tests here and in `test_calls`: an event that nobody tells would be a promise to nobody."""
    shown = {
        "subscriber.confirmed", "subscriber.changed", "subscriber.unsubscribed", "subscriber.suppressed",
        "subscriber.erased", "delivery.failed", "delivery.suppressed", "delivery.expired", "delivery.bounced",
        "source.failed",
        "issue.scheduled", "issue.unscheduled", "issue.sending", "issue.paused", "issue.resumed", "issue.sent",
        "issue.cancelled", "digest.announced",
    }  # fmt: skip
    assert {event.value for event in OFFERED} == shown


def test_a_suppression_of_an_unknown_address_has_no_reader_to_tell_of(told: Told) -> None:
    with told.world.parts.db.writing() as session:
        site = session.get_one(Site, told.world.site.id)
        suppression.suppress(session, site, "nobody@example.org", "wish", "test", told.world.now)
    assert told.calls() == []
