"""An issue looked at as one real reader gets it, with links that are nobody's."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from notifier.domain.desk_words import Role
from notifier.issues import as_reader, reading
from notifier.issues.letters import Look, made
from notifier.models import AuditEvent, Subscriber, Subscription
from notifier.sites import NewSite, add_site
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_issues import article, draft, save, the_issue

LAYLA = "layla@example.org"


@pytest.fixture
def editor(desk: Desk) -> Somebody:
    return desk.add(Role.EDITOR)


@pytest.fixture
def layla(desk: Desk) -> int:
    """A reader of Persian with the digits of Europe."""
    reader = desk.visit.active(LAYLA)
    change(desk, reader, name="Layla Hasan", language="fa-u-nu-latn")
    return reader


def change(desk: Desk, reader: int, **values: str) -> None:
    with desk.visit.parts.db.writing() as session:
        session.execute(update(Subscriber).where(Subscriber.id == reader).values(**values))


def pause(desk: Desk, reader: int, until: datetime) -> None:
    with desk.visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).paused_until = until


def paper(desk: Desk, editor: Somebody, **words: str) -> str:
    path = draft(editor, **words)
    save(editor, path, do="add", item=str(article(desk, "n", "خبر")), **words)
    return path


def acts(desk: Desk) -> list[tuple[str, dict[str, object]]]:
    with desk.visit.parts.db.reading() as session:
        rows = session.execute(select(AuditEvent.action, AuditEvent.detail).order_by(AuditEvent.id))
        return [(action, detail) for action, detail in rows]


def test_a_reader_is_found_by_an_address_that_stands_in_no_pages_address(
    desk: Desk, editor: Somebody, layla: int
) -> None:
    path = paper(desk, editor)
    found = editor.post(f"{path}/preview/reader", address=f" {LAYLA.upper()} ", view="text", subject="0")
    assert found.status_code == 303
    onward = found.headers["location"]
    assert onward.endswith(f"/preview?reader={layla}&view=text&subject=0")
    page = editor.get(onward.removeprefix("/desk")).text
    assert "Layla Hasan &lt;layla@example.org&gt;" in page
    assert f"reader={layla}" in page
    assert not re.search(r'(?:href|src|action)="[^"]*layla', page)


def test_the_frame_is_in_the_readers_own_language_digits_and_direction(
    desk: Desk, editor: Somebody, layla: int
) -> None:
    path = paper(desk, editor)
    plain, theirs = (editor.get(f"{path}/letter{query}").text for query in ("", f"?reader={layla}"))
    assert 'lang="fa"' in theirs
    assert 'lang="fa"' not in plain
    assert re.search(r"2026|1405", theirs)
    assert not re.search(r"[۰-۹٠-٩]{4}", theirs)
    change(desk, layla, language="en")
    english = editor.get(f"{path}/letter?reader={layla}").text
    assert re.search(r'<html[^>]*dir="ltr"', english)
    as_sent = editor.get(f"{path}/letter?reader={layla}&language=ar").text
    assert re.search(r'<html[^>]*dir="rtl"', as_sent)


def test_a_page_says_how_the_issue_really_goes_out_and_leads_there(desk: Desk, editor: Somebody, layla: int) -> None:
    path = paper(desk, editor)
    page = editor.get(f"{path}/preview?reader={layla}").text
    assert "يُرسل هذا العدد إلى الجميع بلغة واحدة" in page
    assert f"language=ar&amp;reader={layla}" in page
    change(desk, layla, language="ar")
    assert "يُرسل هذا العدد إلى الجميع بلغة واحدة" not in editor.get(f"{path}/preview?reader={layla}").text


def test_the_page_says_whether_it_is_meant_for_them(desk: Desk, editor: Somebody, layla: int) -> None:
    everybody = paper(desk, editor)
    assert "ممن يصلهم العدد" in editor.get(f"{everybody}/preview?reader={layla}").text
    others = draft(editor, reads="he")
    assert "لن يصل العدد إلى هذا القارئ" in editor.get(f"{others}/preview?reader={layla}").text
    pause(desk, layla, desk.visit.now + timedelta(days=1))
    assert "أو هو في استراحة" in editor.get(f"{everybody}/preview?reader={layla}").text
    pause(desk, layla, desk.visit.now)
    assert "ممن يصلهم العدد" in editor.get(f"{everybody}/preview?reader={layla}").text
    editor.post(f"/at/naba/subscribers/{layla}/suppress", reason="x")
    assert "لن يصل العدد إلى هذا القارئ" in editor.get(f"{everybody}/preview?reader={layla}").text


def test_the_links_of_what_is_looked_at_can_do_nothing_to_anybody(desk: Desk, editor: Somebody, layla: int) -> None:
    paper(desk, editor)
    row, visit = the_issue(desk), desk.visit
    with visit.parts.db.reading() as session:
        reader = as_reader.reader(session, visit.parts, row, layla, visit.now)
    assert reader
    letter = made(visit.parts, row, Look(reader=reader), visit.now)
    base = visit.parts.settings.base_url
    paths = {
        *re.findall(rf"{base}(/[a-z]/[^\s\"<>]+)", letter.html + letter.text + letter.data.decode("ascii", "replace"))
    }
    purposes = {path.split("/")[1] for path in paths}
    assert {"u", "p", "v"} <= purposes
    assert not paths & {visit.link("u", layla, visit.delivery(layla)), visit.link("p", layla)}
    before = visit.rows()
    for path in paths:
        assert LAYLA not in visit.client.get(path).text
        visit.client.post(path, data={"List-Unsubscribe": "One-Click"})
        visit.client.post(path, data={"scope": "all"})
    assert visit.rows() == before
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscription.ended_at)).all() == [None]


def test_the_body_holds_neither_name_nor_address(desk: Desk, editor: Somebody, layla: int) -> None:
    path = paper(desk, editor)
    letter = editor.get(f"{path}/letter?reader={layla}").text
    assert "Layla" not in letter
    assert LAYLA not in letter


def test_that_somebody_looked_is_logged_by_id(desk: Desk, editor: Somebody, layla: int) -> None:
    path = paper(desk, editor)
    editor.post(f"{path}/preview/reader", address=LAYLA)
    editor.get(f"{path}/preview?reader={layla}")
    sought, seen = acts(desk)[-2:]
    assert sought == ("subscriber.sought", {"subscriber": layla})
    assert seen == ("issue.seen_as", {"issue": the_issue(desk).id, "subscriber": layla})


def test_looking_as_nobody_is_no_line_of_the_log(desk: Desk, editor: Somebody) -> None:
    path = paper(desk, editor)
    before = acts(desk)
    editor.get(f"{path}/preview")
    assert acts(desk) == before


@pytest.mark.parametrize(
    ("typed", "sentence"), [("nobody", "اكتب عنوان بريد كامل"), ("nobody@example.org", "لا قارئ بهذا العنوان")]
)
def test_an_address_that_is_nobodys_is_said_so_and_kept_in_the_field(
    desk: Desk, editor: Somebody, typed: str, sentence: str
) -> None:
    path = paper(desk, editor)
    answer = editor.post(f"{path}/preview/reader", address=typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{typed}"' in answer.text
    assert "<iframe" in answer.text


def test_another_sites_reader_is_nobody_here(desk: Desk, editor: Somebody, layla: int) -> None:
    path = paper(desk, editor)
    assert editor.get(f"{path}/preview?reader={layla + 1}").status_code == 404
    with desk.visit.parts.db.writing() as session:
        other = add_site(session, NewSite("other", "Other", "other@naba.example"), desk.visit.now)
        session.execute(update(Subscriber).where(Subscriber.id == layla).values(site_id=other.id))
    assert editor.get(f"{path}/preview?reader={layla}").status_code == 404
    assert "لا قارئ بهذا العنوان" in editor.post(f"{path}/preview/reader", address=LAYLA).text


def test_an_analyst_looks_as_nobody(desk: Desk, editor: Somebody, layla: int) -> None:
    path, analyst = paper(desk, editor), desk.add(Role.ANALYST)
    assert analyst.get(f"{path}/preview?reader={layla}").status_code == 403
    assert analyst.post(f"{path}/preview/reader", address=LAYLA).status_code == 403
    assert "preview?reader=" not in analyst.get(f"/at/naba/subscribers/{layla}").text


def test_a_profile_leads_to_the_newest_issue_as_they_get_it(desk: Desk, editor: Somebody, layla: int) -> None:
    profile = f"/at/naba/subscribers/{layla}"
    assert "preview?reader=" not in editor.get(profile).text
    path = paper(desk, editor)
    assert f"/desk{path}/preview?reader={layla}" in editor.get(profile).text
    with desk.visit.parts.db.reading() as session:
        assert reading.newest(session, 2) == 0
