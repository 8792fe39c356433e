"""Coming in by an account at a provider: off to it, and back with its answer."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response

from notifier import single_sign_on
from notifier.desk.provider import wish as wishes
from notifier.desk.provider.account import NotProven
from notifier.desk.provider.wish import Answer, Wish, new_wish
from notifier.domain.desk_words import NoEntry
from notifier.web.desk.door import Knock, browser_of, inside, language_of, login_page, refuse_haste, see
from notifier.web.desk.gate import PREFIX, cookie_name, give_cookie, is_secure
from notifier.web.edge import Edge, Here
from notifier.web.problems import Problem

if TYPE_CHECKING:
    from notifier.desk.provider.client import Provider

BACK: Final = f"{PREFIX}/sso/back"
"""Registered with the provider, behind the base URL, to the letter."""
COOKIE: Final = "desk-sso"
_SENTENCES: Final = {
    NoEntry.AWAY: ("sso.away", HTTPStatus.SERVICE_UNAVAILABLE),
    NoEntry.STALE: ("sso.stale", HTTPStatus.BAD_REQUEST),
    NoEntry.BROKEN_OFF: ("sso.broken_off", HTTPStatus.FORBIDDEN),
    NoEntry.UNVERIFIED: ("sso.unverified", HTTPStatus.FORBIDDEN),
    NoEntry.UNKNOWN: ("sso.unknown", HTTPStatus.FORBIDDEN),
    NoEntry.DISABLED: ("sso.unknown", HTTPStatus.FORBIDDEN),
    NoEntry.BOUND_OTHERWISE: ("sso.bound_otherwise", HTTPStatus.FORBIDDEN),
}
# What the answer was wrong in is for the log, not for whoever made it.
_UNPROVEN: Final = ("sso.refused", HTTPStatus.FORBIDDEN)

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("/sso")
def begin(request: Request, edge: Here) -> Response:
    """Send the browser to the provider, with a question that only this browser can bring the answer to."""
    now = edge.clock()
    wish = new_wish(inside(request.query_params.get("next", "")), language_of(request, edge), now)
    try:
        answer = see(_provider(edge).address_for(wish, now))
    except NotProven as fault:
        return _refused(edge, wish.language, wish.onward, fault.why)
    answer.set_cookie(
        cookie_name(edge, COOKIE), wishes.sealed(wish, edge.parts.sealer), path="/", httponly=True, samesite="lax",
        secure=is_secure(edge), max_age=int(wishes.LASTS.total_seconds()),
    )  # fmt: skip
    return answer


@router.get("/sso/back")
def come_back(request: Request, edge: Here) -> Response:
    """Sit down if the provider's answer proves who it is, and the desk knows them."""
    provider, now, said = _provider(edge), edge.clock(), request.query_params
    refuse_haste(edge, edge.proxies.client_ip(request))
    cookie = request.cookies.get(cookie_name(edge, COOKIE), "")
    wish = wishes.opened(cookie, edge.parts.sealer, now)
    answer = Answer(said.get("state", ""), said.get("code", ""), said.get("iss", ""), said.get("error", ""))
    try:
        page = give_cookie(edge, see(wish.onward if wish else PREFIX), _enter(request, edge, provider, wish, answer))
    except NotProven as fault:
        single_sign_on.refuse(edge.parts, fault.why, now)
        language = wish.language if wish else language_of(request, edge)
        page = _refused(edge, language, wish.onward if wish else PREFIX, fault.why)
    page.delete_cookie(cookie_name(edge, COOKIE), path="/", httponly=True, samesite="lax", secure=is_secure(edge))
    return page


def _enter(request: Request, edge: Edge, provider: "Provider", wish: Wish | None, answer: Answer) -> str:
    if wish is None:
        raise NotProven(NoEntry.STALE)
    now = edge.clock()
    account = provider.account(wish, answer, now)
    return single_sign_on.enter(edge.parts, account, browser_of(request, edge), now)


def _refused(edge: Edge, language: str, onward: str, why: NoEntry) -> Response:
    error, status = _SENTENCES.get(why, _UNPROVEN)
    return login_page(edge, language, Knock(onward, error=error, status=status))


def _provider(edge: Edge) -> "Provider":
    if edge.provider is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return edge.provider
