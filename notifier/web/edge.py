"""What every endpoint needs, made once per process, and how a page finds its language."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, cast
from urllib.parse import urlencode

from fastapi import Depends, Request

from notifier.doctor import Report
from notifier.domain.letter import SiteFace
from notifier.parts import Parts
from notifier.web.counting import Hourly
from notifier.web.crowd import Wish
from notifier.web.desk.frame import Frame
from notifier.web.directory import Directory
from notifier.web.limits import Proxies
from notifier.web.look import Look, Voice
from notifier.web.shield import Shield, Verdict
from notifier.web.wire import Typed, typed

if TYPE_CHECKING:
    # What it imports is there only with the extra `oidc`.
    from notifier.desk.provider.client import Provider


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts of the flow, and what only the web needs."""

    parts: Parts
    clock: Callable[[], datetime]
    shield: Shield
    crowd: Callable[[Wish], Awaitable[Verdict]]
    """Counts and notes a sign-up, together with those that came at the same time."""
    sign_in_limit: Hourly
    login_limit: Hourly
    directory: Directory
    is_refused: Callable[[str], bool]
    """Whether addresses at a domain (in A-labels) are not taken."""
    proxies: Proxies
    look: Look
    desk: Frame
    pictures: Callable[[str], bytes | None]
    """What lies at an address, where it is a picture and can be fetched now."""
    doctor: Callable[[], Report]
    """Examines what letters need beyond our own code; takes seconds."""
    provider: "Provider | None" = None
    """Whose accounts may log in at the desk, where the settings name somebody."""


def edge_of(request: Request) -> Edge:
    """The Edge of the application that got this request."""
    return cast("Edge", request.app.state.edge)


def voice(request: Request, edge: Edge, face: SiteFace | None = None, own: str = "") -> Voice:
    """Whom the answer speaks to: `?lang=`, else the reader's own language, the site's, the browser's."""
    sentences = edge.look.sentences
    tag = own or (face.language if face else "")
    asked = sentences.supported(request.query_params.get("lang"))
    if asked:
        language = asked
    elif tag:
        language = sentences.nearest(tag)
    else:
        language = sentences.accepted(request.headers.get("accept-language", ""))
    return Voice(language, face, asked or "", _others(request, edge))


def languages(edge: Edge) -> list[tuple[str, str]]:
    """Every language that both pages and letters speak, and its own name for itself."""
    sentences = edge.look.sentences
    spoken = [language for language in sentences.languages if language in edge.parts.renderer.languages]
    return [(language, sentences.plain(language, "language_name")) for language in spoken]


def _others(request: Request, edge: Edge) -> tuple[tuple[str, str, str], ...]:
    # What a form was answered with has no address of its own: a link would lead back to the form.
    if request.method not in LOOKING:
        return ()
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _NOT_KEPT]
    return tuple((tag, name, "?" + urlencode([*kept, ("lang", tag)])) for tag, name in languages(edge))


def foreign(request: Request) -> dict[str, str]:
    """The headers that let a page of another origin read this answer, where one may (Fetch, section 3.2)."""
    return dict(getattr(request.state, "foreign", {}))


async def _here(request: Request) -> Edge:
    return edge_of(request)


Here = Annotated[Edge, Depends(_here)]
Form = Annotated[Typed, Depends(typed)]
_NOT_KEPT: Final = frozenset({"lang", "done", "part", "undo"})
"""Of the last act, and what it told, no link tells again."""
LOOKING = ["GET", "HEAD"]
"""The methods of a page; HEAD answers like GET, and neither changes anything."""
