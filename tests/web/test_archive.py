"""The public archive: what a list was sent, for everybody, and nothing of anybody in it."""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import event, select

from notifier import flow, readers, upkeep
from notifier.domain.items import NewItem
from notifier.domain.text.locales import LANGUAGES
from notifier.domain.words import ItemKind, LetterKind
from notifier.models import Archived, Site
from tests.web.conftest import Visit, article

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = 'A & B <script>alert(1)</script> "x" \u202e ]]> {{7*7}}'


def alert(visit: Visit, guid: str = "n1", **given: Any) -> int:
    """Publish an article that goes out at once, and let the sweep file it."""
    (receipt,) = flow.ingest_items(visit.parts, visit.site_id, [article(guid, **given)], visit.now)
    visit.work()
    upkeep.sweep(visit.parts, visit.now)
    assert receipt.item_id
    return receipt.item_id


def filed(visit: Visit) -> list[Archived]:
    with visit.parts.db.reading() as session:
        return list(session.scalars(select(Archived).order_by(Archived.id)))


def digest_day(visit: Visit) -> None:
    """Let eight o'clock in Baghdad pass, with what was published before it."""
    visit.now = visit.now.replace(hour=5) + timedelta(days=1, seconds=5)
    flow.open_runs(visit.parts, visit.now)
    visit.work()
    upkeep.sweep(visit.parts, visit.now)


def change_site(visit: Visit, **values: Any) -> None:
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        for name, value in values.items():
            setattr(site, name, value)


def test_an_alert_is_filed_once_it_has_left_and_once_only(visit: Visit) -> None:
    alert(visit)
    assert filed(visit) == [], "nobody got it"
    visit.active(frequency="instant")
    alert(visit, "n2", title="سد الموصل")
    upkeep.sweep(visit.parts, visit.now)
    (one,) = filed(visit)
    assert one.kind is LetterKind.ALERT
    page = visit.client.get("/naba/archive")
    assert "سد الموصل" in page.text
    assert f"/naba/letter/{one.public_id}" in page.text


def test_a_day_has_one_digest_with_all_that_went_out_and_no_comments(visit: Visit) -> None:
    visit.active("first@example.org")
    visit.active("second@example.org", topic="category:رياضة")
    visit.active("third@example.org", topic="thread:a1")
    news = [article("d1", title="أول"), article("d2", title="ثان", categories=("رياضة",))]
    unread = article("d3", title="لا يتابعه أحد", categories=("Tech",))
    said = NewItem(ItemKind.COMMENT, "c1", html="<p>تعليق سري</p>", article_guid="a1", author_name="سلمى")
    flow.ingest_items(visit.parts, visit.site_id, [*news, unread, said], visit.now)
    digest_day(visit)
    assert {one.rcpt_to for one in visit.transport.sent[-3:]} == {
        f"{who}@example.org" for who in ("first", "second", "third")
    }
    (one,) = filed(visit)
    assert one.kind is LetterKind.DIGEST
    letter = visit.client.get(f"/naba/letter/{one.public_id}").text
    assert "أول" in letter
    assert "ثان" in letter
    assert "لا يتابعه أحد" not in letter
    assert "تعليق سري" not in letter


def test_nothing_personal_is_ever_filed(visit: Visit) -> None:
    reader = visit.active(frequency="instant")
    visit.active(topic="thread:a1", frequency="instant")
    said = NewItem(ItemKind.COMMENT, "c1", html="<p>!</p>", article_guid="a1", author_name="سلمى")
    flow.ingest_items(visit.parts, visit.site_id, [said], visit.now)
    visit.now += timedelta(hours=4)
    flow.bundle_notices(visit.parts, visit.now)
    visit.work()
    assert "سلمى" in visit.mail_text(-1), "the letter about comments has left"
    upkeep.sweep(visit.parts, visit.now)
    assert filed(visit) == []
    assert visit.client.get(visit.link("v", visit.delivery(reader))).text.count('class="shelf"') == 0


