"""A list whose file does not tell who left: what the desk asks and says about it."""

import pytest

from notifier.domain.desk_words import Role
from tests.desk.conftest import Desk, Somebody
from tests.imports.test_other_programs import LISTMONK
from tests.web.conftest import POLITICS

AT = "/at/naba"
FORM = {"column_1": "email", "column_4": "status", "topic": POLITICS, "basis": "النشرة القديمة"}
WHY = "لا يذكر من ألغى اشتراكه في قائمة"


def brought(editor: Somebody, text: str) -> str:
    sent = editor.client.post(
        f"/desk{AT}/imports", data={"csrf": editor.csrf()}, files={"file": ("list.csv", text.encode())},
        follow_redirects=False,
    )  # fmt: skip
    return sent.headers["location"].removeprefix("/desk")


@pytest.mark.parametrize("tick", [{"is_confirmed": "yes"}, {}])
def test_listmonks_list_asks_everybody_unless_its_editor_vouches_for_it(desk: Desk, tick: dict[str, str]) -> None:
    is_said = bool(tick)
    desk.visit.active("other@example.org")
    editor = desk.add(Role.EDITOR)
    own = brought(editor, LISTMONK)
    assert 'name="is_confirmed"' in editor.get(own).text
    assert editor.post(f"{own}/plan", **FORM, **tick).status_code == 303
    desk.visit.work()
    assert (WHY in editor.get(own).text) is not is_said
    edited = editor.get(f"{own}?edit=1").text
    assert ('aria-describedby="silent-hint" checked' in edited) is is_said
    editor.post(f"{own}/start")
    desk.visit.work()
    report = editor.get(own).text
    assert ("قرّاء جدد" in report) is is_said
    assert (WHY in report) is not is_said


def test_of_other_lists_nothing_of_the_kind_is_asked(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    assert "is_confirmed" not in editor.get(brought(editor, "email\na@example.org\n")).text
