"""An editor finds an article, corrects it for exactly those who got it so, or takes it back."""

import re
from email import message_from_bytes, policy
from html import escape

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, Item, Subscriber
from notifier.web.desk.letter_frame import VIEWS
from tests.desk.conftest import Desk, Somebody
from tests.desk.hostile import XSS, alive
from tests.web.conftest import article

NOTE = "الصواب أن الجلسة تأجلت.\n\nنعتذر عن الخطأ."


def publish(desk: Desk, title: str, **words: str) -> int:
    visit = desk.visit
    (receipt,) = flow.ingest_items(visit.parts, visit.site_id, [article("news", title=title, **words)], visit.now)
    visit.work()
    assert receipt.item_id
    return receipt.item_id


def to_readers(desk: Desk, title: str, *names: str) -> int:
    for name in names:
        desk.visit.active(f"{name}@example.org", frequency="instant")
    return publish(desk, title)


def correct(somebody: Somebody, item: int, **form: str) -> str:
    answer = somebody.post(f"/at/naba/articles/{item}/correct", **{"note": NOTE, "said": "عقدت", **form})
    return answer.headers.get("location") or answer.text


def test_it_is_counted_sent_to_those_who_got_it_and_shows_its_balance(desk: Desk) -> None:
    item, editor = to_readers(desk, "الجلسة عقدت", "layla", "huda"), desk.add(Role.EDITOR)
    path = f"/at/naba/articles/{item}"
    assert path in editor.get("/at/naba/articles?q=الجلسة").text
    assert path not in editor.get("/at/naba/articles?q=غيرها").text
    assert "لا شيء يُصحَّح بعد" in editor.get(path).text, "every letter shows it as it is"
    publish(desk, "الجلسة تأجلت")
    desk.visit.active("late@example.org", frequency="instant")
    assert 'name="note"' in editor.get(path).text
    before = len(desk.visit.transport.sent)
    asked = correct(editor, item)
    assert "وصل المقال قارئين اثنين بخطئه" in asked
    assert "نعتذر عن الخطأ." in asked
    desk.visit.work()
    assert len(desk.visit.transport.sent) == before, "it was counted, not sent"
    assert correct(editor, item, is_sure="1").endswith("?said=sent")
    assert "قيد التحضير" in editor.get(path).text
    desk.visit.work()
    assert {one.rcpt_to for one in desk.visit.transport.sent[before:]} == {"layla@example.org", "huda@example.org"}
    assert correct(editor, item, is_sure="1").endswith("?said=known"), "the same words are not sent twice"
    shown = editor.get(path).text
    send = re.search(r"/deliveries/(correction-\d+)", shown)
    assert send, "a correction is a send of its own"
    assert "٢ من ٢" in editor.get(f"/at/naba/deliveries/{send[1]}").text
    assert send[1] in editor.get("/at/naba/deliveries").text
    assert path in editor.get(f"/at/naba/deliveries/alert-{item}").text, "its alert leads to it"
    with desk.visit.parts.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "correction.made"))
        assert (line.actor, line.detail["item"]) == (f"user:{editor.user_id}", item)


def test_the_letter_is_looked_at_before_it_is_sent(desk: Desk) -> None:
    for name, language in (("layla", "ar"), ("huda", "ar"), ("sam", "en")):
        reader = desk.visit.active(f"{name}@example.org", frequency="instant")
        with desk.visit.parts.db.writing() as session:
            session.get_one(Subscriber, reader).language = language
    item, editor = publish(desk, "الجلسة عقدت"), desk.add(Role.EDITOR)
    publish(desk, "الجلسة تأجلت")
    page = correct(editor, item)
    assert re.findall(r"<strong>([^<]+)</strong> <span>", page) == ["العربية: ٢", "English: ١"]
    wants = dict(zip(("ar", "en"), re.findall(r'<option value="([^"]+)"', page), strict=True))
    path = f"/at/naba/articles/{item}/correct/letter"
    shown = {language: editor.post(path, note=NOTE, said="انعقدت أمس", want=want) for language, want in wants.items()}
    assert "frame-ancestors 'self'; sandbox" in shown["ar"].headers["content-security-policy"]
    for language, word in (("ar", "نعتذر عن الخطأ."), ("en", "Correction")):
        html = shown[language].text
        assert word in html
        assert "الجلسة عقدت" in html, "the headline that they saw"
        assert "الجلسة تأجلت" in html, "the article as it is now"
        assert "انعقدت أمس" in html, "the words that were wrong"
    before = len(desk.visit.transport.sent)
    correct(editor, item, is_sure="1")
    desk.visit.work()
    sent = [message_from_bytes(one.data, policy=policy.default) for one in desk.visit.transport.sent[before:]]
    assert len(sent) == 3
    assert all(escape(letter["subject"]) in page for letter in sent), "the subjects are the real ones"