def test_a_letter_s_page_has_no_token_and_tells_nobody_why_they_got_it(visit: Visit) -> None:
    reader = visit.active(frequency="instant")
    alert(visit)
    (one,) = filed(visit)
    page = visit.client.get(f"/naba/letter/{one.public_id}")
    assert page.status_code == 200
    signed = re.findall(r'href="([^"]*/(?:u|p|v|confirm|sign-in|undo)/[^"]*)"', page.text)
    assert signed == []
    assert "layla" not in page.text
    assert "وصلتك هذه الرسالة" not in page.text
    assert f'<link rel="canonical" href="https://naba.example/naba/letter/{one.public_id}">' in page.text
    assert 'property="og:title"' in page.text
    shared = visit.client.get(visit.link("v", visit.delivery(reader)))
    assert f"https://naba.example/naba/letter/{one.public_id}" in shared.text
    assert shared.headers["Cache-Control"] == "no-store"


def test_what_is_taken_back_disappears_everywhere(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit, title="خبر خاطئ")
    (one,) = filed(visit)
    assert "خبر خاطئ" in visit.client.get("/naba/archive.atom").text
    flow.retract_item(visit.parts, visit.site_id, "n1", visit.now)
    for path in ("/naba/archive", "/naba/archive.atom", "/naba/archive/سياسة"):
        answer = visit.client.get(path)
        assert answer.status_code == 200
        assert "خبر خاطئ" not in answer.text
    assert visit.client.get(f"/naba/letter/{one.public_id}").status_code == 404


def test_one_story_taken_back_leaves_the_rest_of_a_digest(visit: Visit) -> None:
    visit.active()
    news = [article("d1", title="باقية"), article("d2", title="مسحوبة")]
    flow.ingest_items(visit.parts, visit.site_id, news, visit.now)
    digest_day(visit)
    flow.retract_item(visit.parts, visit.site_id, "d2", visit.now)
    (one,) = filed(visit)
    for path in ("/naba/archive", "/naba/archive.atom", f"/naba/letter/{one.public_id}"):
        text = visit.client.get(path).text
        assert "باقية" in text
        assert "مسحوبة" not in text


def test_each_section_has_an_archive_of_its_own(visit: Visit) -> None:
    visit.active(frequency="instant")
    visit.active(topic="category:رياضة", frequency="instant")
    alert(visit, "n1", title="في السياسة")
    alert(visit, "n2", title="في الرياضة", categories=("رياضة",))
    page = visit.client.get("/naba/archive/رياضة")
    assert "في الرياضة" in page.text
    assert "في السياسة" not in page.text
    assert "في السياسة" not in visit.client.get("/naba/archive/رياضة.atom").text
    assert visit.client.get("/naba/archive/none").status_code == 404
    assert visit.client.get("/naba/archive/%00").status_code == 404


@pytest.mark.long
def test_pages_are_cut_by_a_key_and_cost_the_same_however_long_it_is(visit: Visit) -> None:
    visit.active(frequency="instant")
    asked: list[str] = []
    for number in range(3):
        alert(visit, f"n{number}", title=f"خبر رقم {number}")
    event.listen(visit.parts.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    visit.client.get("/naba/archive")
    few = len(asked)
    for number in range(3, 25):
        (_,) = flow.ingest_items(
            visit.parts, visit.site_id, [article(f"n{number}", title=f"خبر رقم {number}")], visit.now
        )
    visit.work()
    upkeep.sweep(visit.parts, visit.now)
    asked.clear()
    first = visit.client.get("/naba/archive").text
    assert len(asked) <= few
    older = re.search(r'href="([^"]+before=\d+)"', first)
    assert older
    second = visit.client.get(older[1].replace("&amp;", "&")).text
    found = [re.findall(r"خبر رقم (\d+)", text) for text in (first, second)]
    assert [len(set(some)) for some in found] == [20, 5]
    assert not set(found[0]) & set(found[1])
    assert visit.client.get("/naba/archive?before=x").status_code == 200


@pytest.mark.parametrize("path", ["/naba/archive", "/naba/archive.atom", "/naba/archive/سياسة", "letter"])
def test_caches_keep_a_page_and_ask_whether_it_changed(visit: Visit, path: str) -> None:
    visit.active(frequency="instant")
    alert(visit)
    path = f"/naba/letter/{filed(visit)[0].public_id}" if path == "letter" else path
    first = visit.client.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert "set-cookie" not in first.headers
    again = visit.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عنوان مصحح", version=9)], visit.now)
    changed = visit.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "عنوان مصحح" in changed.text
    before = visit.rows()
    visit.client.head(path)
    assert visit.rows() == before


def test_a_feed_is_valid_atom_in_both_directions(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit, title=HOSTILE, summary="سطر & آخر\x0b\ufffe", url="https://naba.example/1?a=1&b=2")
    first = visit.client.get("/naba/archive.atom")
    assert first.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert "GMT" in first.headers["Last-Modified"]
    feed = ET.fromstring(first.content)  # noqa: S314 - our own document
    assert feed.tag == f"{ATOM}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert {"id", "title", "updated", "author"} <= {one.tag.removeprefix(ATOM) for one in feed}
    assert {one.get("rel") for one in feed.findall(f"{ATOM}link")} == {"self", "alternate"}
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title", "").startswith("A & B <script>alert(1)</script>")
    assert entry.findtext(f"{ATOM}id", "").startswith("urn:uuid:")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.findtext(f"{ATOM}updated", ""))
    body = entry.find(f"{ATOM}content/{XHTML}div")
    assert body is not None
    assert body.get("dir") == "rtl"
    assert body.find(f".//{XHTML}script") is None
    english = ET.fromstring(visit.client.get("/naba/archive.atom?lang=en").content)  # noqa: S314 - as above
    assert english.find(f".//{XHTML}div[@dir='ltr']") is not None
    assert english.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id"), "one feed, however it is read"


