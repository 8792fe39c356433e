"""Readers at the desk."""

import csv
import io
import re
from html import unescape

import pytest
from httpx2 import Response
from sqlalchemy import func, select, update

from notifier import bulk_acts, subscribers
from notifier.bulk_acts import Wanted
from notifier.consent.adding import NewReader
from notifier.consent.evidence import AFTERWARDS
from notifier.desk.audit import Actor
from notifier.desk.searching import Search
from notifier.desk.tagging import retag
from notifier.domain.desk_words import ActKind, Role
from notifier.domain.issues import KNOWN_SOURCES
from notifier.domain.words import Frequency
from notifier.models import (
    AuditEvent,
    BulkAct,
    ConsentEvent,
    Import,
    Subscriber,
    SubscriberTag,
    Subscription,
    Suppression,
    Tag,
)
from tests.desk.conftest import Desk, Somebody
from tests.web.conftest import POLITICS

AT = "/at/naba"


def fill(desk: Desk, count: int = 3, name: str = "قارئ") -> list[int]:
    """Readers of politics; gives their ids."""
    visit = desk.visit
    ids = []
    for n in range(count):
        new = NewReader(f"reader{n}@example.org", (POLITICS,), Frequency.DAILY, "نموذج", name=f"{name} {n}")
        ids.append(subscribers.add(visit.parts, visit.site_id, new, Actor("cli"), visit.now) or 0)
    return ids


def topic_id(desk: Desk) -> int:
    with desk.visit.parts.db.reading() as session:
        return next(n for n, name, _ in subscribers.topics_of(session, desk.visit.site_id) if name == POLITICS)


def test_readers_are_found_by_address_name_and_filters(desk: Desk) -> None:
    fill(desk)
    editor = desk.add(Role.EDITOR)
    for query, found in (
        ({"words": "READER1@"}, {1}), ({"words": "reader"}, {0, 1, 2}), ({"words": "قارئ 2"}, {2}),
        ({"words": "%"}, set()), ({"words": "reader1@example.org"}, {1}), ({"language": "he"}, set()),
        ({"state": "active"}, {0, 1, 2}), ({"state": "pending"}, set()), ({"topic": str(topic_id(desk))}, {0, 1, 2}),
        ({"since": "2026-07-02"}, set()), ({"since": "nonsense"}, {0, 1, 2}),
        ({"words": "reader", "state": "pending"}, set()),
    ):  # fmt: skip
        page = find(editor, **query)
        assert page.status_code == 200
        assert set(map(int, re.findall(r">reader(\d)@example\.org<", page.text))) == found, query


def find(somebody: Somebody, **typed: str) -> Response:
    """The page that the form of the list leads to."""
    return somebody.get(found_at(somebody, **typed))


def found_at(somebody: Somebody, **typed: str) -> str:
    answer = somebody.post(f"{AT}/subscribers", **typed)
    assert answer.status_code == 303
    return answer.headers["location"].removeprefix("/desk")


def test_what_is_typed_stands_in_no_address_of_a_page(desk: Desk) -> None:
    (reader, *_) = fill(desk)
    editor = desk.add(Role.EDITOR)
    path = found_at(editor, words="reader1@example.org", language="ar")
    pages = [editor.get(path), editor.get(f"{AT}/subscribers/{reader}"), editor.get(f"{AT}/deliveries/person/{reader}")]
    links = [link for page in pages for link in re.findall(r'(?:href|action|src)="([^"]*)"', page.text)]
    assert f"/desk{AT}/deliveries/person/{reader}" in links
    assert not [link for link in (path, *links) if "reader" in link.replace("subscribers", "") or "@" in link]
    assert "language=ar" in path


def test_a_search_that_we_did_not_seal_finds_nobody_rather_than_all(desk: Desk) -> None:
    fill(desk)
    owner, analyst = desk.add(Role.OWNER), desk.add(Role.ANALYST)
    path = found_at(owner, words="reader1@example.org")
    wrong = path.replace("sought=", "sought=AAAA")
    for one in (
        wrong,
        f"{AT}/subscribers?sought=reader1@example.org",
        f"{AT}/subscribers?sought=%00",
        f"{path}&before=x",
    ):
        assert owner.get(one).status_code in {404, 422}
    assert owner.get(wrong.replace("/subscribers?", "/subscribers/export.csv?")).status_code == 404
    assert owner.post(f"{AT}/subscribers", words="\0").status_code == 400
    assert analyst.get(path).status_code == 404, "it would show what an editor typed"


