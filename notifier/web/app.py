"""The web application: routes in their order, and nothing that runs before its turn."""

import atexit
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI, Response
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from notifier import assembly, clock
from notifier.doctor import examine, ward_of
from notifier.parts import Parts
from notifier.ringer import Ringer
from notifier.rounds import Rounds
from notifier.settings import Settings, templates_dir
from notifier.shared import Shared
from notifier.web import (
    api,
    archive,
    corrections,
    development,
    document,
    feedback,
    hooks,
    inbound,
    issue_api,
    json_api,
    links,
    mutes,
    old_links,
    pages,
    pictures,
    preferences,
    probes,
    sign_in,
    signups,
    traces,
    tracking,
    visits,
    widget,
)
from notifier.web import own as own_pages
from notifier.web.answers import answer_errors
from notifier.web.counting import Counts, Hourly
from notifier.web.crowd import noting
from notifier.web.desk import menu, single_sign_on
from notifier.web.desk.frame import Frame
from notifier.web.directory import Directory
from notifier.web.edge import LOOKING, Edge
from notifier.web.limits import Proxies
from notifier.web.look import STATIC, Look
from notifier.web.refused import refusing
from notifier.web.shield import Shield
from notifier.web.squeezing import Squeezed
from notifier.web.wire import BodyLimit

if TYPE_CHECKING:
    from notifier.desk.provider.client import Provider

LOGINS_PER_H: Final = 20
"""Passwords, or codes, that one address, network or user may try in an hour."""
_FILES: Final = {
    "pages.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "issues.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "correction.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "setup.js": "text/javascript; charset=utf-8",
}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def make() -> FastAPI:
    """For uvicorn: `uvicorn --factory notifier.web.app:make --no-access-log --no-proxy-headers`."""
    parts = assembly.parts()
    ringer = Ringer(parts.bell)
    atexit.register(ringer.close)
    parts = replace(parts, bell=ringer)
    path = parts.settings.inbox_path
    return create_app(parts, development.router(path) if path else None)


def create_app(parts: Parts, inbox: APIRouter | None = None, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The application; `inbox` is the development inbox's pages, where there is one."""
    shared = Shared(parts.settings.redis_url.get_secret_value())
    app = FastAPI(
        title="notifier",
        # The stock documentation page loads scripts from elsewhere; the schema itself is enough for tools.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
        middleware=[Middleware(Squeezed), _limit(parts.settings)],
        lifespan=_closing(shared),
    )
    app.state.edge = _edge(parts, shared, now)
    answer_errors(app)
    first, last = _table()
    app.routes.extend(first)
    if inbox is not None:
        app.include_router(inbox)
    app.routes.extend(last)
    app.openapi = document.written(app)  # type: ignore[method-assign]  # as FastAPI's own guide does it
    return app


def _limit(knobs: Settings) -> Middleware:
    return Middleware(BodyLimit, api_bytes_max=knobs.item_bytes_max, inbound_bytes_max=knobs.inbound_bytes_max)


@cache
def _table() -> tuple[list[BaseRoute], list[BaseRoute]]:
    """The routes before the development inbox's and those after it, which are tried in turn: where a crowd comes first.

    Made once a process, for it takes half a second to work out what they ask of a request.
    """
    first = (probes, pages, api, corrections, visits, signups, hooks)
    # `/issues/{issue}/test` and `/issues/{issue}/{act}` look alike.
    acts = (*json_api.ROUTERS, issue_api.router, inbound.router, feedback.router)
    # `/{site}/subscribe` and `/p/{token}` look alike: a site may be called "p", a token never "subscribe".
    last = (archive, pictures, traces, links, mutes, old_links, sign_in, own_pages, preferences, tracking)
    return (
        _worked_out([*(one.router for one in first), *acts, _files(), *menu.ROUTERS, widget.router]),
        _worked_out([one.router for one in last]),
    )


def _worked_out(routers: Sequence[APIRouter]) -> list[BaseRoute]:
    """Their routes, already asked once: else the first visitor of each process would wait for it."""
    table = APIRouter()
    for router in routers:
        table.include_router(router)
    for route in table.routes:
        route.matches({"type": "http", "method": "GET", "path": "/", "headers": []})
    return table.routes


def _edge(parts: Parts, shared: Shared, now: Callable[[], datetime]) -> Edge:
    knobs = parts.settings
    counts = Counts(shared, knobs.secret_key.get_secret_value())
    shield = Shield(knobs, parts.signer, counts)
    return Edge(
        parts=parts,
        clock=now,
        shield=shield,
        crowd=Rounds(noting(parts, shield, now)),
        sign_in_limit=Hourly(counts, "sign-in", knobs.signups_per_ip_h),
        login_limit=Hourly(counts, "login", LOGINS_PER_H),
        directory=Directory(parts),
        is_refused=refusing(knobs.signup_refuse_disposable, knobs.signup_refused_domains),
        proxies=Proxies(knobs.trusted_proxies),
        look=_look(templates_dir()),
        desk=_frame(templates_dir()),
        pictures=pictures.shelf(parts.fetch).get,
        doctor=lambda: examine(ward_of(parts)),
        provider=_provider(knobs),
    )


@cache
def _look(templates: Path) -> Look:
    return Look(templates)


@cache
def _frame(templates: Path) -> Frame:
    return Frame(templates, menu.MENU)


def _provider(knobs: Settings) -> "Provider | None":
    if not knobs.oidc_issuer:
        return None
    from notifier.desk.provider.client import Provider  # noqa: PLC0415 - the extra `oidc` brings what it imports

    return Provider(knobs, knobs.base_url + single_sign_on.BACK)


@cache
def _files() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for name, kind in _FILES.items():
        router.add_api_route(f"/static/{name}", _file(name, kind), methods=LOOKING)
    return router


def _file(name: str, kind: str) -> Callable[[], Response]:
    body = (STATIC / name).read_bytes()
    return lambda: Response(body, media_type=kind, headers=_FOREVER)


def _closing(shared: Shared) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        shared.close()

    return lifespan
