"""Whom an issue is for, at the desk: chosen by what readers of this site really have, and said in words."""

import re
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from notifier.desk.tagging import retag
from notifier.domain.desk_words import ImportState, Role
from notifier.domain.issues import SOURCES
from notifier.domain.text.locales import LANGUAGES
from notifier.issues import choices
from notifier.models import Import, Issue, Tag
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_issues import draft, save, the_issue


@pytest.fixture
def editor(desk: Desk) -> Somebody:
    return desk.add(Role.EDITOR)


def offered(page: str, name: str) -> list[str]:
    return [unescape(one) for one in re.findall(rf'type="checkbox" name="{name}" value="([^"]*)"', page)]


def ticked(page: str, name: str) -> list[str]:
    return [unescape(one) for one in re.findall(rf'type="checkbox" name="{name}" value="([^"]*)" checked', page)]


def imported(desk: Desk, source: str, state: ImportState) -> None:
    visit = desk.visit
    row = {
        "site_id": visit.site_id, "actor": "cli", "name": "l.csv", "digest": "", "size": 1, "state": state,
        "plan": {"source": source}, "created_at": visit.now, "touched_at": visit.now,
    }  # fmt: skip
    with visit.parts.db.writing() as session:
        session.execute(insert(Import), [row])


def test_readers_are_chosen_by_their_tags_counted_and_said_in_words(desk: Desk, editor: Somebody) -> None:
    visit = desk.visit
    layla, omar, _ = (visit.active(f"{name}@example.org") for name in ("layla", "omar", "huda"))
    with visit.parts.db.writing() as session:
        retag(session, visit.site_id, layla, ["معرض", "vip"], visit.now)
        retag(session, visit.site_id, omar, ["vip"], visit.now)
    path = draft(editor, tag="معرض")
    assert the_issue(desk).audience == {"tags": ["معرض"]}
    page = editor.get(f"{path}/edit").text
    assert (ticked(page, "tag"), set(offered(page, "tag"))) == (["معرض"], {"معرض", "vip"})
    assert "قارئ واحد" in editor.get(f"{path}/count?tag=معرض").text
    assert "قارئان" in editor.get(f"{path}/count?tag=معرض&tag=vip").text
    for shown in ("", "/send"):
        told = editor.get(f"{path}{shown}").text
        assert "من يحملون أيًّا من الوسوم: <bdi>معرض</bdi>" in told
        assert shown != "/send" or "قارئ واحد" in told


def test_of_hundreds_of_tags_the_newest_are_offered_and_what_is_ticked_stays(desk: Desk, editor: Somebody) -> None:
    visit = desk.visit
    with visit.parts.db.writing() as session:
        rows = [{"site_id": visit.site_id, "name": f"وسم {n}", "created_at": visit.now} for n in range(300)]
        session.execute(insert(Tag), rows)
    path = draft(editor, tag="وسم 0")
    found = offered(editor.get(f"{path}/edit").text, "tag")
    assert found == ["وسم 0", *(f"وسم {n}" for n in range(299, 99, -1))]
    assert len(found) == choices.TAGS_SHOWN + 1


def test_every_way_that_readers_really_came_by_can_be_ticked(desk: Desk, editor: Somebody) -> None:
    path = draft(editor)
    assert "mailchimp" not in offered(editor.get(f"{path}/edit").text, "source")
    imported(desk, "mailchimp", ImportState.DONE)
    imported(desk, "ghost", ImportState.IMPORTING)
    imported(desk, "substack", ImportState.CHECKED)
    page = editor.get(f"{path}/edit").text
    found = set(offered(page, "source"))
    assert {"form", "wpdiscuz", "mailchimp", "ghost", "again", "old-link"} <= found
    assert not {"substack", "csv"} & found, "nobody came by those"
    assert "استيراد من Mailchimp" in page
    save(editor, path, source="mailchimp")
    assert the_issue(desk).audience == {"sources": ["mailchimp"]}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("source", "old-list", "لا يأتي أحد من القرّاء عبر هذا المصدر"), ("reads", "xx", "لا قارئ هنا بهذه اللغة"),
        ("reads", "ar_EG", "لا قارئ هنا بهذه اللغة"), ("reads", "en-" + "x" * 9, "لا قارئ هنا بهذه اللغة"),
    ],
)  # fmt: skip
def test_what_no_reader_can_have_is_refused_and_no_tick_is_lost(
    desk: Desk, editor: Somebody, field: str, value: str, sentence: str
) -> None:
    path = draft(editor)
    answer = editor.post(f"{path}/edit", title="ع", language="ar", topic="x", tag="معرض", **{field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert (ticked(answer.text, "tag"), ticked(answer.text, field)) == (["معرض"], [value])
    assert editor.get(f"{path}/count?{field}={value}").status_code == 422
    assert the_issue(desk).audience == {}


def test_a_wrong_number_of_days_does_not_widen_what_was_ticked(editor: Somebody) -> None:
    path = draft(editor)
    answer = editor.post(f"{path}/edit", title="ع", language="ar", source="form", reads="ar", joined_days="-1")
    assert answer.status_code == 422
    assert (ticked(answer.text, "source"), ticked(answer.text, "reads")) == (["form"], ["ar"])


def test_what_nobody_has_a_word_for_is_shown_as_it_is_kept(desk: Desk, editor: Somebody) -> None:
    path = draft(editor)
    kept = {"sources": ["old-list", "form"], "languages": ["xx", "ar-EG", "ar"], "topics": ["category:gone"]}
    with desk.visit.parts.db.writing() as session:
        session.execute(update(Issue).values(audience=kept))
    for shown in ("", "/send", "/edit"):
        page = editor.get(f"{path}{shown}")
        assert page.status_code == 200
        assert all(word in page.text for word in ("old-list", "استمارة الاشتراك", ">xx<", "ar-EG", "العربية")), shown
    with desk.visit.parts.db.reading() as session:
        assert session.scalar(select(Issue.audience)) == kept


def test_every_language_and_way_to_come_by_has_a_word_in_all_six_languages(desk: Desk) -> None:
    strings = desk.visit.edge.desk.strings
    for language in LANGUAGES:
        voice = strings.voice(language)
        assert all(voice.say(f"issues.source_{one.replace('-', '_')}") for one in SOURCES)
        assert all(voice.say(f"issues.language_{one}") for one in LANGUAGES)