def test_a_look_at_a_letter_makes_no_correction_and_refuses_what_is_none(desk: Desk) -> None:
    item, editor = to_readers(desk, "الجلسة عقدت", "layla"), desk.add(Role.EDITOR)
    path = f"/at/naba/articles/{item}/correct/letter"
    assert editor.post(path, note=NOTE, want="ar:1").status_code == 422, "there is nothing to correct yet"
    publish(desk, "الجلسة تأجلت")
    rows = {name: count for name, count in desk.visit.rows().items() if name in {"corrections", "letters"}}
    assert editor.post(path, note=NOTE, want="ar:1").status_code == 200
    for form in ({"note": " ", "want": "ar:1"}, {"note": NOTE, "want": "ar:x"}, {"note": NOTE, "want": ""}):
        assert editor.post(path, **form).status_code == 422, form
    assert {name: desk.visit.rows()[name] for name in rows} == rows
    assert desk.add(Role.ANALYST).post(path, note=NOTE, want="ar:1").status_code == 403


@pytest.mark.matrix(3)
@pytest.mark.parametrize("view", [*VIEWS, "nonsense"])
def test_the_letter_is_seen_as_each_client_shows_it(desk: Desk, view: str) -> None:
    item, editor = to_readers(desk, "الجلسة عقدت", "layla"), desk.add(Role.EDITOR)
    publish(desk, "الجلسة تأجلت")
    page = correct(editor, item)
    want = re.findall(r'name="want" value="([^"]+)"', page)[0]
    shown = editor.post(f"/at/naba/articles/{item}/correct/letter", note=NOTE, said="انعقدت أمس", want=want, view=view)
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors 'self'; sandbox" in policy
    assert "allow-scripts" not in policy
    for words in ("نعتذر عن الخطأ.", "الجلسة عقدت", "الجلسة تأجلت", "انعقدت أمس"):
        assert words in shown.text, words
    assert ("<pre" in shown.text) is (view == "text")
    assert ("prefers-color-scheme:dark" in shown.text) is False, "neither does the machine decide that shows it"
    assert shown.text.startswith("<!") or view == "outlook", "in no quirks mode"
    assert re.search(r'name="view" value="phone" checked', page), "one begins with a phone"
    assert set(re.findall(r'name="view" value="(\w+)"', page)) == set(VIEWS)


@pytest.mark.matrix(2)
@pytest.mark.parametrize("payload", XSS)
def test_what_strangers_wrote_stays_text_in_every_view(desk: Desk, payload: str) -> None:
    item, editor = to_readers(desk, f"خبر {payload}", "layla"), desk.add(Role.EDITOR)
    publish(desk, f"صواب {payload}", html=f"<p>نص</p>{payload}", summary=payload)
    page = correct(editor, item, note=f"ملاحظة {payload}", said=payload)
    want = re.findall(r'name="want" value="([^"]+)"', page)[0]
    path, words = f"/at/naba/articles/{item}/correct/letter", {"note": f"ملاحظة {payload}", "said": payload}
    shown = {view: editor.post(path, want=want, view=view, **words) for view in VIEWS}
    assert {view: (one.status_code, alive(one.text)) for view, one in shown.items()} == dict.fromkeys(VIEWS, (200, []))
    assert all("ملاحظة" in one.text for one in shown.values())
    assert alive(page) == []


def test_what_was_typed_is_not_lost_when_it_cannot_be_sent(desk: Desk) -> None:
    item, editor = to_readers(desk, "الجلسة عقدت", "layla"), desk.add(Role.EDITOR)
    publish(desk, "الجلسة تأجلت")
    path = f"/at/naba/articles/{item}/correct"
    for form, word in (
        ({"note": " ", "said": "كلمة"}, "يلزم ذكر الصواب"),
        ({"note": "س" * 2001, "said": "كلمة"}, "أطول مما يجوز"),
    ):
        answer = editor.post(path, **form)
        assert (answer.status_code, word in answer.text, "كلمة" in answer.text) == (422, True, True)
    unknown = editor.post("/at/naba/articles/999999/correct", note=NOTE)
    assert unknown.status_code == 404


def test_an_article_is_taken_back_and_its_readers_are_told_why(desk: Desk) -> None:
    item, editor = to_readers(desk, "خبر لم يصح", "layla"), desk.add(Role.EDITOR)
    assert editor.post(f"/at/naba/articles/{item}/take-back").headers["location"].endswith("said=taken_back")
    assert editor.post(f"/at/naba/articles/{item}/take-back").status_code == 303, "twice is as once"
    assert "سبب السحب" in editor.get(f"/at/naba/articles/{item}").text
    assert correct(editor, item, is_sure="1").endswith("?said=sent")
    desk.visit.work()
    assert "«خبر لم يصح»" in desk.visit.mail_text(-1)
    with desk.visit.parts.db.reading() as session:
        assert session.get_one(Item, item).state == "retracted"
        acts = session.scalars(
            select(AuditEvent.action).where(AuditEvent.action.in_(("item.retracted", "correction.made")))
        ).all()
    assert acts == ["item.retracted", "correction.made"]


def test_an_analyst_looks_and_sends_nothing(desk: Desk) -> None:
    item = to_readers(desk, "الجلسة عقدت", "layla")
    publish(desk, "الجلسة تأجلت")
    analyst = desk.add(Role.ANALYST)
    page = analyst.get(f"/at/naba/articles/{item}").text
    assert "الجلسة تأجلت" in page
    assert 'name="note"' not in page
    assert "take-back" not in page
    assert analyst.post(f"/at/naba/articles/{item}/correct", note=NOTE, is_sure="1").status_code == 403
