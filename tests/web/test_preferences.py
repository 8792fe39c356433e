"""The preference page: a change is kept whole or not at all."""

import re
from typing import Any

import pytest
from sqlalchemy import insert, select

from notifier.domain import topics
from notifier.models import Subscriber, Subscription, Topic
from notifier.web.wire import FIELDS_MAX, ROWS_MAX
from tests.web.conftest import POLITICS, Visit

SPORT = topics.category("رياضة")
TECH = topics.category("Tech")


def subscriptions(visit: Visit) -> dict[str, str]:
    with visit.parts.db.reading() as session:
        found = session.execute(
            select(Topic.name, Subscription.frequency)
            .join(Subscription, Subscription.topic_id == Topic.id)
            .where(Subscription.ended_at.is_(None))
        )
        return {name: frequency.value for name, frequency in found}


def reader_row(visit: Visit, reader: int) -> Subscriber:
    with visit.parts.db.reading() as session:
        return session.get_one(Subscriber, reader)


def test_the_page_shows_what_a_reader_has_and_hides_the_address(visit: Visit) -> None:
    reader = visit.active()
    page = visit.client.get(visit.link("p", reader))
    assert page.status_code == 200
    for private in ("layla", "example.org", "l•••", 'name="name"', "/export", "/erase", "/history", "set-cookie"):
        assert private not in page.text
    assert f'name="frequency:{POLITICS}"' in page.text
    assert '<option value="Asia/Baghdad" selected>بغداد</option>' in page.text
    assert 'type="checkbox" name="frequency:mine" value="instant">' in page.text
    assert 'type="checkbox" name="frequency:mentions" value="instant">' in page.text
    assert page.text.count("selected") == 6  # one section, the hour, the weekday, the zone, the language, the pause


