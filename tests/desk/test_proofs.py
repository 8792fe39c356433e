"""An editor asks for proofs on their own page, or for one where a digest is arranged; an analyst is offered none."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier import proofing
from notifier.domain.desk_words import Role
from notifier.domain.outcome import Refused
from notifier.models import AuditEvent, Proof, User
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_calendar import EIGHT, eve


def wants(desk: Desk, who: Somebody) -> bool:
    with desk.visit.parts.db.reading() as session:
        return session.get_one(User, who.user_id).wants_proofs


def test_an_editor_asks_and_takes_it_back(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    assert not wants(desk, editor), "nobody gets what they did not ask for"
    assert 'name="wanted" value="1" aria' in editor.get("/me").text
    assert editor.post("/me/proofs", wanted="1").status_code == 303
    assert wants(desk, editor)
    assert 'name="wanted" value="1" checked' in editor.get("/me").text
    editor.post("/me/proofs", wanted="1")
    editor.post("/me/proofs")
    assert not wants(desk, editor)
    with desk.visit.parts.db.reading() as session:
        said = [one.action for one in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert said[-2:] == ["user.proofs_on", "user.proofs_off"], "a line each, and none for what was so already"


def test_an_analyst_is_offered_none(desk: Desk) -> None:
    analyst = desk.add(Role.ANALYST)
    assert 'name="wanted"' not in analyst.get("/me").text
    assert analyst.post("/me/proofs", wanted="1").status_code == 403
    assert not wants(desk, analyst)


@pytest.mark.parametrize("knobs", [{"digest_announce_min": 0}], indirect=True)
def test_none_are_offered_where_no_digest_is_announced(desk: Desk) -> None:
    assert 'name="wanted"' not in desk.add(Role.OWNER).get("/me").text


SLOT = f"/at/naba/calendar/{EIGHT}"
BUTTON = f'action="/desk{SLOT}/proof"'


def test_a_digest_says_when_its_proof_went_out_and_whether_it_was_changed_since(desk: Desk) -> None:
    first, _ = eve(desk)
    editor = desk.add(Role.EDITOR)
    page = editor.get(SLOT).text
    assert BUTTON in page
    assert "آخر معاينة" not in page
    assert editor.post(f"{SLOT}/proof").headers["location"] == f"/desk{SLOT}"
    assert "معاينة بالبريد في طريقها" in editor.get(SLOT).text
    before = len(desk.visit.transport.sent)
    desk.visit.work()
    assert [one.rcpt_to for one in desk.visit.transport.sent[before:]] == ["editor@naba.example"]
    assert "آخر معاينة بالبريد: <bdi>١٠:٠٠ صباحًا</bdi>. النشرة على حالها بعدها." in editor.get(SLOT).text
    editor.post(SLOT, **{f"fate:{first}": "dropped"})
    page = editor.get(SLOT).text
    assert "آخر معاينة بالبريد: <bdi>١٠:٠٠ صباحًا</bdi>. تغيّرت النشرة بعدها." in page
    assert len(desk.visit.transport.sent) == before + 1, "a change sends nothing by itself"
    editor.post(f"{SLOT}/proof")
    desk.visit.work()
    assert "الخبر الأول" not in desk.visit.mail_text(-1)
    assert "النشرة على حالها بعدها" in editor.get(SLOT).text


def test_an_analyst_reads_of_a_proof_and_asks_for_none(desk: Desk) -> None:
    eve(desk)
    editor, analyst = desk.add(Role.EDITOR), desk.add(Role.ANALYST)
    editor.post(f"{SLOT}/proof")
    assert "معاينة بالبريد" not in analyst.get(SLOT).text, "what waits is the editor's own matter"
    desk.visit.work()
    assert "آخر معاينة بالبريد" in analyst.get(SLOT).text
    assert BUTTON not in analyst.get(SLOT).text
    assert analyst.post(f"{SLOT}/proof").status_code == 403
    assert editor.client.post(f"/desk{SLOT}/proof", data={}).status_code == 403, "nor does a foreign form"


def test_a_proof_that_was_refused_says_so_to_who_asked(desk: Desk) -> None:
    eve(desk)
    editor = desk.add(Role.EDITOR)
    desk.visit.transport.outcomes["editor@naba.example"] = Refused("550 5.1.1 <b>unknown</b>", forever=True)
    editor.post(f"{SLOT}/proof")
    desk.visit.work()
    page = editor.get(SLOT).text
    assert "تعذّر إرسال المعاينة بالبريد" in page
    assert "550 5.1.1 &lt;b&gt;unknown" in page
    assert "550" not in desk.add(Role.OWNER).get(SLOT).text


def test_what_is_refused_is_said_on_the_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = desk.add(Role.EDITOR)
    empty = editor.post(f"{SLOT}/proof")
    assert (empty.status_code, "النشرة بلا مواد" in empty.text) == (409, True)
    eve(desk)
    monkeypatch.setattr(proofing, "PER_HOUR", 0)
    many = editor.post(f"{SLOT}/proof")
    assert (many.status_code, "بلغت المعاينات حدها" in many.text) == (429, True)
    desk.visit.now = desk.visit.now.replace(day=2, hour=5) + timedelta(minutes=1)
    editor = desk.add(Role.EDITOR, "late@naba.example")
    late = editor.post(f"{SLOT}/proof")
    assert (late.status_code, "المعاينة لا تُرسل إلا قبله" in late.text, BUTTON in late.text) == (409, True, False)
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Proof)).all() == []
