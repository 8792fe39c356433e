"""What the desk says of the coming days, what editors decide there, and the charts beside it."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from notifier import census, digests, flow, tally
from notifier.desk.audit import Actor
from notifier.digests import Order, Place, name
from notifier.domain.desk_words import Role
from notifier.domain.issues import Composed, When
from notifier.domain.quiet import Bedtime
from notifier.domain.words import Frequency, ItemKind
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import Arrangement, AuditEvent, DaySum, Subscriber, Tally
from notifier.web.desk import drawing
from tests.desk.conftest import Desk
from tests.web.conftest import article

EIGHT = "daily/20260702T0500Z"
"""Eight o'clock in Baghdad on the second of July."""


def eve(desk: Desk) -> tuple[int, int]:
    """A daily reader and two stories on the day before; gives their ids."""
    desk.visit.active("layla@example.org")
    news = [article("n1", title="الخبر الأول"), article("n2", title="الخبر الثاني")]
    first, second = flow.ingest_items(desk.visit.parts, 1, news, desk.visit.now + timedelta(minutes=5))
    desk.visit.now += timedelta(hours=1)
    return first.item_id or 0, second.item_id or 0


def test_the_next_digests_stand_there_with_readers_and_articles(desk: Desk) -> None:
    eve(desk)
    page = desk.add(Role.ANALYST).get("/at/naba/calendar").text
    assert f"/desk/at/naba/calendar/{EIGHT}" in page
    assert re.search(r'data-label="القرّاء">١</td>\n<td class="amount" data-label="المواد">٢</td>', page)
    assert "ولا تُرسل فارغة" in page


def test_a_digest_is_announced_half_an_hour_ahead(desk: Desk) -> None:
    eve(desk)
    analyst = desk.add(Role.ANALYST)
    desk.visit.now = desk.visit.now.replace(day=2, hour=4, minute=29)
    analyst = desk.add(Role.ANALYST, "early@naba.example")
    assert "موعد صدور <bdi>النشرة اليومية</bdi>:" not in analyst.get("/at/naba").text
    desk.visit.now += timedelta(minutes=1)
    assert "موعد صدور <bdi>النشرة اليومية</bdi>:" in analyst.get("/at/naba").text
    assert "قريبًا" in analyst.get("/at/naba/calendar").text


def test_an_editor_orders_leaves_out_and_postpones(desk: Desk) -> None:
    first, second = eve(desk)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/calendar/{EIGHT}"
    assert editor.get(path).text.index("الخبر الثاني") < editor.get(path).text.index("الخبر الأول")
    assert editor.post(path, **{f"place:{first}": "١", f"fate:{second}": "postponed"}).status_code == 303
    with desk.visit.parts.db.reading() as session:
        kept = session.scalars(select(Arrangement)).one()
        assert (kept.pinned, kept.dropped, kept.postponed) == ([first], [], [second])
        assert session.scalars(select(AuditEvent.action)).all()[-1] == "digest.arranged"
    letter = editor.get(f"{path}/letter?language=en").text
    assert "الخبر الأول" in letter
    assert "الخبر الثاني" not in letter


def test_the_letter_in_the_frame_can_do_nothing(desk: Desk) -> None:
    eve(desk)
    flow.ingest_items(
        desk.visit.parts, 1, [article("x", title="<script>alert(1)</script>", html="<img src=x onerror=alert(1)>")],
        desk.visit.now,
    )  # fmt: skip
    desk.visit.now += timedelta(minutes=1)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/calendar/{EIGHT}"
    assert 'sandbox="allow-popups' in editor.get(path).text
    assert "<script>alert(1)" not in editor.get(path).text
    answer = editor.get(f"{path}/letter")
    assert "sandbox allow-popups" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert " onerror=" not in answer.text


def test_a_digest_is_held_and_released_at_the_desk(desk: Desk) -> None:
    eve(desk)
    editor, path = desk.add(Role.EDITOR), f"/at/naba/calendar/{EIGHT}"
    editor.post(path, act="hold")
    assert "موقوفة" in editor.get("/at/naba/calendar").text
    assert desk.add(Role.ANALYST).post(path, act="release").status_code == 403
    editor.post(path, act="release")
    assert "موقوفة" not in editor.get("/at/naba/calendar").text