def test_the_list_that_is_taken_away_is_the_list_that_is_shown(desk: Desk) -> None:
    ids = fill(desk)
    owner, visit = desk.add(Role.OWNER), desk.visit
    with visit.parts.db.writing() as session:
        retag(session, visit.site_id, ids[2], ["معرض"], visit.now)
        session.execute(update(Subscriber).where(Subscriber.id == ids[0]).values(language="fa"))
        tag = session.scalars(select(Tag.id)).one()
    for typed, found in (
        ({"words": "reader1@"}, [1]), ({"words": "قارئ 2"}, [2]), ({"language": "fa"}, [0]), ({"tag": str(tag)}, [2]),
        ({"topic": str(topic_id(desk)), "language": "ar"}, [1, 2]), ({"since": "2026-07-02"}, []),
        ({"words": "reader1@", "language": "fa"}, []), ({"words": "nobody@"}, []), ({}, [0, 1, 2]),
    ):  # fmt: skip
        page = find(owner, **typed).text
        links = [unescape(link) for link in re.findall(r'href="/desk([^"]*/export\.(?:csv|jsonl)[^"]*)"', page)]
        texts = [owner.get(link).text for link in links]
        assert [re.findall(r"reader(\d)@example", text) for text in texts] == [list(map(str, found))] * 2, typed


def test_an_act_on_all_is_about_those_who_were_found_by_name(desk: Desk) -> None:
    ids = fill(desk)
    editor, visit = desk.add(Role.EDITOR), desk.visit
    page = find(editor, words="قارئ 2").text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.partition('class="listed"')[0]))
    assert hidden["words"] == "قارئ 2"
    form = {name: hidden[name] for name in ("words", "topic", "language", "state", "tag", "since")}
    assert editor.post(f"{AT}/acts", **form, whom="all", kind="tag", tag_name="vip").status_code == 303
    visit.work()
    with visit.parts.db.reading() as session:
        assert session.scalars(select(SubscriberTag.subscriber_id)).all() == [ids[2]]


def test_pages_follow_each_other_without_gaps(desk: Desk) -> None:
    fill(desk, 60)
    editor = desk.add(Role.EDITOR)
    first = editor.get(f"{AT}/subscribers").text
    onward = re.search(r'href="(\?[^"]*before=\d+)"', first)
    assert onward
    second = editor.get(f"{AT}/subscribers{onward[1].replace('&amp;', '&')}").text
    shown = [set(re.findall(r">(reader\d+)@", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[0] | shown[1])) == (50, 60)
    assert "before=" not in second


def test_an_analyst_sees_no_address_and_cannot_guess_one(desk: Desk) -> None:
    (reader, *_) = fill(desk)
    analyst = desk.add(Role.ANALYST)
    sought = found_at(analyst, words="reader0@example.org")
    for path in (f"{AT}/subscribers", f"{AT}/subscribers/{reader}", sought):
        page = analyst.get(path)
        assert page.status_code == 200
        assert "reader0@" not in page.text.replace('value="reader0@example.org"', "")
    assert find(analyst, words="reader0").text.count("/subscribers/") == 0
    assert analyst.get(f"{AT}/subscribers/export.csv").status_code == 403


def test_a_reader_is_edited_noted_suppressed_and_let_back_with_a_reason(desk: Desk) -> None:
    (reader, *_) = fill(desk)
    editor, own = desk.add(Role.EDITOR), f"{AT}/subscribers/{reader}"
    assert editor.post(f"{own}/edit", name="هدى", language="fa", time_zone="Asia/Tehran").status_code == 303
    assert editor.post(f"{own}/edit", name="هدى", language="fa", time_zone="Mars/Base").status_code == 422
    editor.post(f"{own}/note", words="<script>alert(1)</script>")
    editor.post(f"{own}/suppress", reason="asked by phone")
    page = editor.get(own).text
    assert "هدى" in page
    assert "<script>alert" not in page
    assert "asked by phone" in page
    assert editor.post(f"{own}/lift", reason=" ").status_code == 422
    assert editor.post(f"{own}/lift", reason="they wrote to us").status_code == 303
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Suppression).where(Suppression.lifted_at.is_(None))).all() == []
        log = [line.action for line in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert log[-4:] == ["reader.edited", "reader.noted", "reader.suppressed", "reader.lifted"]


def test_only_an_owner_erases_and_only_with_the_address_typed(desk: Desk) -> None:
    (reader, *_) = fill(desk)
    owner, editor, own = desk.add(Role.OWNER), desk.add(Role.EDITOR), f"{AT}/subscribers/{reader}/erase"
    assert editor.post(own, address="reader0@example.org").status_code == 403
    assert owner.post(own, address="reader1@example.org").status_code == 422
    assert owner.post(own, address=" Reader0@Example.org").status_code == 303
    assert owner.get(f"{AT}/subscribers/{reader}").status_code == 404
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Suppression.reason)).all() == ["erased"]


