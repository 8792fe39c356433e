"""Sums of opens and clicks by day and by send: kept as they are counted, and the same when they are made anew."""

from datetime import timedelta

from sqlalchemy import delete, select

from notifier import census
from notifier.desk.audit import Actor
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import LetterKind
from notifier.feedback import heed, traces
from notifier.feedback.heed import Sum
from notifier.models import AuditEvent, DaySum, Letter, Site, TraceSum
from notifier.sites import SiteChange, amend_site
from notifier.trail import Seen
from tests.world import World

LINK = "https://r.example/a"


def policy(world: World, tracking: Tracking) -> None:
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        amend_site(session, site, SiteChange(tracking=tracking), Actor("cli"), world.now)


def digest(world: World) -> Letter:
    """The letter of a digest that went out."""
    policy(world, Tracking.COUNTS)
    world.reader("layla@example.org", "category:سياسة")
    world.article("a")
    world.later(hours=24)
    world.tick()
    with world.parts.db.reading() as session:
        return session.scalars(select(Letter).where(Letter.kind == LetterKind.DIGEST)).one()


def seen(world: World, letter: Letter) -> list[Seen]:
    """On two days: three opens by people, one of them by a proxy, one by Apple, two by machines; a click by each."""
    at, who = world.now.timestamp(), Onlooker
    opens = [(at, who.PERSON), (at, who.PROXY), (at + 86400, who.PERSON), (at, who.APPLE), (at, who.MACHINE)]
    clicks = [(at, who.PERSON), (at + 86400, who.MACHINE)]
    return [
        *(Seen(TraceKind.OPEN, letter.id, moment, by) for moment, by in opens),
        *(Seen(TraceKind.CLICK, letter.id, moment, by, link=LINK) for moment, by in clicks),
    ]


def count(world: World, some: list[Seen]) -> None:
    with world.parts.db.writing() as session:
        traces.count(session, some)


def test_a_digests_letters_add_up_to_its_run_and_to_their_days(world: World) -> None:
    letter = digest(world)
    count(world, seen(world, letter))
    count(world, seen(world, letter)[:1])
    today, tomorrow = f"{world.now:%Y-%m-%d}", f"{world.now + timedelta(days=1):%Y-%m-%d}"
    with world.parts.db.reading() as session:
        days = heed.by_day(session, world.site.id, today)
        assert days[TraceKind.OPEN] == {today: Sum(3, 1, 1), tomorrow: Sum(1)}
        assert days[TraceKind.CLICK] == {today: Sum(1), tomorrow: Sum(0, 1)}
        assert heed.by_day(session, world.site.id, tomorrow)[TraceKind.OPEN] == {tomorrow: Sum(1)}
        key = LetterKind.DIGEST, letter.about_id
        assert letter.about_id
        found = heed.by_send(session, world.site.id, [key, (LetterKind.ISSUE, letter.about_id)])
        assert found == {key: {TraceKind.OPEN: Sum(4, 1, 1), TraceKind.CLICK: Sum(1, 1)}}


def test_another_sites_sums_are_its_own(world: World) -> None:
    count(world, seen(world, digest(world)))
    with world.parts.db.reading() as session:
        assert heed.by_day(session, world.site.id + 1, "2000-01-01") == {TraceKind.OPEN: {}, TraceKind.CLICK: {}}


def test_made_anew_the_sums_are_what_they_were(world: World) -> None:
    count(world, seen(world, digest(world)))

    def whole() -> set[tuple[object, ...]]:
        send = TraceSum.site_id, TraceSum.about_id, TraceSum.kind, TraceSum.onlooker, TraceSum.count
        day = DaySum.site_id, DaySum.measure, DaySum.day, DaySum.name, DaySum.count
        with world.parts.db.reading() as session:
            days = session.execute(select(*day).where(DaySum.measure.in_(["open", "click"])))
            return {tuple(row) for row in [*session.execute(select(*send)), *days]}

    before = whole()
    assert len(before) == 6 + 7
    with world.parts.db.writing() as session:
        session.execute(delete(TraceSum))
        session.execute(delete(DaySum).where(DaySum.measure == "open"))
    census.rebuild(world.parts, world.now)
    assert whole() == before


def test_what_comes_after_the_policy_was_switched_off_enters_no_sum(world: World) -> None:
    letter = digest(world)
    policy(world, Tracking.OFF)
    count(world, seen(world, letter))
    with world.parts.db.reading() as session:
        assert session.scalars(select(TraceSum)).all() == []
        lines = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [one for one in lines if "tracking" in one] == ["site.tracking_counts", "site.tracking_off"]


def test_a_rate_is_of_a_hundred_letters() -> None:
    assert Sum(people=5, machines=90, apple=90).per_hundred(40) == 12.5
    assert Sum(people=5).per_hundred(0) is None
