"""A list comes in by the desk's pages, in a real browser, in Arabic."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select

from notifier import staff, upkeep
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from notifier.models import Import
from tests.chromium import hard_to_read
from tests.desk.conftest import PASSWORD, Desk

pytestmark = pytest.mark.browser
DATA = "الاسم,البريد الإلكتروني,الحالة\nليلى,layla@example.org,نشط\nx,nobody,نشط\n"


@pytest.fixture
def knobs() -> dict[str, Any]:
    """A browser keeps `__Host-` cookies over TLS only; this one speaks plainly, on this machine."""
    return {"base_url": "http://127.0.0.1"}


@pytest.fixture
def base(desk: Desk) -> Iterator[str]:
    """Where the application answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(desk.visit.client.app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def sit_down(desk: Desk, base: str, browser: Any) -> Any:
    """A window in which an editor is logged in."""
    parts, now = desk.visit.parts, desk.visit.now
    token = staff.invite(parts, "editor@naba.example", Role.EDITOR, "ar", Actor("cli"), now)
    cookie = staff.accept(parts, token, "سارة", PASSWORD, Browser("", "test"), now)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ar")
    context.add_cookies([{"name": "desk", "value": cookie, "url": base}])
    return context.new_page()


def check(page: Any) -> None:
    """Nothing makes a phone scroll sideways, and axe-core has nothing against it."""
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    assert hard_to_read(page, []) == []


def test_a_list_is_brought_mapped_tried_and_taken_in(desk: Desk, base: str, browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "قائمة.csv"
    file.write_bytes(DATA.encode("cp1256"))
    page = sit_down(desk, base, browser)
    page.goto(f"{base}/desk/at/naba/subscribers")
    check(page)
    page.click("text=استيراد القوائم")
    page.set_input_files("#file", str(file))
    check(page)
    page.click("text=رفع الملف")
    page.get_by_text("Windows-1256").first.wait_for()
    assert page.input_value("select[name=column_1]") == "email", "known by its name"
    check(page)
    page.fill("#basis", "نموذج المعرض")
    page.check("input[name=topic] >> nth=0")
    page.click("text=تجربة دون إضافة أحد")
    upkeep.drain(desk.visit.parts, lambda: desk.visit.now)
    page.wait_for_selector("text=تمّت التجربة")
    check(page)
    page.click("button:has-text('استيراد')")
    upkeep.drain(desk.visit.parts, lambda: desk.visit.now)
    page.wait_for_selector("strong:has-text('تمّ الاستيراد')")
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Import)).one().counts == {"new": 1, "bad": 1}
    page.context.close()
