"""Leaving the editors' letters: what one click in an issue ends, and what it leaves alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.desk.audit import Actor
from notifier.domain import topics
from notifier.domain.issues import Audience, Composed, When
from notifier.domain.words import LetterKind, Reason
from notifier.issues import compose, reading, sending
from notifier.issues.rows import Which
from notifier.models import ConsentEvent, Delivery, Subscription, Wave
from tests.web.conftest import POLITICS, Visit, article
from tests.web.test_undo import undo_in

SPORT = topics.category("رياضة")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BY = Actor("cli")


def send(visit: Visit, *about: str) -> None:
    """An issue for those who follow any of these topics, or for everybody."""
    words = Composed("رسالة المحرر", "ar", intro="مرحبًا بكم", audience=Audience(topics=about))
    issue = compose.begin(visit.parts, visit.site_id, words, BY, visit.now)
    sending.schedule(visit.parts, Which(visit.site_id, issue, BY, visit.now), When(at=visit.now))


@pytest.fixture
def link(visit: Visit) -> str:
    """The unsubscribe link in an issue for politics; its reader follows politics and sport."""
    reader = visit.active()
    visit.active(topic=SPORT)
    send(visit, POLITICS)
    visit.work()
    return visit.link("u", reader, visit.delivery(reader))


def follows(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        return len(session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))).all())


def issues(visit: Visit) -> int:
    """How many more letters an issue for everybody would send."""
    before = len(visit.transport.sent)
    send(visit)
    visit.work()
    return len(visit.transport.sent) - before


def test_one_click_ends_the_editors_letters_and_nothing_else(visit: Visit, link: str) -> None:
    assert issues(visit) == 1
    for _ in range(2):
        assert visit.client.post(link, data=ONE_CLICK).status_code == 200
    assert follows(visit) == 2
    assert issues(visit) == 0
    with visit.parts.db.reading() as session:
        assert reading.count(session, visit.site_id, Audience(topics=(POLITICS,)), visit.now) == 0
        last = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc()).limit(1)).one()
    assert (last.action, last.purpose) == ("unsubscribed", "issues")


def test_the_page_offers_these_letters_these_and_their_sections_or_everything(visit: Visit, link: str) -> None:
    page = visit.client.get(link).text
    assert "رسائل المحرر في" in page
    assert "رسائل المحرر والأقسام التي أُرسلت لأجلها<small><bdi>سياسة</bdi></small>" in page
    assert 'value="all"' in page
    done = visit.client.post(link, data={"scope": "letter"}).text
    assert "<li>رسائل المحرر</li>" in done
    assert "سياسة" not in done
    assert "سبق أن انتهى" in visit.client.get(link).text


def test_with_its_sections_it_ends_what_the_issue_was_for(visit: Visit, link: str) -> None:
    done = visit.client.post(link, data={"scope": "kind"}).text
    assert "<li>رسائل المحرر</li>" in done
    assert "سياسة" in done
    assert follows(visit) == 1
    assert 'value="kind"' not in visit.client.get(link).text


def test_everything_is_still_everything(visit: Visit, link: str) -> None:
    assert "لن تصلك بعد الآن أي رسائل" in visit.client.post(link, data={"scope": "all"}).text
    assert follows(visit) == 0


@pytest.mark.parametrize("has_topic", [True, False])
def test_stop_all_emails_stops_these_too_until_it_is_taken_back(visit: Visit, *, has_topic: bool) -> None:
    own = visit.link("p", visit.active())
    if not has_topic:
        visit.client.post(own, data={f"frequency:{POLITICS}": ""})
    visit.now += timedelta(hours=1)
    where = visit.client.post(own, data={"stop": "all", "part": "stop"}, follow_redirects=False).headers["location"]
    undo = undo_in(visit.client.get(where).text)
    assert issues(visit) == 0
    for _ in range(2):
        visit.client.post(f"{own}/undo", data={"undo": undo})
        assert follows(visit) == has_topic
    assert issues(visit) == 1


@pytest.mark.parametrize("how", [{"scope": "letter"}, ONE_CLICK])
def test_whoever_ends_their_last_topic_by_a_letter_gets_none_as_the_page_says(
    visit: Visit, how: dict[str, str]
) -> None:
    reader = visit.active(frequency="instant")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل")], visit.now)
    visit.work()
    visit.now += timedelta(minutes=5)
    letter = visit.link("u", reader, visit.delivery(reader))
    visit.client.post(letter, data=how)
    assert issues(visit) == 0
    assert "لن تصلك بعد الآن أي رسائل" in visit.client.post(letter, data={"scope": "letter"}).text


def test_it_is_taken_back_at_once_or_later_on_the_reader_s_own_page(visit: Visit, link: str) -> None:
    done = visit.client.post(link, data={"scope": "letter"}).text
    undo = done.split('name="undo" value="')[1].split('"')[0]
    assert visit.client.post(f"{link}/undo", data={"undo": undo}).status_code == 200
    assert issues(visit) == 1
    visit.client.post(link, data=ONE_CLICK)
    with visit.parts.db.reading() as session:
        reader = session.scalars(select(Delivery.subscriber_id)).first()
    assert reader
    own = visit.link("p", reader)
    assert "رسائل المحرر" in visit.client.get(own).text
    visit.client.post(f"{own}/unmute", data={"what": "issues"})
    assert issues(visit) == 1


def test_a_letter_that_was_planned_before_does_not_leave(visit: Visit, link: str) -> None:
    send(visit)
    with visit.parts.db.reading() as session:
        wave = session.scalars(select(Wave.id).where(Wave.planned_at.is_(None))).one()
    sending.plan_wave(visit.parts, wave, visit.now)
    visit.client.post(link, data=ONE_CLICK)
    visit.work()
    with visit.parts.db.reading() as session:
        last = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
    assert (last.kind, last.reason) == (LetterKind.ISSUE, Reason.UNSUBSCRIBED)


def test_an_issue_s_link_mutes_no_comments(visit: Visit, link: str) -> None:
    assert visit.client.post(f"{link}/mute/issues").status_code == 404
