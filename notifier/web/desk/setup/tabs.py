"""What the pages of the set-up share: their row of tabs, the site they are about, and a frame for letters."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from notifier.domain.desk_words import Role
from notifier.models import Site
from notifier.web.desk.gate import PREFIX, Entered, scene
from notifier.web.edge import Edge
from notifier.web.look import LETTER_CSP, PLAIN_HEADERS
from notifier.web.problems import Problem

ROOT: Final = f"{PREFIX}/at/{{site}}/setup"
TABS: Final = (
    ("identity", "", Role.EDITOR),
    ("sources", "/sources", Role.EDITOR),
    ("templates", "/templates", Role.EDITOR),
    ("accounts", "/accounts", Role.OWNER),
    ("keys", "/keys", Role.OWNER),
    ("webhooks", "/webhooks", Role.OWNER),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A request about one site's set-up."""

    edge: Edge
    entered: Entered
    slug: str
    tab: str

    @property
    def is_owner(self) -> bool:
        """Whether who looks may also change what owners change."""
        return self.entered.seat.role is Role.OWNER

    def page(self, name: str, /, *, status: int = 200, error: str = "", **values: Any) -> HTMLResponse:  # noqa: ANN401 - a template takes what it says
        """A page below the tabs; with an error, 422."""
        here = scene(self.edge, self.entered, "setup", self.slug)
        may = self.entered.seat.role.may_act_as
        tabs = [(key, path) for key, path, role in TABS if may(role)]
        return self.edge.desk.page(
            f"setup/{name}", here, status=HTTPStatus.UNPROCESSABLE_ENTITY if error else status, tabs=tabs, tab=self.tab,
            root=f"{PREFIX}/at/{self.slug}/setup", is_owner=self.is_owner, error=error, **values,
        )  # fmt: skip

    def back(self, path: str = "", said: str = "") -> Response:
        """To a page of the set-up, which says that it is done."""
        query = f"?said={said}" if said else ""
        return RedirectResponse(f"{PREFIX}/at/{self.slug}/setup{path}{query}", HTTPStatus.SEE_OTHER)

    def site(self) -> Site:
        """The site. Raises Problem."""
        with self.edge.parts.db.reading() as session:
            site = session.scalar(select(Site).where(Site.slug == self.slug))
        if site is None:
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
        return site


def missing() -> Problem:
    """What a number or a word in the path leads nowhere to."""
    return Problem(HTTPStatus.NOT_FOUND, "error_not_found")


def framed(html: str) -> Response:
    """A letter for a frame of ours: nothing in it runs, and its links open elsewhere."""
    policy = LETTER_CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return HTMLResponse(html, headers={**PLAIN_HEADERS, "Content-Security-Policy": policy})
