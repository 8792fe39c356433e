"""What every endpoint needs, made once per process, and how a page finds its language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from notifier.doctor import Report
from notifier.domain.letter import SiteFace
from notifier.parts import Parts
from notifier.web.counting import Hourly
from notifier.web.desk.frame import Frame
from notifier.web.directory import Directory
from notifier.web.limits import Proxies
from notifier.web.look import Look, Voice
from notifier.web.shield import Shield
from notifier.web.wire import Typed, typed


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts of the flow, and what only the web needs."""

    parts: Parts
    clock: Callable[[], datetime]
    shield: Shield
    sign_in_limit: Hourly
    login_limit: Hourly
    directory: Directory
    is_refused: Callable[[str], bool]
    """Whether addresses at a domain (in A-labels) are not taken."""
    proxies: Proxies
    look: Look
    desk: Frame
    doctor: Callable[[], Report]
    """Examines what letters need beyond our own code; takes seconds."""


def edge_of(request: Request) -> Edge:
    """The Edge of the application that got this request."""
    return cast("Edge", request.app.state.edge)


def voice(request: Request, edge: Edge, face: SiteFace | None = None, own: str = "") -> Voice:
    """Whom the answer speaks to: `?lang=`, else the reader's own language, the site's, the browser's."""
    sentences = edge.look.sentences
    tag = own or (face.language if face else "")
    asked = sentences.supported(request.query_params.get("lang"))
    if asked:
        return Voice(asked, face)
    if tag:
        return Voice(sentences.nearest(tag), face)
    return Voice(sentences.accepted(request.headers.get("accept-language", "")), face)


def foreign(request: Request) -> dict[str, str]:
    """The headers that let a page of another origin read this answer, where one may (Fetch, section 3.2)."""
    return dict(getattr(request.state, "foreign", {}))


Here = Annotated[Edge, Depends(edge_of)]
Form = Annotated[Typed, Depends(typed)]
LOOKING = ["GET", "HEAD"]
"""The methods of a page; HEAD answers like GET, and neither changes anything."""
