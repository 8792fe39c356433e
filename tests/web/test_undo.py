"""Taking back: a day long, exactly what was done, by whom it was done."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from notifier import flow
from notifier.domain import topics
from notifier.domain.words import LetterKind
from notifier.models import ConsentEvent, Delivery, Mute, Site, Subscriber, Subscription
from tests.web.conftest import Visit, article

SPORT = topics.category("رياضة")


def active(visit: Visit) -> set[int]:
    with visit.parts.db.reading() as session:
        return set(session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))))


def undo_in(page: str) -> str:
    return str(re.findall(r'name="undo" value="([^"]+)"', page)[0])


def alerted(visit: Visit) -> tuple[int, str]:
    reader = visit.active(frequency="instant")
    visit.active(topic=SPORT, frequency="instant")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل")], visit.now)
    visit.work()
    return reader, visit.link("u", reader, visit.delivery(reader))


@pytest.mark.parametrize("scope", ["letter", "kind", "all"])
def test_an_unsubscription_is_taken_back_without_a_new_confirmation(visit: Visit, scope: str) -> None:
    reader, link = alerted(visit)
    before = active(visit)
    visit.now += timedelta(hours=1)
    done = visit.client.post(link, data={"scope": scope})
    assert len(active(visit)) == {"letter": 1, "kind": 0, "all": 0}[scope]
    undo = undo_in(done.text)
    for _ in range(2):
        assert visit.client.post(f"{link}/undo", data={"undo": undo}).status_code == 200
        assert active(visit) == before
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).confirmed_at is not None


def test_after_a_day_it_is_too_late_and_the_box_is_offered(visit: Visit) -> None:
    _, link = alerted(visit)
    undo = undo_in(visit.client.post(link, data={"scope": "all"}).text)
    visit.now += timedelta(days=1, seconds=1)
    late = visit.client.post(f"{link}/undo", data={"undo": undo})
    assert late.status_code == 410
    assert "/naba/subscribe" in late.text
    assert active(visit) == set()


def test_an_undo_is_for_its_own_reader_and_cannot_be_made_up(visit: Visit) -> None:
    _, link = alerted(visit)
    undo = undo_in(visit.client.post(link, data={"scope": "all"}).text)
    other = visit.link("u", visit.active("other@example.org"), 0)
    before = visit.rows()
    assert visit.client.post(f"{other}/undo", data={"undo": undo}).status_code == 410
    for wrong in ("", "1.1.1.0.x", undo[:-1] + ("A" if undo[-1] != "A" else "B"), "1" + undo):
        assert visit.client.post(f"{link}/undo", data={"undo": wrong}).status_code == 410
    assert visit.rows() == before


def test_an_undo_opens_no_goodbye_and_a_goodbye_undoes_nothing(visit: Visit) -> None:
    with visit.parts.db.writing() as session:
        session.execute(update(Site).values(sends_goodbye=True))
    hers = visit.link("u", visit.active("other@example.org", topic=SPORT), 0)
    visit.client.post(hers, data={"scope": "all"})
    with visit.parts.db.reading() as session:
        goodbye = session.scalars(select(Delivery.id).where(Delivery.kind == LetterKind.GOODBYE)).one()
    while (reader := visit.active(f"r{len(active(visit))}@example.org")) < goodbye:
        pass
    assert reader == goodbye, "the ids are alike"
    visit.now += timedelta(minutes=5)
    link = visit.link("u", reader, 0)
    undo = undo_in(visit.client.post(link, data={"scope": "all"}).text)
    before = visit.rows()
    for wrong in (undo, visit.parts.signer.sign("undo", goodbye, 1, 1, 0)):
        assert visit.client.get(f"/undo/{wrong}").status_code == visit.client.post(f"/undo/{wrong}").status_code == 404
    theirs = visit.parts.signer.sign("undo", goodbye)
    assert visit.client.post(f"{link}/undo", data={"undo": theirs}).status_code == 410
    assert visit.client.get(f"{visit.link('p', reader)}?undo={theirs}").status_code == 200
    assert visit.rows() == before


def test_the_reason_is_kept_beside_the_event_and_cut(visit: Visit) -> None:
    _, link = alerted(visit)
    visit.client.post(link, data={"scope": "letter", "because": "too_many", "words": "كثيرة " * 100})
    visit.client.post(link, data={"scope": "all", "because": "made up"})
    with visit.parts.db.reading() as session:
        first, second = session.scalars(
            select(ConsentEvent.detail).where(ConsentEvent.action == "unsubscribed").order_by(ConsentEvent.id)
        )
    assert first["because"] == "too_many"
    assert len(first["words"]) <= 300
    assert second == {}


def change(visit: Visit, link: str, **fields: str) -> Any:
    return visit.client.post(link, data=fields, follow_redirects=False).headers["location"]


def test_a_pause_is_taken_back_and_ended_early(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)

    def paused() -> Any:
        with visit.parts.db.reading() as session:
            return session.get_one(Subscriber, reader).paused_until

    where = change(visit, link, part="pause", pause="1", pause_date="2026-07-08")
    assert where.endswith("#pause")
    assert paused().isoformat() == "2026-07-07T21:00:00+00:00", "midnight in Baghdad"
    page = visit.client.get(where).text
    assert "الأربعاء ٨ تموز" in page
    change(visit, f"{link}/undo", part="pause", undo=undo_in(page))
    assert paused() is None
    change(visit, link, part="pause", pause="1", pause_date="2026-07-08")
    visit.now += timedelta(days=1)
    change(visit, link, part="pause", resume="1")
    assert paused() == visit.now


def test_a_discussion_is_muted_and_unmuted_beside_its_frequency(visit: Visit) -> None:
    reader = visit.active(topic="thread:a1", frequency="instant")
    link = visit.link("p", reader)
    field = {"frequency:thread:a1": "muted"}
    where = visit.client.post(link, data={**field, "part": "threads"}, follow_redirects=False).headers["location"]
    page = visit.client.get(where).text
    assert '<option value="=muted" selected>' in page

    def muted() -> list[str]:
        with visit.parts.db.reading() as session:
            return list(session.scalars(select(Mute.what)))

    assert len(muted()) == 1
    change(visit, f"{link}/undo", part="threads", undo=undo_in(page))
    assert muted() == []
    assert len(active(visit)) == 1
    visit.client.post(link, data=field)
    visit.client.post(link, data={"frequency:thread:a1": "daily"})
    assert muted() == []


def test_what_was_quiet_is_quiet_again_after_everything_was_stopped_and_taken_back(visit: Visit) -> None:
    reader = visit.active(topic="thread:a1", frequency="instant")
    link = visit.link("p", reader)
    visit.client.post(link, data={"frequency:thread:a1": "muted"})
    visit.now += timedelta(minutes=5)
    page = visit.client.get(change(visit, link, stop="all", part="stop")).text
    visit.now += timedelta(minutes=5)
    change(visit, f"{link}/undo", undo=undo_in(page), part="stop")
    assert len(active(visit)) == 1
    assert '<option value="=muted" selected>' in visit.client.get(link).text


@pytest.mark.parametrize("scope", ["letter", "all"])
def test_a_button_that_is_pressed_twice_can_still_be_taken_back(visit: Visit, scope: str) -> None:
    _, link = alerted(visit)
    before = active(visit)
    visit.now += timedelta(minutes=5)
    visit.client.post(link, data={"scope": scope})
    visit.now += timedelta(seconds=1)
    again = visit.client.post(link, data={"scope": scope})
    assert visit.client.post(f"{link}/undo", data={"undo": undo_in(again.text)}).status_code == 200
    assert active(visit) == before
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.confirmed_at)).one() is not None


def test_stop_that_is_pressed_twice_can_still_be_taken_back(visit: Visit) -> None:
    link = visit.link("p", visit.active())
    visit.now += timedelta(minutes=5)
    change(visit, link, stop="all", part="stop")
    visit.now += timedelta(seconds=1)
    page = visit.client.get(change(visit, link, stop="all", part="stop")).text
    change(visit, f"{link}/undo", undo=undo_in(page), part="stop")
    assert len(active(visit)) == 1


def test_only_what_was_done_last_is_offered_again_and_for_a_day(visit: Visit) -> None:
    reader, link = alerted(visit)
    visit.now += timedelta(minutes=5)
    visit.client.post(link, data={"scope": "letter"})
    visit.now += timedelta(minutes=5)
    change(visit, visit.link("p", reader), part="pause", pause="1", pause_date="2026-07-08")
    assert 'name="undo"' not in visit.client.post(link, data={"scope": "letter"}).text
    visit.client.post(link, data={"scope": "all"})
    visit.now += timedelta(days=1, seconds=1)
    assert 'name="undo"' not in visit.client.post(link, data={"scope": "all"}).text


def test_taking_back_a_pause_leaves_a_later_one(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    page = visit.client.get(change(visit, link, part="pause", pause="1", pause_date="2026-07-08")).text
    visit.now += timedelta(minutes=5)
    change(visit, link, part="pause", pause="1", pause_date="2026-09-08")
    assert "done=late" in change(visit, f"{link}/undo", part="pause", undo=undo_in(page))
    with visit.parts.db.reading() as session:
        paused = session.get_one(Subscriber, reader).paused_until
    assert paused
    assert paused.date().isoformat() == "2026-09-07"


def test_digits_calendar_days_and_quiet_hours_are_kept_and_shown(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    days = {"shown": "digest_day", "digest_day": ["6", "0", "1"], "quiet_from": "21", "quiet_until": "9"}
    visit.client.post(link, data={"digits": "latn", "calendar": "islamic", **days})
    with visit.parts.db.reading() as session:
        row = session.get_one(Subscriber, reader)
        assert row.language == "ar-u-ca-islamic-nu-latn"
        assert (row.digest_days, row.quiet_from_h, row.quiet_until_h) == (0b1000011, 21, 9)
    page = visit.client.get(link).text
    assert '<option value="latn" selected>' in page
    assert page.count(" checked>") == 3
    visit.client.post(link, data={"language": "fa"})
    visit.client.post(link, data={"digits": "", "quiet_from": "", "quiet_until": ""})
    with visit.parts.db.reading() as session:
        row = session.get_one(Subscriber, reader)
        assert (row.language, row.quiet_from_h) == ("fa-u-ca-islamic", None)