def test_a_reader_is_added_by_a_basis_or_asked_first(desk: Desk) -> None:
    fill(desk, 1)
    editor, topic = desk.add(Role.EDITOR), str(topic_id(desk))
    form = {"address": "new@example.org", "topic": topic, "frequency": "daily"}
    assert editor.post(f"{AT}/subscribers/add", **form, way="basis").status_code == 422
    assert editor.post(f"{AT}/subscribers/add", **{**form, "topic": ""}, way="ask").status_code == 422
    assert editor.post(f"{AT}/subscribers/add", **{**form, "address": "x"}, way="ask").status_code == 422
    assert editor.post(f"{AT}/subscribers/add", **form, way="basis", basis="ورقة").status_code == 303
    assert editor.post(f"{AT}/subscribers/add", **{**form, "address": "ask@example.org"}, way="ask").status_code == 303
    desk.visit.work()
    with desk.visit.parts.db.reading() as session:
        state = dict(session.execute(select(Subscriber.address, Subscriber.confirmed_at.is_not(None))).all())
    assert (state["new@example.org"], state["ask@example.org"]) == (True, False)
    assert len(desk.visit.transport.sent) == 1


@pytest.mark.parametrize("kind", list(ActKind))
def test_an_act_on_all_is_done_and_undone_exactly(desk: Desk, kind: ActKind) -> None:
    ids, editor, visit = fill(desk), desk.add(Role.EDITOR), desk.visit
    editor.post(f"{AT}/acts", kind="tag", whom="all", tag_name="قديم")
    editor.post(f"{AT}/subscribers/{ids[0]}/suppress", reason="before")
    visit.work()
    tables = (SubscriberTag, Subscription, Suppression)

    def state() -> list[object]:
        with visit.parts.db.reading() as session:
            tags = session.scalars(select(SubscriberTag.subscriber_id).order_by(SubscriberTag.subscriber_id)).all()
            active = session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None))).all()
            barred = session.scalars(select(Suppression.address_hash).where(Suppression.lifted_at.is_(None))).all()
        return [tags, sorted(active), sorted(barred)]

    assert len(tables) == len(state())
    before = state()
    tag = "أخرى" if kind is ActKind.TAG else "قديم"
    form = {"kind": kind.value, "whom": "all", "tag_name": tag, "act_topic": str(topic_id(desk)), "reason": "x"}
    assert editor.post(f"{AT}/acts", **form).status_code == 303
    visit.work()
    assert state() != before
    with visit.parts.db.reading() as session:
        act = session.scalars(select(BulkAct).order_by(BulkAct.id.desc())).first()
    assert act
    assert act.changed == (2 if kind is ActKind.SUPPRESS else 3), "who was suppressed before is not this act's"
    assert editor.post(f"{AT}/acts/{act.id}/undo").status_code == 303
    assert editor.post(f"{AT}/acts/{act.id}/undo").status_code == 404
    visit.work()
    assert state() == before


def test_an_act_on_some_touches_nobody_else(desk: Desk) -> None:
    ids, editor, visit = fill(desk), desk.add(Role.EDITOR), desk.visit
    editor.post(f"{AT}/acts", kind="unsubscribe", whom="some", reader=str(ids[1]), act_topic=str(topic_id(desk)))
    visit.work()
    with visit.parts.db.reading() as session:
        ended = session.scalars(select(Subscription).where(Subscription.ended_at.is_not(None))).all()
        assert [one.subscriber_id for one in ended] == [ids[1]]


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "tag", "whom": "some", "tag_name": "x"}, {"kind": "tag", "whom": "all", "tag_name": " "},
        {"kind": "untag", "whom": "all", "tag_name": "no"}, {"kind": "unsubscribe", "whom": "all", "act_topic": "99"},
        {"kind": "drop", "whom": "all"},
    ],
)  # fmt: skip
def test_an_act_that_cannot_be_is_refused(desk: Desk, form: dict[str, str]) -> None:
    fill(desk, 1)
    assert desk.add(Role.EDITOR).post(f"{AT}/acts", **form).status_code == 422


def test_many_readers_are_acted_on_in_chunks_by_queries_that_do_not_grow(desk: Desk) -> None:
    fill(desk, 30)
    visit = desk.visit
    act = bulk_acts.begin(
        visit.parts, visit.site_id, Wanted(ActKind.SUPPRESS, search=Search(words="reader1")), Actor("cli"), visit.now
    )
    bulk_acts.advance(visit.parts, act, lambda: visit.now)
    with visit.parts.db.reading() as session:
        assert session.get_one(BulkAct, act).changed == 11
        assert session.scalar(select(func.count()).where(ConsentEvent.source == f"act:{act}")) == 11