def test_a_change_is_kept_and_shown_after_a_redirect(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    sent = {
        f"frequency:{POLITICS}": "weekly",
        f"frequency:{SPORT}": "instant",
        "digest_hour": "19",
        "digest_weekday": "4",
        "time_zone": "Africa/Cairo",
        "language": "en",
        "name": "مجهول",
        "part": "when",
    }
    answer = visit.client.post(link, data=sent, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{link}?done=saved&part=when#when"
    assert subscriptions(visit) == {POLITICS: "weekly", SPORT: "instant"}
    row = reader_row(visit, reader)
    assert (row.digest_hour, row.digest_weekday, row.time_zone, row.language) == (19, 4, "Africa/Cairo", "en")
    assert row.name == "", "a forwarded letter changes no name"
    assert "Your changes are saved." in visit.client.get(answer.headers["location"]).text


def test_answers_and_mentions_are_a_tick_away_and_then_have_a_pace(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    visit.client.post(link, data={"frequency:mine": "instant", "part": "answers"})
    with visit.parts.db.reading() as session:
        hers = visit.hash_of(session, "layla@example.org")
    assert subscriptions(visit) == {POLITICS: "daily", f"mine:{hers}": "instant"}
    page = visit.client.get(link).text
    assert 'name="frequency:mine"' not in page
    assert 'name="frequency:mentions"' in page
    assert "الردود على تعليقاتي في الموقع كله" in page
    visit.client.post(link, data={f"frequency:mine:{hers}": "weekly"})
    assert subscriptions(visit)[f"mine:{hers}"] == "weekly"
    visit.client.post(link, data={f"frequency:mine:{hers}": ""})
    assert subscriptions(visit) == {POLITICS: "daily"}
    assert 'name="frequency:mine" value="instant">' in visit.client.get(link).text


def test_rows_about_an_article_bear_its_title_and_no_number_of_anything(visit: Visit) -> None:
    reader = visit.active(topic="mine:a1")
    with visit.parts.db.writing() as session:
        passage = Topic(site_id=visit.site_id, name="passage:a2#7", label="a2#7")
        session.add(passage)
        session.flush()
        row = {"subscriber_id": reader, "frequency": "instant", "created_at": visit.now, "ended_reason": ""}
        session.add(Subscription(topic_id=passage.id, **row))
    page = visit.client.get(visit.link("p", reader)).text
    told = [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in re.findall("<label.*?</label>", page, re.DOTALL)]
    assert "الردود على تعليقاتي خبر أول" in told
    assert "التعليقات على فقرة من المقال مباراة" in told
    assert not [one for one in told if "#" in one]


def test_a_topic_can_be_ended_and_all_can_be_stopped(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    visit.client.post(link, data={f"frequency:{SPORT}": "daily"})
    visit.client.post(link, data={f"frequency:{POLITICS}": ""})
    assert subscriptions(visit) == {SPORT: "daily"}
    visit.client.post(link, data={"stop": "all"})
    assert subscriptions(visit) == {}


@pytest.mark.matrix(4)
@pytest.mark.parametrize(
    "sent",
    [
        {"digest_hour": "24"},
        {"digest_hour": "-1"},
        {"digest_hour": "soon"},
        {"digest_weekday": "7"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": ""},
        {"time_zone": "../../etc/passwd"},
        {"language": "klingon"},
        {"digits": "roman"},
        {"calendar": "mayan"},
        {"shown": "digest_day"},
        {"shown": "digest_day", "digest_day": "9"},
        {"quiet_from": "22", "quiet_until": ""},
        {"quiet_from": "22", "quiet_until": "24"},
        {"pause": "1"},
        {"pause": "1", "pause_date": "tomorrow"},
        {"pause": "1", "pause_date": "2026-06-30"},
        {"pause": "1", "pause_date": "9999-12-31"},
        {f"frequency:{POLITICS}": "muted"},
        {f"frequency:{POLITICS}": "yearly"},
    ],
)
def test_a_value_that_cannot_be_right_keeps_everything_as_it_was(visit: Visit, sent: dict[str, str]) -> None:
    reader = visit.active()
    before = visit.rows()
    answer = visit.client.post(visit.link("p", reader), data={"name": "x", f"frequency:{SPORT}": "daily", **sent})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert visit.rows() == before


def test_an_arabic_digit_is_a_digit(visit: Visit) -> None:
    reader = visit.active()
    visit.client.post(visit.link("p", reader), data={"digest_hour": "٩"})
    assert reader_row(visit, reader).digest_hour == 9


def test_a_topic_that_was_not_offered_is_left_alone(visit: Visit) -> None:
    reader = visit.active()
    visit.client.post(visit.link("p", reader), data={"frequency:thread:a1": "instant", "frequency:site": "daily"})
    assert subscriptions(visit) == {POLITICS: "daily"}


def sent_by(page: str, part: str) -> dict[str, str]:
    """What a browser sends of a form whose rows nobody has touched."""
    form = page.split(f'<section id="{part}">')[1].split("</form>", maxsplit=1)[0]
    rows = re.findall(r'<select id="[^"]*" name="([^"]*)">(.*?)</select>', form, re.DOTALL)
    chosen = {
        name: re.search(r'value="([^"]*)" selected', row) or re.search(r'value="([^"]*)"', row) for name, row in rows
    }
    return {"part": part, **{name: one[1] for name, one in chosen.items() if one}}


def test_a_page_that_was_open_for_long_changes_only_the_rows_that_were_touched(visit: Visit) -> None:
    reader = visit.active()
    link = visit.link("p", reader)
    stale = sent_by(visit.client.get(link).text, "topics")
    visit.client.post(link, data={f"frequency:{POLITICS}": "", f"frequency:{TECH}": "weekly"})
    visit.client.post(link, data={**stale, f"frequency:{SPORT}": "daily"})
    assert subscriptions(visit) == {SPORT: "daily", TECH: "weekly"}, "neither begun nor ended by a row as it was shown"
    before = visit.rows()["subscriptions"]
    visit.client.post(link, data=sent_by(visit.client.get(link).text, "topics"))
    assert visit.rows()["subscriptions"] == before


def test_a_section_of_many_rows_is_saved_up_to_a_bound(visit: Visit) -> None:
    link = visit.link("p", visit.active())
    with visit.parts.db.writing() as session:
        # Together more than a form of any other page may weigh.
        rows = [{"site_id": visit.site_id, "name": f"category:قسم {'س' * 20} {n}", "label": ""} for n in range(1800)]
        session.execute(insert(Topic), rows)
    sent = {f"frequency:{one['name']}": "=" for one in rows} | {"part": "topics"}
    assert visit.client.post(link, data={**sent, f"frequency:{SPORT}": "daily"}).status_code == 200
    assert subscriptions(visit) == {POLITICS: "daily", SPORT: "daily"}
    pairs = [f"{n}=" for n in range(ROWS_MAX + 1)]
    for path, count in ((link, ROWS_MAX + 1), ("/me/undo", FIELDS_MAX + 1)):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert visit.client.post(path, content="&".join(pairs[:count]), headers=form).status_code == 400
    several = {str(n): (None, "") for n in range(FIELDS_MAX + 1)}
    assert visit.client.post(link, files=several).status_code == 400


def test_a_reader_who_left_must_confirm_anew(visit: Visit) -> None:
    reader = visit.active()
    visit.client.post(visit.link("u", reader, visit.delivery(reader)), data={"scope": "all"})
    link = visit.link("p", reader)
    page = visit.client.get(link)
    assert "ليس لهذا العنوان اشتراك مؤكد" in page.text
    assert "frequency:" not in page.text
    answer = visit.client.post(link, data={f"frequency:{POLITICS}": "daily"})
    assert answer.status_code == 422
    assert subscriptions(visit) == {}


@pytest.mark.parametrize("change", [{"language": "ar-EG"}, {"time_zone": "Pacific/Apia"}])
def test_what_the_reader_already_has_is_always_in_the_lists(visit: Visit, change: dict[str, Any]) -> None:
    reader = visit.active()
    with visit.parts.db.writing() as session:
        for name, value in change.items():
            setattr(session.get_one(Subscriber, reader), name, value)
    page = visit.client.get(visit.link("p", reader))
    assert f'<option value="{next(iter(change.values()))}" selected>' in page.text
    assert visit.client.post(visit.link("p", reader), data=change, follow_redirects=False).status_code == 303