def test_what_is_on_its_way_or_was_given_up_says_so(desk: Desk) -> None:
    eve(desk)
    path = f"/at/naba/calendar/{EIGHT}"
    desk.visit.now = desk.visit.now.replace(day=2, hour=5, minute=1)
    editor = desk.add(Role.EDITOR)
    assert "فات أوانها، وتأتي موادها" in editor.post(path, act="release").text
    flow.open_runs(desk.visit.parts, desk.visit.now)
    desk.visit.work()
    refused = editor.post(path, act="hold")
    assert (refused.status_code, "رسائل هذه النشرة في طريقها" in refused.text) == (409, True)


@pytest.mark.parametrize("slot", ["daily/soon", "instant/20260702T0500Z", "never/20260702T0500Z"])
def test_what_is_no_slot_is_no_page(desk: Desk, slot: str) -> None:
    assert desk.add(Role.ANALYST).get(f"/at/naba/calendar/{slot}").status_code == 404


def test_the_charts_say_what_was_counted_and_give_it_as_a_file(desk: Desk) -> None:
    desk.visit.active("layla@example.org")
    comment = article("c1", article_guid="a1", html="<p>تعليق</p>")
    flow.ingest_items(
        desk.visit.parts, 1, [type(comment)(ItemKind.COMMENT, "c1", article_guid="a1", html="x")], desk.visit.now
    )
    analyst = desk.add(Role.ANALYST)
    assert "لا أرقام بعد" in analyst.get("/at/naba/charts").text
    census.count(desk.visit.parts, desk.visit.now)
    census.count(desk.visit.parts, desk.visit.now)
    page = analyst.get("/at/naba/charts").text
    assert 'role="img"' in page
    assert "التتبّع معطّل" in page
    files = {chart: analyst.get(f"/at/naba/charts/{chart}.csv").content.decode("utf-8-sig").splitlines()
             for chart in ("letters", "readers", "categories", "domains", "threads")}  # fmt: skip
    assert files["readers"][-1] == "2026-07-01,1,1"
    assert files["letters"][-1] == "2026-07-01,1,1,0,0,0"
    assert "سياسة,1" in files["categories"]
    assert files["threads"] == ["thread,comments,letters", "خبر أول,1,0"]
    assert analyst.get("/at/naba/charts/none.csv").status_code == 404


def test_the_days_sums_tell_when_each_digest_is_read(desk: Desk) -> None:
    eve(desk)
    parts, place = desk.visit.parts, Place(1, Frequency.DAILY, desk.visit.now.replace(day=2, hour=5, minute=0))
    counted = digests.ahead(parts, 1, desk.visit.now).slots
    census.count(parts, desk.visit.now)
    assert digests.ahead(parts, 1, desk.visit.now).slots == counted
    with parts.db.writing() as session:
        session.execute(update(DaySum).where(DaySum.measure == "slot").values(count=1000))
    assert {one.readers for one in digests.ahead(parts, 1, desk.visit.now).slots} == {1000}
    assert name(place) == EIGHT
    digests.arrange(parts, place, Order(), Actor("cli"), desk.visit.now)


def test_the_running_count_is_made_anew_from_the_letters(desk: Desk) -> None:
    for n in range(3):
        desk.visit.active(f"r{n}@example.org", frequency="instant")
    flow.ingest_items(desk.visit.parts, 1, [article("news")], desk.visit.now)
    desk.visit.work()

    def sums() -> set[tuple[object, ...]]:
        with desk.visit.parts.db.writing() as session:
            tally.squeeze(session)
            columns = (
                *(getattr(Tally, name) for name in tally.Line._fields),
                Tally.count,
                Tally.first_id,
                Tally.last_id,
            )
            return {tuple(row) for row in session.execute(select(*columns))}

    before = sums()
    assert len(before) > 3
    with desk.visit.parts.db.writing() as session:
        session.execute(update(Tally).values(count=77))
    census.rebuild(desk.visit.parts, desk.visit.now)
    assert sums() == before


def test_time_runs_from_the_right_where_one_reads_from_the_right() -> None:
    days = ["2026-06-30", "2026-07-01"]
    values = {"2026-06-30": {"sent": 6, "failed": 2}, "2026-07-01": {"sent": 3}}
    ltr, rtl = (drawing.stacked(days, values, ("sent", "failed"), rtl=rtl) for rtl in (False, True))
    assert [round(drawing.WIDE - one.x - one.width, 1) for one in rtl.pieces] == [one.x for one in ltr.pieces]
    assert [one.value for one in ltr.pieces] == [6, 2, 3]
    assert ltr.pieces[0].height == 3 * ltr.pieces[1].height == 2 * ltr.pieces[2].height


