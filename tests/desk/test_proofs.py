"""An editor asks for proofs on their own page; an analyst, who may change no digest, is not offered any."""

import pytest
from sqlalchemy import select

from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, User
from tests.desk.conftest import Desk, Somebody


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
