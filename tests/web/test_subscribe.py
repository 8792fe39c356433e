"""The subscribe page: one box, one answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.domain import topics
from notifier.models import Signup, Suppression, Topic
from tests.web.conftest import POLITICS, Visit, add_site, article
from tests.web.promises import link

SPORT = topics.category("رياضة")


def signups(visit: Visit) -> list[Signup]:
    with visit.parts.db.reading() as session:
        return list(session.scalars(select(Signup).order_by(Signup.id)))


def test_the_box_offers_the_site_s_sections_and_says_nothing_twice(visit: Visit) -> None:
    page = visit.client.get("/naba/subscribe")
    assert page.status_code == 200
    assert '<html lang="ar" dir="rtl">' in page.text
    for name in (POLITICS, SPORT, "category:tech"):
        assert page.text.count(f'value="{name}"') == 1
    assert 'value="thread:' not in page.text


def test_signing_up_is_noted_and_nudged_to_the_inbox(visit: Visit) -> None:
    answer = visit.client.post("/naba/subscribe", data=visit.form(topic=[POLITICS, SPORT]))
    assert answer.status_code == 200
    (row,) = signups(visit)
    assert (row.topics, row.frequency, row.language, row.source) == ([POLITICS, SPORT], "daily", "ar", "form")
    assert row.ip == ""  # the test's browser has no IP address
    assert len(row.wording_hash) == 64
    visit.work()
    assert len(visit.transport.sent) == 1
    assert "layla" not in answer.text


def test_every_address_gets_the_same_bytes(visit: Visit) -> None:
    visit.active("active@example.org")
    visit.sign_up("pending@example.org")
    visit.active("gone@example.org")
    with visit.parts.db.writing() as session:
        hashed = visit.hash_of(session, "gone@example.org")
        session.add(
            Suppression(site_id=visit.site_id, address_hash=hashed, reason="complaint", source="test", at=visit.now)
        )
    answers = [
        visit.client.post("/naba/subscribe", data=visit.form(address=address))
        for address in ("new@example.org", "pending@example.org", "active@example.org", "gone@example.org")
    ]
    assert {(answer.status_code, answer.content, str(answer.headers)) for answer in answers} == {
        (200, answers[0].content, str(answers[0].headers))
    }


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"address": ""}, "address", "ليس عنوان بريد"),
        ({"address": "layla"}, "address", "ليس عنوان بريد"),
        ({"address": "a@b@c.org"}, "address", "ليس عنوان بريد"),
        ({"address": "a@-.org"}, "address", "ليس عنوان بريد"),
        ({"topic": []}, "topics", "قسم واحد على الأقل"),
        ({"topic": "category:nowhere"}, "topics", "لم يعد هذا القسم"),
        ({"topic": "site'--"}, "topics", "لم يعد هذا القسم"),
        ({"frequency": "yearly"}, "frequency", "يلزم اختيار موعد"),
        ({"frequency": ""}, "frequency", "يلزم اختيار موعد"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_keeps_the_rest(
    visit: Visit, change: dict[str, Any], field: str, sentence: str
) -> None:
    answer = visit.client.post("/naba/subscribe", data=visit.form(**change))
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert sentence in answer.text
    if field != "address":
        assert 'value="layla@example.org"' in answer.text
    if field != "topics":
        assert f'value="{POLITICS}" checked' in answer.text
    assert signups(visit) == []


def test_what_was_typed_comes_back_as_text(visit: Visit) -> None:
    answer = visit.client.post("/naba/subscribe", data=visit.form(address='"><script>alert(1)</script>'))
    assert "<script" not in answer.text
    assert "&#34;&gt;&lt;script&gt;" in answer.text


def test_the_honeypot_gets_the_same_answer_and_notes_nothing(visit: Visit) -> None:
    caught = visit.client.post("/naba/subscribe", data=visit.form(website="https://spam.example"))
    honest = visit.client.post("/naba/subscribe", data=visit.form())
    assert caught.content == honest.content
    assert len(signups(visit)) == 1


def test_following_a_discussion_needs_only_its_article(visit: Visit) -> None:
    page = visit.client.get("/naba/subscribe", params={"thread": "a1"})
    assert "خبر أول" in page.text
    assert 'value="instant" required checked' in page.text
    answer = visit.client.post(
        "/naba/subscribe", data=visit.form(thread="a1", topic=[], address="l@example.org", frequency="hourly")
    )
    assert answer.status_code == 200
    assert signups(visit)[0].topics == ["thread:a1"]


@pytest.mark.parametrize(
    ("topic", "is_implicit"),
    [(["thread:a1"], True), (["thread:a1", "mine:a1"], False), (["mine:a1"], False)],
)
def test_the_page_tells_what_it_had_ticked_itself(visit: Visit, topic: list[str], *, is_implicit: bool) -> None:
    page = visit.client.get("/naba/subscribe", params={"thread": "a1"}).text
    assert 'name="ticked" value="thread:a1"' in page
    assert 'value="thread:a1" checked' in page
    assert 'value="mine:a1">' in page
    answer = visit.client.post("/naba/subscribe", data=visit.form(thread="a1", ticked="thread:a1", topic=topic))
    assert answer.status_code == 200
    assert [(row.topics, row.is_implicit) for row in signups(visit)] == [(topic, is_implicit)]


def test_a_site_s_own_form_about_a_discussion_is_shown_again_with_that_ticked(visit: Visit) -> None:
    answer = visit.client.post(
        "/naba/subscribe", data={"address": "l@example.org", "thread": "a1", "frequency": "daily"}
    )
    assert 'value="thread:a1" checked' in answer.text
    assert 'name="ticked" value=""' in answer.text, "they asked for it themselves"
    visit.client.post("/naba/subscribe", data=visit.form(thread="a1", ticked="", topic=["thread:a1", "mine:a1"]))
    assert [(row.topics, row.is_implicit) for row in signups(visit)] == [(["thread:a1", "mine:a1"], False)]


def test_who_unticks_all_is_asked_and_not_subscribed(visit: Visit) -> None:
    form = visit.form(thread="a1", ticked="thread:a1")
    del form["topic"]
    answer = visit.client.post("/naba/subscribe", data=form)
    assert (answer.status_code, signups(visit)) == (422, [])
    assert 'name="ticked" value="thread:a1"' in answer.text
    assert 'value="thread:a1" checked' not in answer.text


def test_answers_to_what_one_writes_here_are_hers_alone_and_only_after_the_button(visit: Visit) -> None:
    form = visit.form(
        address="layla@example.org", thread="a1", ticked="thread:a1", topic="mine:a1", frequency="instant"
    )
    visit.client.post("/naba/subscribe", data=form)
    visit.work()
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Topic.name).where(Topic.name.startswith("mine:"))).all() == []
    path = link(visit, "/confirm/")
    for page in (visit.client.get(path).text, visit.client.post(path).text):
        assert "الردود على تعليقاتي" in page
        assert "mine:" not in page
    with visit.parts.db.reading() as session:
        hers = visit.hash_of(session, "layla@example.org")
        assert session.scalars(select(Topic.name).where(Topic.name.startswith("mine:"))).all() == [f"mine:{hers}/a1"]


@pytest.mark.parametrize("guid", ["none", "\0", "c1"])
def test_a_discussion_that_is_not_there_is_404(visit: Visit, guid: str) -> None:
    assert visit.client.get("/naba/subscribe", params={"thread": guid}).status_code == 404
    assert visit.client.post("/naba/subscribe", data=visit.form(thread=guid)).status_code in {400, 404}


def test_an_unknown_site_is_404_in_the_browser_s_language(visit: Visit) -> None:
    page = visit.client.get("/none/subscribe", headers={"Accept-Language": "fa-IR,fa"})
    assert page.status_code == 404
    assert 'lang="fa" dir="rtl"' in page.text
    assert visit.client.post("/none/subscribe", data=visit.form()).status_code == 404


def test_the_page_turns_with_its_language(visit: Visit) -> None:
    page = visit.client.get("/naba/subscribe?lang=en")
    assert '<html lang="en" dir="ltr">' in page.text
    visit.client.post("/naba/subscribe?lang=en", data=visit.form())
    assert signups(visit)[0].language == "en"
    assert 'lang="ar"' in visit.client.get("/naba/subscribe?lang=klingon").text


def test_a_site_speaks_its_own_language_or_the_nearest_one(visit: Visit) -> None:
    for language, spoken in (("ckb", 'lang="ckb" dir="rtl"'), ("ar-EG", 'lang="ar" dir="rtl"'), ("de", 'lang="en"')):
        add_site(visit.parts, f"site-{language.lower()}", language=language)
        assert spoken in visit.client.get(f"/site-{language.lower()}/subscribe").text


def test_a_site_without_sections_offers_everything_on_it(visit: Visit) -> None:
    site_id = add_site(visit.parts, "plain")
    flow.ingest_items(visit.parts, site_id, [article("x", categories=())], visit.now)
    page = visit.client.get("/plain/subscribe")
    assert 'value="site" checked' in page.text


def test_names_with_html_are_shown_as_text(visit: Visit) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}"
    site_id = add_site(visit.parts, "evil", name=evil, url="javascript:alert(1)", colour="red;}<")
    flow.ingest_items(visit.parts, site_id, [article("x", title=evil, categories=(evil,)), article("y")], visit.now)
    for path in ("/evil/subscribe", "/evil/subscribe?thread=x"):
        page = visit.client.get(path).text
        assert "<img" not in page
        assert "javascript:" not in page
        assert "red;" not in page
        assert "{{7*7}}" in page


def test_the_form_works_from_another_site_in_either_encoding(visit: Visit) -> None:
    foreign = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/"}
    assert visit.client.post("/naba/subscribe", data=visit.form(), headers=foreign).status_code == 200
    parts = [(name, (None, value)) for name, value in visit.form().items()]
    assert visit.client.post("/naba/subscribe", files=parts, headers=foreign).status_code == 200
    assert len(signups(visit)) == 2


@pytest.mark.parametrize("value", ["\0", "l\0@example.org"])
def test_characters_that_cannot_be_kept_are_400(visit: Visit, value: str) -> None:
    assert visit.client.post("/naba/subscribe", data=visit.form(address=value)).status_code == 400


def test_half_a_surrogate_pair_in_a_strange_encoding_is_400(visit: Visit) -> None:
    boundary = "xx"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="address"\r\n\r\n\\ud800\r\n--{boundary}--\r\n'
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}; charset=raw_unicode_escape"}
    assert visit.client.post("/naba/subscribe", content=body, headers=kind).status_code == 400


def test_a_file_or_a_thousand_fields_are_400(visit: Visit) -> None:
    assert visit.client.post("/naba/subscribe", files={"address": ("a.txt", b"x")}).status_code == 400
    assert visit.client.post("/naba/subscribe", data={"topic": [POLITICS] * 1000}).status_code == 400


def test_a_form_of_five_megabytes_is_413_as_a_page(visit: Visit) -> None:
    answer = visit.client.post("/naba/subscribe", data=visit.form(name="x" * 5_000_000))
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("knobs", [{"signups_plain_per_ip_h": 2, "trusted_proxies": "10.0.0.0/8"}], indirect=True)
def test_the_limit_of_an_address_ends_with_the_hour(visit: Visit) -> None:
    def statuses() -> list[int]:
        return [visit.client.post("/naba/subscribe", data=visit.form()).status_code for _ in range(3)]

    assert statuses() == [200, 200, 429]
    late = visit.client.post("/naba/subscribe", data=visit.form())
    assert late.headers["Retry-After"] == "3600"
    assert "صحيفة النبأ" in late.text
    visit.now += timedelta(hours=1)
    assert statuses() == [200, 200, 429]
    assert len(signups(visit)) == 4