@pytest.mark.parametrize("most", [0, 1, 4, 5, 9, 10, 37, 99, 100, 501, 12_345, 1_000_000])
def test_a_scale_ends_above_the_greatest_and_has_whole_lines(most: int) -> None:
    top = drawing.ceiling(most)
    assert top >= most
    assert top % drawing.LINES == 0
    assert top <= max(drawing.LINES, 3 * most)


def scheduled(desk: Desk, when: When, *zones: str) -> None:
    """An issue on its way, and readers who live in these zones."""
    for number, zone in enumerate(zones):
        desk.visit.active(f"far{number}@example.org")
        with desk.visit.parts.db.writing() as session:
            session.execute(update(Subscriber).where(Subscriber.address.startswith("far")).values(time_zone=zone))
    by = Actor("cli")
    words = Composed("رسالة الأحد", "ar", intro="مرحبًا بكم")
    issue = compose.begin(desk.visit.parts, desk.visit.site_id, words, by, desk.visit.now)
    sending.schedule(desk.visit.parts, Which(desk.visit.site_id, issue, by, desk.visit.now), when)


def test_an_issue_stands_among_the_digests_at_its_moment(desk: Desk) -> None:
    eve(desk)
    scheduled(desk, When(at=desk.visit.now.replace(day=2, hour=4, minute=0)))
    page = desk.add(Role.ANALYST).get("/at/naba/calendar").text
    assert page.index("رسالة الأحد") < page.index(EIGHT)
    assert "بحسب مكان القارئ" not in page


def test_an_issue_at_local_hours_stands_there_with_its_span(desk: Desk) -> None:
    scheduled(desk, When(wall=datetime(2026, 7, 3, 8, 0)), "America/New_York")  # noqa: DTZ001 - a wall clock's
    page = desk.add(Role.ANALYST).get("/at/naba/calendar").text
    assert "بالتوقيت المحلي لكل قارئ: <bdi>الجمعة ٣ تموز، ٨:٠٠ صباحًا</bdi>" in page
    # Eight in Baghdad is five in UTC, and eight in New York noon: three in the afternoon in Baghdad.
    assert re.search(r"من <bdi>[^<]*٨:٠٠ صباحًا</bdi> إلى <bdi>[^<]*٣:٠٠ مساءً</bdi>", page), page


def test_the_calendar_says_when_no_letter_about_comments_leaves(desk: Desk) -> None:
    page = desk.add(Role.ANALYST).get("/at/naba/calendar").text
    assert "بين <bdi>١١:٠٠ مساءً</bdi> و<bdi>٧:٠٠ صباحًا</bdi>" in page
    assert "بين رسالتين عن النقاش نفسه ١٥ دقيقة على الأقل" in page


def test_an_hourly_digest_is_seen_as_it_is_from_what_the_census_kept_of_the_nights(desk: Desk) -> None:
    parts, now = desk.visit.parts, desk.visit.now
    desk.visit.active("layla@example.org", frequency="hourly")
    own = desk.visit.active("salam@example.org", frequency="hourly")
    with parts.db.writing() as session:
        session.execute(update(Subscriber).where(Subscriber.id == own).values(quiet_from_h=1, quiet_until_h=2))
    flow.ingest_items(parts, 1, [article("soon", title="خبر قريب")], now + timedelta(minutes=5))
    place = Place(1, Frequency.HOURLY, now + timedelta(hours=1))
    counted = digests.look(parts, place).entries
    assert "خبر قريب" in {one.title for one in counted}
    census.count(parts, now)
    assert digests.look(parts, place).entries == counted
    with parts.db.writing() as session:
        kept = session.scalars(select(DaySum.name).where(DaySum.measure == "bedtime")).all()
        assert {Bedtime.of(one).from_h for one in kept} == {None, 1}
        asleep = Bedtime("UTC", 0, 23).name
        session.execute(delete(DaySum).where(DaySum.measure == "bedtime", DaySum.name != kept[0]))
        session.execute(update(DaySum).where(DaySum.name == kept[0]).values(name=asleep))
    assert digests.look(parts, place).entries == [], "nobody who is known is awake then"