def test_ids_never_change_and_differ(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit)

    def ids(path: str) -> list[str]:
        return re.findall(r"<id>([^<]+)</id>", visit.client.get(path).text)

    whole, part = ids("/naba/archive.atom"), ids("/naba/archive/سياسة.atom")
    assert whole[0] != part[0]
    assert whole[1:] == part[1:]
    change_site(visit, name="اسم جديد")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="آخر", version=9)], visit.now)
    assert ids("/naba/archive.atom") == whole


def test_a_site_may_show_no_archive_and_search_engines_are_let_in_only_if_it_says_so(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit)
    paths = ["/naba/archive", "/naba/archive.atom", f"/naba/letter/{filed(visit)[0].public_id}"]
    assert {visit.client.get(path).headers["X-Robots-Tag"] for path in paths} == {"noindex, nofollow"}
    change_site(visit, is_archive_indexed=True)
    assert {visit.client.get(path).headers["X-Robots-Tag"] for path in paths} == {"all"}
    assert "noindex" in visit.client.get("/naba/subscribe").headers["X-Robots-Tag"]
    change_site(visit, has_archive=False)
    assert {visit.client.get(path).status_code for path in paths} == {404}
    alert(visit, "n2")
    assert len(filed(visit)) == 1


def test_every_language_reads_the_archive_and_its_numbers(visit: Visit) -> None:
    visit.active()
    news = [article(f"d{number}", title=f"خبر {number}") for number in range(25)]
    flow.ingest_items(visit.parts, visit.site_id, news, visit.now)
    digest_day(visit)
    (one,) = filed(visit)
    for language in LANGUAGES:
        for path in ("/naba/archive", f"/naba/letter/{one.public_id}"):
            page = visit.client.get(f"{path}?lang={language}")
            assert f'lang="{language}"' in page.text
        shown = visit.client.get(f"/naba/archive?lang={language}").text
        count = {"ar": "١٥", "ckb": "١٥", "fa": "۱۵"}.get(language, "15")
        assert count in re.sub(r"<p class=.when.*?</p>", "", shown), shown


def test_the_letter_of_another_site_is_not_shown_under_this_one(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit)
    for path in (f"/none/letter/{filed(visit)[0].public_id}", "/naba/letter/none", f"/naba/letter/{'0' * 32}"):
        assert visit.client.get(path).status_code == 404


def test_an_erased_reader_changes_nothing_in_it(visit: Visit) -> None:
    visit.active(frequency="instant")
    alert(visit)
    before = visit.client.get("/naba/archive").text
    readers.erase(visit.parts, visit.site_id, "layla@example.org", visit.now)
    assert visit.client.get("/naba/archive").text == before
