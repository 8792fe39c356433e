"""Every page of a filled desk and how to get there: for whoever looks at them all."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import pyotp
from sqlalchemy import select

from notifier import break_glass, staff
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from notifier.models import User
from tests.desk.conftest import PASSWORD
from tests.desk.filled import BY, NAMES, Filled
from tests.web.conftest import Visit
from tests.web.reader_pages import Way, go

OWNER: Final = "owner@naba.example"
SITE: Final = "/desk/at/naba"
OF_THE_SITE: Final = {
    "overview": "", "issues": "/issues", "issue": "/issues/1", "issue-edit": "/issues/{draft}/edit",
    "issue-preview": "/issues/{draft}/preview", "issue-send": "/issues/{draft}/send", "calendar": "/calendar",
    "slot": "/calendar/{slot}", "deliveries": "/deliveries", "send": "/deliveries/{send}",
    "failed": "/deliveries/{send}?state=failed&reason=refused",
    "person": "/deliveries/person/{failed}", "charts": "/charts",
    "articles": "/articles", "article": "/articles/{article}",
    "suppressions": "/suppressions", "suppression": "/suppressions/{who}",
    "subscribers": "/subscribers", "subscriber": "/subscribers/1", "add": "/subscribers/add", "imports": "/imports",
    "mapping": "/imports/{mapping}", "import": "/imports/{checked}", "acts": "/acts", "identity": "/setup",
    "sources": "/setup/sources", "templates": "/setup/templates", "template": "/setup/templates/footer",
    "accounts": "/setup/accounts", "keys": "/setup/keys", "webhooks": "/setup/webhooks", "calls": "/setup/webhooks/1",
}  # fmt: skip
OF_ALL: Final = {
    "people": "/people", "doctor": "/doctor", "log": "/log", "me": "/me",
    "home": "",
}  # fmt: skip
SET_UP: Final = "/desk/me/second-factor"
CODE: Final = "/desk/code"
WITH_CODES: Final = (SET_UP, CODE)


NOTE: Final = "افتُتح المعرض يوم الخميس.\n\nWe are sorry."


def inside(filled: Filled) -> dict[str, Way]:
    """For an owner; some are the answer to a button and have no address."""
    given = asdict(filled)
    ways = {name: Way(SITE + path.format(**given)) for name, path in OF_THE_SITE.items()}
    return ways | {
        "retry": Way(ways["failed"].path, "button[name=every]"),
        "person-missing": Way(ways["deliveries"].path, "form.ask button", "nobody@example.org"),
        "correction": Way(f"{SITE}/articles/{filled.corrected}", "form[action$='/correct'] button", NOTE),
        "preview-dark": Way(f"{ways['issue-preview'].path}?view=dark"),
        "preview-text": Way(f"{ways['issue-preview'].path}?view=text"),
        **{name: Way(f"/desk{path}") for name, path in OF_ALL.items()},
    }


def before(filled: Filled, token: str, language: str) -> dict[str, Way]:
    """For somebody who is not logged in; an owner comes in by the token."""
    asked = f"?lang={language}"
    return {
        "login": Way(f"/desk/login{asked}"),
        "welcome": Way(f"/desk/welcome/{filled.welcome}{asked}"),
        "welcome-over": Way(f"/desk/welcome/none{asked}"),
        "enter": Way(f"/desk/enter/{token}{asked}"),
        "enter-over": Way(f"/desk/enter/none{asked}"),
    }


def sit_down(visit: Visit, language: str, address: str = OWNER) -> str:
    """An owner's cookie."""
    with visit.parts.db.reading() as session:
        is_known = session.scalar(select(User.id).where(User.address == address)) is not None
    if is_known:
        return staff.log_in(visit.parts, address, PASSWORD, Browser("", ""), visit.now) or ""
    token = staff.invite(visit.parts, address, Role.OWNER, language, BY, visit.now)
    return staff.accept(visit.parts, token, NAMES[language][0], PASSWORD, Browser("", ""), visit.now) or ""


def with_codes(page: Any, base: str, visit: Visit, language: str) -> Iterator[str]:
    """Turn the second factor of one more owner on, and log them in again: pages that hang together."""
    address = f"phone-{page.viewport_size['width']}@naba.example"
    let_in(page, base, sit_down(visit, language, address))
    page.goto(base + SET_UP)
    secret = page.input_value("input[name=secret]")
    yield "second-factor"
    page.fill("#code", pyotp.TOTP(secret).at(visit.now))
    page.locator("main form button").click()
    page.locator(".codes").wait_for()
    yield "spare-codes"
    let_in(page, base, staff.log_in(visit.parts, address, PASSWORD, Browser("", ""), visit.now) or "")
    page.goto(base + CODE)
    page.locator("#code").wait_for()
    yield "code"


def let_in(page: Any, base: str, cookie: str) -> None:
    """Log whoever has this cookie in, instead of whoever was."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "desk", "value": cookie, "url": base}])


def all_of(page: Any, base: str, filled: Filled, visit: Visit, language: str) -> Iterator[str]:
    """Go from page to page, an owner's first; gives the name of the one that is open."""
    let_in(page, base, sit_down(visit, language))
    for name, way in inside(filled).items():
        go(page, base, way)
        yield name
    page.context.clear_cookies()
    token = break_glass.open_way(visit.parts, OWNER, BY, visit.now)
    for name, way in before(filled, token, language).items():
        go(page, base, way)
        yield name
    yield from with_codes(page, base, visit, language)
