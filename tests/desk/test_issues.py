"""An editor composes an issue, looks at it, sends it and stops it, on pages that lose and leak nothing."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.domain.desk_words import IssueState, Role
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Issue, IssueItem, Trial
from notifier.web.desk.letter_frame import VIEWS
from tests.desk.conftest import Desk, Somebody
from tests.desk.hostile import XSS, alive


@pytest.fixture
def editor(desk: Desk) -> Somebody:
    return desk.add(Role.EDITOR)


def article(desk: Desk, guid: str, title: str) -> int:
    item = NewItem(
        ItemKind.ARTICLE,
        guid,
        title=title,
        html="<p>نص.</p>",
        url=f"https://naba.example/{guid}",
        categories=("سياسة",),
    )
    (receipt,) = flow.ingest_items(desk.visit.parts, desk.visit.site_id, [item], desk.visit.now)
    assert receipt.item_id
    return receipt.item_id


def draft(editor: Somebody, **words: str) -> str:
    """The path of a new issue, below /desk."""
    begun = editor.post("/at/naba/issues")
    assert begun.status_code == 303, begun.text
    path = begun.headers["location"].removeprefix("/desk").removesuffix("/edit")
    save(editor, path, **words)
    return path


def save(editor: Somebody, path: str, **words: str) -> str:
    form = {"title": "رسالة المحرر", "language": "ar", "intro": "مرحبًا **بكم**", **words}
    answer = editor.post(f"{path}/edit", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def the_issue(desk: Desk) -> Issue:
    with desk.visit.parts.db.reading() as session:
        return session.scalars(select(Issue).order_by(Issue.id.desc()).limit(1)).one()


def test_what_was_typed_is_kept_and_shown_again(desk: Desk, editor: Somebody) -> None:
    path = draft(
        editor, subject="موضوع واحد", cover_url="https://naba.example/c.jpg", cover_alt="نهر", topic="category:سياسة"
    )
    page = editor.get(f"{path}/edit").text
    for typed in ("رسالة المحرر", "مرحبًا **بكم**", "موضوع واحد", "https://naba.example/c.jpg", "نهر"):
        assert typed in unescape(page)
    assert "<strong>بكم</strong>" in page
    assert re.search(r'value="category:سياسة" checked', page)
    assert the_issue(desk).audience == {"topics": ["category:سياسة"]}


def test_what_cannot_be_taken_is_shown_as_it_was_typed(editor: Somebody) -> None:
    path = draft(editor)
    answer = editor.post(f"{path}/edit", title=" ", language="ar", intro="كلام طويل", cover_url="ftp://x")
    assert answer.status_code == 422
    assert "كلام طويل" in answer.text
    assert "يلزم عنوان للعدد" in answer.text


@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sample_percent", "many"), ("sample_hours", "0"), ("joined_days", "-1"), ("alive_days", "x"),
        ("language", "tlh"), ("cover_url", "javascript:alert(1)"), ("title", "ط" * 301), ("intro", "x" * 50_001),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(editor: Somebody, field: str, value: str) -> None:
    path = draft(editor)
    answer = editor.post(f"{path}/edit", **{"title": "عنوان", "language": "ar", field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_items_are_found_added_ordered_pinned_and_removed_while_words_are_kept(desk: Desk, editor: Somebody) -> None:
    ids = [article(desk, guid, f"خبر {guid}") for guid in ("one", "two", "three")]
    path = draft(editor)
    save(editor, path, q="two", do="find")
    page = editor.get(f"{path}/edit?q=two").text
    assert "خبر two" in page
    assert "خبر one" not in page
    for one in ids:
        save(editor, path, do="add", item=str(one), title="عنوان جديد")
    assert the_issue(desk).title == "عنوان جديد"
    save(editor, path, do=f"up:{ids[2]}")
    save(editor, path, do=f"pin:{ids[1]}")
    save(editor, path, do=f"remove:{ids[0]}")
    with desk.visit.parts.db.reading() as session:
        rows = session.execute(select(IssueItem.item_id, IssueItem.is_pinned).order_by(IssueItem.position)).all()
    assert [tuple(row) for row in rows] == [(ids[2], False), (ids[1], True)]


def test_dragging_leaves_the_order_of_the_fields(desk: Desk, editor: Somebody) -> None:
    one, two = (article(desk, guid, f"خبر {guid}") for guid in ("one", "two"))
    path = draft(editor)
    save(editor, path, do="add", item=str(one))
    save(editor, path, do="add", item=str(two))
    form = {"csrf": editor.csrf(), "title": "ع", "language": "ar", "order": [str(two), str(one)]}
    editor.client.post(f"/desk{path}/edit", data=form, follow_redirects=False)
    with desk.visit.parts.db.reading() as session:
        assert list(session.scalars(select(IssueItem.item_id).order_by(IssueItem.position))) == [two, one]


@pytest.mark.matrix(2)
@pytest.mark.parametrize("payload", XSS)
def test_nothing_that_was_stored_runs_anywhere(desk: Desk, editor: Somebody, payload: str) -> None:
    item = article(desk, "x", f"خبر {payload}")
    path = draft(editor, title=payload, intro=payload, subject=payload, cover_alt=payload)
    save(editor, path, do="add", item=str(item), title=payload, intro=payload, subject=payload)
    pages = [
        editor.get(f"{path}{part}")
        for part in ("", "/edit", "/preview", "/send", *(f"/letter?view={view}" for view in VIEWS))
    ]
    pages += [editor.get("/at/naba/issues"), editor.post(f"{path}/intro", intro=payload)]
    for page in pages:
        assert page.status_code == 200
        assert alive(page.text) == [], page.url


def test_the_letter_in_the_frame_may_do_nothing(editor: Somebody) -> None:
    path = draft(editor)
    letter = editor.get(f"{path}/letter?view=dark")
    policy = letter.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in editor.get(f"{path}/preview").text


@pytest.mark.matrix(3)
@pytest.mark.parametrize("view", ["phone", "desktop", "dark", "gmail", "outlook", "gmx", "text", "nonsense"])
def test_every_view_shows_the_words(editor: Somebody, view: str) -> None:
    path = draft(editor, subject="موضوع المعاينة")
    assert "موضوع المعاينة" in editor.get(f"{path}/preview?view={view}&language=en&subject=0").text
    assert "بكم" in editor.get(f"{path}/letter?view={view}&subject=9&language=xx").text


def test_the_checks_tell_what_is_wrong(desk: Desk, editor: Somebody) -> None:
    gone = article(desk, "gone", "خبر سيُسحب")
    path = draft(editor, subject="س" * 90, cover_url="https://naba.example/c.jpg")
    save(editor, path, subject="س" * 90, cover_url="https://naba.example/c.jpg", do="add", item=str(gone))
    flow.retract_item(desk.visit.parts, desk.visit.site_id, "gone", desk.visit.now)
    page = editor.get(f"{path}/preview").text
    assert "يُقطع على الهاتف" in page
    assert "الغلاف بلا وصف" in page
    assert "سُحب مقال واحد" in page
    assert "يعرضها Gmail كاملة" in page
    empty = draft(editor, intro="")
    assert "لا شيء يُرسل بعد" not in editor.get(f"{empty}/preview").text, "a title alone can be looked at"


def test_a_test_letter_goes_to_the_editor_alone_and_into_no_books(desk: Desk, editor: Somebody) -> None:
    path = draft(editor, subject="الموضوع")
    assert editor.post(f"{path}/test").status_code == 303
    desk.visit.work()
    (message,) = desk.visit.transport.sent
    assert message.rcpt_to == "editor@naba.example"
    page = editor.get(f"{path}/preview").text
    assert "250 kept" in page
    assert flow.status(desk.visit.parts).balance.planned == 0
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Trial.is_sent)).all() == [True]
    for _ in range(25):
        last = editor.post(f"{path}/test")
    assert "refused=trials_many" in last.headers["location"]


def test_it_is_sent_to_as_many_as_the_page_says(desk: Desk, editor: Somebody) -> None:
    desk.visit.active("layla@example.org")
    desk.visit.active("omar@example.org")
    desk.visit.transport.sent.clear()
    path = draft(editor)
    assert "قارئان" in editor.get(f"{path}/send").text
    assert editor.post(f"{path}/send", how="now").headers["location"].endswith(path)
    desk.visit.work()
    assert {one.rcpt_to for one in desk.visit.transport.sent} == {"layla@example.org", "omar@example.org"}
    page = editor.get(path).text
    assert f"/desk{path.rpartition('/issues/')[0]}/deliveries/issue-1" in page
    assert editor.get(f"{path}/edit").status_code == 303


def test_it_is_scheduled_by_the_sites_clock_or_the_readers(desk: Desk, editor: Somebody) -> None:
    path = draft(editor)
    editor.post(f"{path}/send", how="at", when="2026-07-02T08:00")
    assert the_issue(desk).state is IssueState.SCHEDULED
    assert the_issue(desk).send_at is not None
    editor.post(f"{path}/unschedule")
    assert the_issue(desk).state is IssueState.DRAFT
    editor.post(f"{path}/send", how="local", when="2026-07-02T08:00")
    assert the_issue(desk).local_at is not None
    assert "٨:٠٠" in editor.get(path).text
    editor.post(f"{path}/cancel")
    desk.visit.work()
    assert the_issue(desk).state is IssueState.CANCELLED


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"how": "at", "when": "yesterday"}, "when_wrong"),
        ({"how": "at", "when": "2020-01-01T08:00"}, "past"),
        ({"how": "whenever", "when": "2026-07-02T08:00"}, "when_wrong"),
        ({}, "when_wrong"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(editor: Somebody, form: dict[str, str], why: str) -> None:
    path = draft(editor)
    where = editor.post(f"{path}/send", **form).headers["location"]
    assert where.endswith(f"refused={why}")
    assert 'role="alert"' in editor.get(where.removeprefix("/desk")).text


def test_acts_out_of_turn_are_refused_with_a_sentence(editor: Somebody) -> None:
    path = draft(editor)
    for act in ("pause", "resume", "cancel", "resend", "winner", "unschedule"):
        where = editor.post(f"{path}/{act}").headers["location"]
        assert "refused=" in where, act
        assert 'role="alert"' in editor.get(where.removeprefix("/desk")).text


def test_an_issue_of_nowhere_is_not_found(editor: Somebody) -> None:
    for part in ("", "/edit", "/preview", "/send", "/letter", "/count"):
        assert editor.get(f"/at/naba/issues/999{part}").status_code == 404
    for part in ("/edit", "/test", "/send", "/pause", "/duplicate", "/intro", "/checks"):
        assert editor.post(f"/at/naba/issues/999{part}", title="x", language="ar", how="now").status_code == 404, part


def test_every_unsafe_route_asks_for_the_token(desk: Desk, editor: Somebody) -> None:
    path = draft(editor)
    before = the_issue(desk).changed_at
    for part in ("/edit", "/test", "/send", "/pause", "/duplicate", "/intro", "/checks", "/cancel"):
        assert editor.client.post(f"/desk{path}{part}", data={"title": "x"}).status_code == 403, part
    assert the_issue(desk).changed_at == before


def test_the_audience_is_counted_while_it_is_chosen(desk: Desk, editor: Somebody) -> None:
    desk.visit.active("layla@example.org")
    path = draft(editor)
    assert "قارئ واحد" in editor.get(f"{path}/count?topic=category:سياسة").text
    assert "لا قارئ" in editor.get(f"{path}/count?reads=he").text
    assert editor.get(f"{path}/count?joined_days=never").status_code == 422


def test_what_all_others_get_is_said_to_be_provisional_and_may_be_chosen_while_any_wait(
    desk: Desk, editor: Somebody
) -> None:
    path = draft(editor, subject="واحد")
    form = {"csrf": editor.csrf(), "title": "ع", "language": "ar", "intro": "كلام", "subject": ["واحد", "اثنان"]}
    editor.client.post(f"/desk{path}/edit", data=form, follow_redirects=False)
    editor.post(f"{path}/send", how="local", when="2026-07-02T08:00")
    button = 'name="subject" value="{}"><button'
    with desk.visit.parts.db.writing() as session:
        session.get_one(Issue, 1).winner = 0
    page = editor.get(path).text
    assert "لبقية القرّاء حتى الآن" in page
    assert "نتيجة مؤقتة" in page
    assert all(button.format(n) in page for n in (0, 1)), "also to keep it as it is"
    editor.post(f"{path}/winner", subject="0")
    page = editor.get(path).text
    assert "لبقية القرّاء</strong>" in page
    assert "مؤقت" not in page
    assert (button.format(0) in page, button.format(1) in page) == (False, True)
