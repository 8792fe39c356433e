"""The desk of `naba` beside a provider of accounts that answers on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from notifier import staff
from notifier.desk.audit import Actor
from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, Binding, User
from tests.desk.conftest import Desk
from tests.desk.single_sign_on.small_provider import ADDRESS, CLIENT_ID, CLIENT_SECRET, SmallProvider, serving

COOKIE = "__Host-desk-sso"


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    """The provider, which answers."""
    found = SmallProvider()
    with serving(found):
        yield found


@pytest.fixture
def knobs(provider: SmallProvider, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings that name it; a test changes more by indirect parameters."""
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_name": "Rafidain ID",
        **getattr(request, "param", {}),
    }


@dataclass
class Newsroom:
    """The desk, its provider, and a browser before both."""

    desk: Desk
    provider: SmallProvider
    browser: TestClient

    def invite(self, address: str = ADDRESS, role: Role = Role.EDITOR) -> str:
        """Have a user; gives the invitation's token."""
        return staff.invite(self.desk.visit.parts, address, role, "en", Actor("cli"), self.desk.visit.now)

    def begin(self, onward: str = "") -> str:
        """Press the button; gives the provider's address."""
        answer = self.browser.get(f"/desk/sso{onward}", follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def back(self, brought: dict[str, str]) -> Response:
        """Come back with what the provider gave."""
        return self.browser.get("/desk/sso/back", params=brought, follow_redirects=False)

    def log_in(self, **claims: Any) -> Response:
        """All of it."""
        return self.back(self.provider.visit(self.begin(), **claims))

    def is_in(self) -> bool:
        """Whether the browser is logged in, completely."""
        return self.browser.get("/desk/me", follow_redirects=False).status_code == 200

    def user(self) -> User:
        """The user of the usual address."""
        with self.desk.visit.parts.db.reading() as session:
            return session.scalars(select(User).where(User.address == ADDRESS)).one()

    def bound(self) -> list[tuple[int, str]]:
        """Whose which account is."""
        with self.desk.visit.parts.db.reading() as session:
            return [(row.user_id, row.subject) for row in session.scalars(select(Binding).order_by(Binding.id))]

    def log(self) -> list[str]:
        """What stands in the log after the invitations: actions, and why somebody was refused."""
        with self.desk.visit.parts.db.reading() as session:
            lines = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        told = [" ".join([line.action, *filter(None, [line.detail.get("why", "")])]) for line in lines]
        return [one for one in told if one != "user.invited"]


@pytest.fixture
def newsroom(desk: Desk, provider: SmallProvider) -> Newsroom:
    """A newsroom with nobody in it yet; the provider's clock is the desk's."""
    provider.now = lambda: desk.visit.now
    browser = desk.browser()
    browser.headers["Accept-Language"] = "en"
    return Newsroom(desk, provider, browser)
