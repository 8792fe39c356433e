"""What every page about an issue begins with: the site, the issue, who asks; and how a refused act is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import Response
from starlette.responses import RedirectResponse

from notifier.domain.issues import IssueRefused
from notifier.issues import reading
from notifier.issues.rows import Which
from notifier.models import Issue, Site
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX, Entered, scene
from notifier.web.edge import Edge
from notifier.web.problems import Problem

ISSUES: Final = f"{PREFIX}/at/{{site}}/issues"


@dataclass(frozen=True, slots=True)
class Ground:
    """A site at the desk, and where its issues' pages are."""

    scene: Scene
    site: Site
    root: str

    def page(self, issue_id: int, part: str = "") -> str:
        """The path of a page of an issue."""
        return f"{self.root}/{issue_id}{part}"


def ground(edge: Edge, entered: Entered, slug: str) -> Ground:
    """The site of this slug. Raises Problem where there is none."""
    here = scene(edge, entered, "issues", slug)
    with edge.parts.db.reading() as session:
        return Ground(here, reading.site_of(session, slug), f"{PREFIX}/at/{slug}/issues")


def the_issue(edge: Edge, on: Ground, issue_id: int) -> Issue:
    """One of the site's issues. Raises Problem: 404 for any other."""
    with edge.parts.db.reading() as session:
        try:
            return reading.one(session, on.site.id, issue_id)
        except LookupError:
            raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None


def which(edge: Edge, entered: Entered, on: Ground, issue_id: int) -> Which:
    """The issue as the acts take it."""
    return Which(on.site.id, issue_id, entered.seat.actor, edge.clock())


def act(on: Ground, of: Which, done: Callable[[], object], then: str = "") -> Response:
    """Do it and go on to a page of the issue, with the sentence that says why where it is refused."""
    try:
        done()
    except IssueRefused as refusal:
        return see(f"{on.page(of.issue_id, then)}?refused={refusal.key}")
    except LookupError:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found") from None
    return see(on.page(of.issue_id, then))


def see(path: str) -> Response:
    """Go on to a page."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
