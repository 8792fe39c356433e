"""What every way into the desk shares: its page, whose form it was, and where to go on to."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from notifier.desk.sittings import Browser
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX
from notifier.web.edge import Edge
from notifier.web.problems import Problem

FOREIGN: Final = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody before the door: what they typed, where they want to go, and the key of what went wrong."""

    onward: str = PREFIX
    address: str = ""
    error: str = ""
    status: int = HTTPStatus.OK


def login_page(edge: Edge, language: str, knock: Knock) -> Response:
    """The entry page, with whatever ways in there are."""
    ways = ways_in(edge)
    named = {"name": ways["provider"]} if knock.error.startswith("sso.") else {}
    return edge.desk.page("login", Scene(language), status=knock.status, knock=knock, named=named, **ways)


def ways_in(edge: Edge) -> dict[str, object]:
    """For a template: what the provider is called ("" for none), and whether a password lets anybody in."""
    name = edge.provider.name if edge.provider else ""
    return {"provider": name, "asks_password": not edge.parts.settings.oidc_require}


def refuse_foreign(request: Request) -> None:
    """Before a sitting there is no token to ask for: the browser itself says whose form it was (Fetch Metadata)."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    is_elsewhere = bool(origin) and origin != request.headers.get("host", "")
    if request.headers.get("sec-fetch-site", "") in FOREIGN or is_elsewhere:
        raise Problem(HTTPStatus.FORBIDDEN, "error_foreign_form")


def refuse_haste(edge: Edge, *who: str) -> None:
    """Count a try of each of these, an address in the net or a name; too many in an hour are refused."""
    now = edge.clock()
    if not all(edge.login_limit.allows(one, now) for one in who):
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers={"Retry-After": "3600"})


def inside(path: str) -> str:
    """A path of the desk to go on to, nothing else."""
    is_ours = path == PREFIX or path.startswith(f"{PREFIX}/")
    return path if is_ours and "\\" not in path and not path.startswith(f"{PREFIX}/logout") else PREFIX


def browser_of(request: Request, edge: Edge) -> Browser:
    """Where somebody logs in from."""
    return Browser(edge.proxies.client_ip(request), request.headers.get("user-agent", ""))


def language_of(request: Request, edge: Edge) -> str:
    """What to speak to somebody whom we do not know yet."""
    sentences = edge.look.sentences
    asked = sentences.supported(request.query_params.get("lang"))
    return asked or sentences.accepted(request.headers.get("accept-language", ""))


def see(path: str) -> Response:
    """Go there."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