def test_the_list_that_is_taken_away_computes_nothing_and_holds_the_proof(desk: Desk) -> None:
    fill(desk, 2, name="=HYPERLINK(1)")
    owner = desk.add(Role.OWNER)
    answer = owner.get(f"{AT}/subscribers/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["email"] for row in rows] == ["reader0@example.org", "reader1@example.org"]
    assert rows[0]["name"] == "'=HYPERLINK(1) 0"
    assert (rows[0]["topics"], rows[0]["consent_basis"]) == (f"{POLITICS}=daily", "نموذج")
    assert "attachment" in answer.headers["content-disposition"]
    lines = owner.get(f"{AT}/subscribers/export.jsonl").text.splitlines()
    assert len(lines) == 2
    assert '"=HYPERLINK(1) 0"' in lines[0], "JSON is no spreadsheet"


def test_a_list_is_uploaded_mapped_tried_and_imported(desk: Desk) -> None:
    fill(desk, 1)
    editor, visit = desk.add(Role.EDITOR), desk.visit
    text = "الاسم,العنوان البريدي,الحالة\nليلى,layla@example.org,نشط\nx,nobody,نشط\n=1+1,reader0@example.org,نشط\n"
    sent = editor.client.post(
        f"/desk{AT}/imports", data={"csrf": editor.csrf()}, files={"file": ("قائمة.csv", text.encode("cp1256"))},
        follow_redirects=False,
    )  # fmt: skip
    assert sent.status_code == 303
    own = sent.headers["location"].removeprefix("/desk")
    page = editor.get(own).text
    assert "العنوان البريدي" in page
    assert "layla@example.org" in page
    form = {"column_0": "name", "column_2": "status", "topic": POLITICS, "basis": "المعرض", "tag": "معرض"}
    assert "يلزم تحديد العمود" in editor.post(f"{own}/plan", **form).text
    assert editor.post(f"{own}/plan", **form, column_1="email").status_code == 303
    assert 'http-equiv="refresh"' in editor.get(own).text
    visit.work()
    report = editor.get(own).text
    assert "جاهز" in report
    assert "ليس عنوان بريد" in report
    assert editor.post(f"{own}/start").status_code == 303
    visit.work()
    assert "تمّ" in editor.get(own).text
    rejected = editor.get(f"{own}/rejected.csv").content.decode("utf-8-sig")
    assert rejected.splitlines() == ["line,reason,row", '3,at_sign,"x,nobody,نشط"']
    with visit.parts.db.reading() as session:
        done = session.scalars(select(Import)).one()
        assert done.counts == {"new": 1, "already": 1, "bad": 1}
        log = [line.action for line in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert log[-4:] == ["import.kept", "import.checking", "import.importing", "import.done"]
    assert editor.post(f"{own}/discard").status_code == 303
    assert editor.get(own).status_code == 200, "what is done is not thrown away"


def test_a_list_that_is_thrown_away_leaves_a_line_with_its_site(desk: Desk) -> None:
    editor, visit = desk.add(Role.EDITOR), desk.visit
    file = {"file": ("a.csv", b"email\na@example.org\n")}
    sent = editor.client.post(f"/desk{AT}/imports", data={"csrf": editor.csrf()}, files=file, follow_redirects=False)
    own = sent.headers["location"].removeprefix("/desk")
    assert editor.post(f"{own}/discard").status_code == 303
    assert editor.get(own).status_code == 404
    with visit.parts.db.reading() as session:
        line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert line is not None
        assert (line.action, line.site_id) == ("import.discarded", visit.site_id)


def test_an_upload_is_refused_without_a_file_a_token_or_the_role(desk: Desk) -> None:
    editor, analyst = desk.add(Role.EDITOR), desk.add(Role.ANALYST)
    file, path = {"file": ("a.csv", b"email\na@example.org\n")}, f"/desk{AT}/imports"
    assert editor.client.post(path, data={"csrf": editor.csrf()}).status_code == 422
    assert editor.client.post(path, data={"csrf": editor.csrf()}, files={"file": ("a.csv", b"")}).status_code == 422
    assert editor.client.post(path, data={"csrf": "0" * 64}, files=file).status_code == 403
    assert analyst.client.post(path, data={"csrf": analyst.csrf()}, files=file).status_code == 403
    assert desk.browser().post(path, files=file, follow_redirects=False).status_code == 303
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Import)).all() == []


def test_where_consent_came_from_is_said_in_words_in_every_language(desk: Desk) -> None:
    strings = desk.visit.edge.desk.strings
    for language in ("ar", "ckb", "en", "fa", "he", "ur"):
        for source in (*KNOWN_SOURCES, *AFTERWARDS):
            assert strings.voice(language).say(f"issues.source_{source.replace('-', '_')}")
    desk.visit.active("layla@example.org")
    page = desk.add(Role.EDITOR).get("/at/naba/subscribers/1").text
    assert "استمارة الاشتراك" in page
    assert "· form" not in page
