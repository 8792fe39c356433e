"""The set-up's preview follows what is typed, in a real browser; nothing is saved by it."""

from typing import Any

import pytest
from sqlalchemy import select

from notifier.models import Site
from tests.desk.conftest import Desk
from tests.desk.test_desk_browser import page_of, served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def test_the_sample_letter_follows_the_name_that_is_typed(desk: Desk, browser: Any) -> None:
    with served(desk) as base:
        page = page_of(desk, browser, base, "ar", viewport={"width": 1200, "height": 900})
        page.goto(f"{base}/desk/at/naba/setup")
        frame = page.frame_locator("iframe[data-preview]")
        frame.get_by_role("link", name="صحيفة النبأ").first.wait_for()
        page.fill("#name", "صحيفة الضفاف")
        frame.get_by_role("link", name="صحيفة الضفاف").first.wait_for()
        assert "name=" in page.frames[1].url
        page.context.close()
    with desk.visit.parts.db.reading() as session:
        assert session.scalars(select(Site.name)).one() == "صحيفة النبأ"
