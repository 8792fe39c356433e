"""A desk with an owner, and browsers before it."""

import re
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from httpx2 import Response

from notifier import staff
from notifier.desk import passwords
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser
from notifier.domain.desk_words import Role
from tests.web.conftest import Visit, database_url, knobs, postgresql_naba, sqlite_naba, visit

# Imported, for a plugin's fixtures give way to the root conftest's: the desk of these tests would have no site.
__all__ = ["database_url", "knobs", "postgresql_naba", "sqlite_naba", "visit"]
PASSWORD = "ركض الغزال بين النخيل"
IN_EARNEST = passwords._HASHER  # noqa: SLF001 - the tests have a cheaper one in its place


@dataclass
class Somebody:
    """A browser in which somebody is logged in."""

    visit: Visit
    client: TestClient
    user_id: int
    _known: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Response:
        """A page of the desk."""
        return self.client.get(f"/desk{path}", follow_redirects=False)

    def post(self, path: str, **form: str) -> Response:
        """Send a form of the desk, with the token that its pages carry."""
        return self.client.post(f"/desk{path}", data={"csrf": self.csrf(), **form}, follow_redirects=False)

    def csrf(self) -> str:
        """The token, as a form of theirs has it; looked up once a sitting."""
        sitting = self.client.cookies.get("__Host-desk") or ""
        if sitting not in self._known:
            pages = (self.client.get(f"/desk/{page}").text for page in ("me", "code"))
            found = next(filter(None, (re.search(r'name="csrf" value="([0-9a-f]+)"', page) for page in pages)))
            self._known[sitting] = found[1]
        return self._known[sitting]


@dataclass
class Desk:
    """The desk of the site `naba`."""

    visit: Visit

    def add(self, role: Role, address: str = "") -> Somebody:
        """Invite somebody, let them accept, and give their browser."""
        parts, now = self.visit.parts, self.visit.now
        address = address or f"{role.value}@naba.example"
        token = staff.invite(parts, address, role, "ar", Actor("cli"), now)
        cookie = staff.accept(parts, token, role.value, PASSWORD, Browser("", "test"), now)
        assert cookie
        seat = staff.seat(parts, cookie, now)
        assert seat
        client = self.browser()
        client.cookies.set("__Host-desk", cookie)
        return Somebody(self.visit, client, seat.user_id)

    def browser(self) -> TestClient:
        """A browser in which nobody is logged in."""
        client = TestClient(self.visit.client.app, base_url="https://testserver", raise_server_exceptions=False)
        client.portal = self.visit.client.portal  # One event loop for all: each request would start its own.
        return client


@pytest.fixture(autouse=True)
def _passwords_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as ever, in a thousandth of the time: what it costs in earnest is for `test_entry` to say."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def desk(visit: Visit) -> Desk:
    """The desk."""
    return Desk(visit)
