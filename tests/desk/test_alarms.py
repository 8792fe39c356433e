"""Alarms on the desk: what happened, since when, what to do, and the acts that end it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.domain.desk_words import Role
from notifier.domain.words import LetterKind
from notifier.feedback import alarms as raising
from notifier.feedback.alarms import Limits
from notifier.models import Alarm, AuditEvent
from tests.desk.conftest import Desk
from tests.web.conftest import add_site

LIMITS = Limits(3, 0.5, timedelta(hours=4), 0.001, 0.003, 3, timedelta(hours=24))


@pytest.fixture
def refused(desk: Desk) -> int:
    """An account of which so many letters were refused by policy that it stands still; the alarm's id."""
    with desk.visit.parts.db.writing() as session:
        raising.refused(session, "relay", ["5.7.1", "5.7.1", "5.7.26"], LIMITS, desk.visit.now)
        return session.scalars(select(Alarm.id)).one()


def halted(desk: Desk) -> frozenset[str]:
    with desk.visit.parts.db.reading() as session:
        return raising.halted(session, desk.visit.now).accounts


def actions(desk: Desk) -> list[tuple[str, object]]:
    with desk.visit.parts.db.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("alarm.")).order_by(AuditEvent.id))
        return [(row.action, row.detail.get("reason")) for row in rows]


def test_an_alarm_says_what_happened_since_when_and_what_to_do(desk: Desk, refused: int) -> None:
    page = desk.add(Role.ANALYST).get("/at/naba").text
    assert f'id="alarm-{refused}"' in page
    assert "رُفضت ٣ رسائل من الحساب <bdi>relay</bdi>" in page
    assert "5.7.26" in page
    assert "الحساب متوقف حتى" in page
    assert "لا علاقة للقرّاء" in page
    assert "استئناف الحساب" not in page, "an analyst looks on"
    assert 'aria-label="إنذار جديد"' in page


def test_an_editor_lets_the_account_go_on_and_the_log_says_why(desk: Desk, refused: int) -> None:
    editor, path = desk.add(Role.EDITOR), f"/at/naba/alarms/{refused}/end"
    assert "استئناف الحساب" in editor.get("/at/naba").text
    without = editor.post(path, reason="  ")
    assert (without.status_code, "يلزم ذكر ما تم إصلاحه" in without.text) == (422, True)
    assert halted(desk) == {"relay"}
    assert editor.post(path, reason="نُشر سجل DKIM").status_code == 303
    assert halted(desk) == frozenset()
    assert actions(desk) == [("alarm.ended", "نُشر سجل DKIM")]
    assert "relay" not in editor.get("/at/naba").text
    assert editor.post(path, reason="مرة أخرى").status_code == 404


def test_what_somebody_sees_to_is_counted_no_more_until_it_halts_again(desk: Desk, refused: int) -> None:
    editor = desk.add(Role.EDITOR)
    for _ in range(2):
        assert editor.post(f"/at/naba/alarms/{refused}/know").status_code == 303
    page = editor.get("/at/naba").text
    assert "هناك من يتولى الأمر" in page
    assert 'class="count"' not in page
    assert halted(desk) == {"relay"}, "to know is not to end"
    assert actions(desk) == [("alarm.known", None)]
    later = desk.visit.now + timedelta(hours=4, minutes=1)
    with desk.visit.parts.db.writing() as session:
        raising.refused(session, "relay", ["5.7.1"] * 3, LIMITS, later)
    assert 'class="count"' in editor.get("/at/naba/issues").text


def test_a_stream_s_alarm_is_its_own_site_s(desk: Desk) -> None:
    parts, now = desk.visit.parts, desk.visit.now
    add_site(parts, "other")
    with parts.db.writing() as session:
        row = Alarm(
            about=f"stream:{desk.visit.site_id}:{LetterKind.DIGEST}", raised_at=now, last_at=now, window_at=now,
            count=1, detail="7 of 2000 letters", halted_until=now + timedelta(hours=24),
        )  # fmt: skip
        session.add(row)
        session.flush()
        alarm = row.id
    editor = desk.add(Role.EDITOR)
    page = editor.get("/at/naba").text
    assert "٧ شكاوى من الإزعاج بين <bdi>٢٬٠٠٠</bdi> رسالة" in page
    assert "استئناف هذه الرسائل" in page
    assert "شكاوى" not in editor.get("/at/other").text
    assert editor.post(f"/at/other/alarms/{alarm}/end", reason="x").status_code == 404
    assert editor.post("/at/naba/alarms/none/know").status_code == 404


@pytest.fixture
def _refused_password(desk: Desk) -> Iterator[None]:
    """A mail server that does not take us; the accounts are those of all tests, so that it heals with this one."""
    accounts = desk.visit.parts.accounts
    name = next(iter(accounts.weights))
    for _ in range(3):
        accounts.breaker.heard(name, is_up=False, is_refused=True)
    yield
    accounts.breaker.heard(name, is_up=True)


@pytest.mark.usefixtures("_refused_password")
def test_a_server_that_refuses_the_password_is_on_the_front_page(desk: Desk) -> None:
    page = desk.add(Role.OWNER).get("/at/naba").text
    assert "يرفض اسم المستخدم أو كلمة المرور" in page
    assert "/desk/at/naba/setup/accounts" in page
