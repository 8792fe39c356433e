"""Whom nothing is written to, at the desk; what is held against an address; and a reader's tags."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import func, insert, select

from notifier import suppressions
from notifier.desk import searching
from notifier.desk.searching import Cut, Search
from notifier.desk.tagging import TAGS_MAX
from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, ConsentEvent, Standing, Subscriber, SubscriberTag, Suppression, Tag
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_subscribers import fill

AT = "/at/naba/suppressions"
HERS = "reader0@example.org"


def log(desk: Desk) -> list[AuditEvent]:
    with desk.visit.parts.db.reading() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def in_force(desk: Desk) -> dict[str, str]:
    """Name -> reason."""
    rows = suppressions.every(desk.visit.parts, desk.visit.site_id)
    return {suppressions.name_of(row): row.reason for row in rows}


def hash_of(desk: Desk, address: str) -> str:
    with desk.visit.parts.db.reading() as session:
        return suppressions.shown_as(session, desk.visit.site_id, address)


def bring(somebody: Somebody, content: bytes) -> str:
    """Where the browser is sent after a list; a sentence of the page where it is not."""
    files = {"file": ("list.csv", content, "text/csv")}
    answer = somebody.client.post(
        f"/desk{AT}/import", data={"csrf": somebody.csrf()}, files=files, follow_redirects=False
    )
    return answer.headers.get("location", f"{answer.status_code}")


def hold(desk: Desk, address: str) -> None:
    row = Standing(
        site_id=desk.visit.site_id, address_hash=hash_of(desk, address), score=2.25, days=[], inactive=[],
        reasons=["2026-06-29 mailbox_full 4.2.2", "2026-06-30 temporary"], last_at=desk.visit.now,
    )  # fmt: skip
    with desk.visit.parts.db.writing() as session:
        session.add(row)


def test_an_address_is_added_found_and_lifted_and_stands_in_no_url(desk: Desk) -> None:
    (reader, *_) = fill(desk, 1)
    editor, place = desk.add(Role.EDITOR), hash_of(desk, HERS)
    added = editor.post(AT, who="Reader0@Example.org", reason="by phone")
    assert added.headers["location"] == f"/desk{AT}/{place}"
    found = editor.post(f"{AT}/find", who=HERS)
    assert found.headers["location"] == f"/desk{AT}/{place}"
    page = editor.get(f"{AT}/{place}").text
    assert "by phone" in page
    assert HERS not in page + editor.get(AT).text
    assert f"/subscribers/{reader}" in page
    assert editor.post(f"{AT}/{place}/lift", reason=" ").status_code == 422
    assert in_force(desk) == {place: "by phone"}
    assert editor.post(f"{AT}/{place}/lift", reason="she asked").status_code == 303
    assert in_force(desk) == {}
    assert "she asked" in editor.get(f"{AT}/{place}").text
    with desk.visit.parts.db.reading() as session:
        newest = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
        assert newest is not None
        assert newest.detail == {"lifted": "she asked"}
    lines = log(desk)[-2:]
    assert [(one.action, one.detail) for one in lines] == [
        ("suppression.added", {"hash": place}),
        ("suppression.lifted", {"hash": place}),
    ]


def test_a_domain_is_shown_by_name_and_alone(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    editor.post(AT, who=HERS)
    assert editor.post(AT, who=" @EXAMPLE.net ", reason="").headers["location"] == f"/desk{AT}/@example.net"
    assert in_force(desk)["@example.net"] == "asked"
    for query, count in (("", 2), ("?kind=domains", 1)):
        assert len(re.findall(r"<tr><td><a", editor.get(AT + query).text)) == count
    assert editor.post(f"{AT}/@example.net/lift", reason="x").status_code == 303
    assert editor.post(f"{AT}/@example.net/suppress", reason="again").status_code == 303
    assert in_force(desk)["@example.net"] == "again"
    assert log(desk)[-1].detail == {"domain": "example.net"}


def test_what_is_no_address_is_said_and_stays_in_the_field(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    for path in (AT, f"{AT}/find"):
        answer = editor.post(path, who="<b>nonsense", reason="kept")
        assert answer.status_code == 422
        assert "&lt;b&gt;nonsense" in answer.text
        assert "هذا ليس عنوانًا ولا نطاقًا" in answer.text
    for who in ("layla@example.org", "x", "@"):
        assert editor.get(f"{AT}/{who}").status_code == 404
        assert editor.post(f"{AT}/{who}/suppress").status_code == 404
    assert in_force(desk) == {}


def test_pages_follow_each_other_without_gaps(desk: Desk) -> None:
    editor, visit = desk.add(Role.EDITOR), desk.visit
    row = {"site_id": visit.site_id, "reason": "asked", "source": "desk", "at": visit.now}
    with visit.parts.db.writing() as session:
        session.execute(insert(Suppression), [{**row, "address_hash": f"{n:064x}"} for n in range(60)])
    first = editor.get(AT).text
    onward = re.search(r'href="(\?before=\d+)"', first)
    assert onward
    second = editor.get(AT + onward[1]).text
    shown = [set(re.findall(rf"{AT}/([0-9a-f]{{64}})", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[0] | shown[1])) == (50, 60)
    assert "before=" not in second


def test_a_list_goes_out_and_comes_in_again(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    editor.post(AT, who="@example.net", reason="=1+1")
    editor.post(AT, who=HERS, reason="طلبت ذلك")
    before = in_force(desk)
    taken = editor.get(f"{AT}/export.csv")
    rows = list(csv.DictReader(io.StringIO(taken.text.lstrip("\ufeff"))))
    assert [row["who"] for row in rows] == ["'@example.net", hash_of(desk, HERS)]
    assert HERS not in taken.text
    assert rows[0]["reason"] == "'=1+1"
    for name in before:
        assert editor.post(f"{AT}/{name}/lift", reason="x").status_code == 303
    assert bring(editor, taken.content).endswith("?added=2&wrong=0")
    assert in_force(desk).keys() == before.keys()
    assert bring(editor, b"who\nnew@example.org\nnonsense\n").endswith("?added=1&wrong=1")
    page = editor.get(f"{AT}?added=1&wrong=1").text
    assert "حُظر واحد جديد" in page
    assert [one.action for one in log(desk)][-2:] == ["suppressions.brought"] * 2
    assert "new@example.org" not in json.dumps([one.detail for one in log(desk)])


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_list_is_said_to_be_one(desk: Desk, content: bytes) -> None:
    assert bring(desk.add(Role.EDITOR), content) == "422"


def test_who_is_under_a_suppressed_domain_is_shown_as_what_they_are(desk: Desk) -> None:
    visit, owner = desk.visit, desk.add(Role.OWNER)
    hers, other = visit.active("layla@example.org"), visit.active("huda@sub.example.org")
    visit.sign_up("ruth@example.org")
    owner.post(AT, who="@Example.org", reason="moved house")
    people = "/at/naba/subscribers"
    for state, found in (
        ("suppressed", {"layla", "ruth"}), ("active", {"huda"}), ("paused", set()), ("pending", set()),
        ("", {"layla", "huda", "ruth"}),
    ):  # fmt: skip
        listed = owner.get(f"{people}?state={state}").text
        assert set(re.findall(r">(\w+)@[a-z.]*example\.org<", listed)) == found, state
        lines = owner.get(f"{people}/export.jsonl?state={state}").text.splitlines()
        assert {json.loads(line)["email"].partition("@")[0] for line in lines} == found, state
    rows = csv.DictReader(io.StringIO(owner.get(f"{people}/export.csv").content.decode("utf-8-sig")))
    assert [row["status"] for row in rows] == ["suppressed", "active", "suppressed"]
    assert owner.get(people).text.count('class="bad"') == 2
    profile = owner.get(f"{people}/{hers}").text
    assert f'href="/desk{AT}/@example.org"' in profile
    assert "moved house" in profile
    assert f"{hers}/lift" not in profile, "the domain is lifted on its own page"
    assert "example.org</bdi>" not in desk.add(Role.ANALYST).get(f"{people}/{hers}").text
    for reader, is_shut in ((hers, True), (other, False)):
        assert ("العنوان محظور" in owner.get(f"/at/naba/deliveries/person/{reader}").text) is is_shut


def test_those_of_a_suppressed_domain_are_looked_for_a_stretch_at_a_time(desk: Desk) -> None:
    visit = desk.visit
    ids = fill(desk, 12)
    owner = desk.add(Role.OWNER)
    owner.post(AT, who=HERS)
    search, seen, before = Search(state="suppressed"), list[int](), 0
    with visit.parts.db.reading() as session:
        found = searching.page(session, visit.site_id, search, visit.now, Cut(stretch=5))
        assert ([one.id for one in found.readers], found.looked) == ([ids[0]], 0), "an index answers that"
    owner.post(AT, who="@example.org")
    with visit.parts.db.reading() as session:
        while True:
            found = searching.page(session, visit.site_id, search, visit.now, Cut(before, stretch=5))
            seen += [one.id for one in found.readers]
            assert found.suppressed == frozenset(one.id for one in found.readers)
            if not found.onward:
                break
            assert (found.looked, found.count) == (5, 5)
            before = found.onward
    assert seen == ids[::-1]


def test_an_analyst_stays_outside(desk: Desk) -> None:
    analyst = desk.add(Role.ANALYST)
    assert analyst.get(AT).status_code == 403
    assert bring(analyst, b"@example.org\n") == "403"
    assert "/suppressions" not in analyst.get("/at/naba/subscribers").text


def test_what_is_held_against_an_address_is_shown_and_forgotten(desk: Desk) -> None:
    (reader, *_) = fill(desk, 1)
    editor, analyst = desk.add(Role.EDITOR), desk.add(Role.ANALYST)
    for path, forget in (
        (f"{AT}/{hash_of(desk, HERS)}", f"{AT}/{hash_of(desk, HERS)}/forget"),
        (f"/at/naba/subscribers/{reader}", f"/at/naba/subscribers/{reader}/forget"),
    ):
        hold(desk, HERS)
        page = editor.get(path).text
        assert "كان صندوق البريد ممتلئًا" in page
        assert "4.2.2" in page
        assert "٢٫٣" in page or "٢٫٢" in page
        assert forget in page
        assert f"{reader}/forget" not in analyst.get(f"/at/naba/subscribers/{reader}").text
        assert editor.post(forget).status_code == 303
        assert "لا شيء محتسب" in editor.get(path).text
        assert log(desk)[-1].action == "standing.forgotten"
    with desk.visit.parts.db.reading() as session:
        assert session.scalar(select(func.count(Standing.id))) == 0


def test_a_tag_is_put_on_a_reader_and_taken_away(desk: Desk) -> None:
    (reader, other, *_) = fill(desk, 2)
    editor, own = desk.add(Role.EDITOR), f"/at/naba/subscribers/{reader}"
    for name in ("  صحافة   عربية ", "صحافة عربية", "<i>", " "):
        assert editor.post(f"{own}/tag", tag_name=name).status_code == 303
    page = editor.get(own).text
    assert "صحافة عربية" in page
    assert "<i>" not in page
    assert editor.post(f"{own}/untag", tag_name="<i>").status_code == 303
    assert editor.post(f"{own}/untag", tag_name="nothing").status_code == 303
    assert editor.post("/at/naba/subscribers/999/tag", tag_name="x").status_code == 404
    with desk.visit.parts.db.reading() as session:
        bears = session.execute(select(SubscriberTag.subscriber_id, Tag.name).join(Tag)).all()
        assert [tuple(row) for row in bears] == [(reader, "صحافة عربية")]
        assert session.get_one(Subscriber, other).id == other
    assert [line.action for line in log(desk)][-3:] == ["reader.tagged", "reader.tagged", "reader.untagged"]


def test_a_site_with_all_its_tags_says_so(desk: Desk) -> None:
    (reader, *_) = fill(desk, 1)
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    with visit.parts.db.writing() as session:
        row = {"site_id": visit.site_id, "created_at": visit.now}
        session.execute(insert(Tag), [{**row, "name": f"{n}"} for n in range(TAGS_MAX)])
    assert editor.post(f"/at/naba/subscribers/{reader}/tag", tag_name="one more").status_code == 422
    assert editor.post(f"/at/naba/subscribers/{reader}/tag", tag_name="7").status_code == 303
