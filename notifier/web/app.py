"""The web application: routes in their order, and nothing that runs before its turn."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final

from fastapi import APIRouter, FastAPI, Response
from starlette.middleware import Middleware

from notifier import assembly, clock
from notifier.parts import Parts
from notifier.settings import templates_dir
from notifier.web import api, development, hooks, links, mutes, old_links, pages, pictures, preferences, probes, visits
from notifier.web.answers import answer_errors
from notifier.web.desk import menu
from notifier.web.desk.frame import Frame
from notifier.web.edge import LOOKING, Edge
from notifier.web.limits import Proxies, SignupLimit
from notifier.web.look import STATIC, Look
from notifier.web.wire import BodyLimit

LOGINS_PER_H: Final = 20
"""Passwords, or codes, that one address, network or user may try in an hour."""
_FILES: Final = {
    "pages.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "live.js": "text/javascript; charset=utf-8",
}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def make() -> FastAPI:
    """For uvicorn: `uvicorn --factory notifier.web.app:make --no-access-log --no-proxy-headers`."""
    parts = assembly.parts()
    path = parts.settings.inbox_path
    return create_app(parts, development.router(path) if path else None)


def create_app(parts: Parts, inbox: APIRouter | None = None, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The application; `inbox` is the development inbox's pages, where there is one."""
    knobs = parts.settings
    counted = knobs.redis_url.get_secret_value(), knobs.secret_key.get_secret_value()
    edge = Edge(
        parts=parts,
        clock=now,
        signup_limit=SignupLimit(*counted, knobs.signups_per_ip_h),
        login_limit=SignupLimit(*counted, LOGINS_PER_H, "login"),
        proxies=Proxies(knobs.trusted_proxies),
        look=Look(templates_dir()),
        desk=Frame(templates_dir(), menu.MENU),
    )
    app = FastAPI(
        title="notifier",
        # The stock documentation page loads scripts from elsewhere; the schema itself is enough for tools.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
        middleware=[Middleware(BodyLimit, api_bytes_max=knobs.item_bytes_max)],
        lifespan=_closing(edge),
    )
    app.state.edge = edge
    answer_errors(app)
    for router in _routers(parts, inbox):
        app.include_router(router)
    return app


def _routers(parts: Parts, inbox: APIRouter | None) -> Iterator[APIRouter]:
    yield from (probes.router, api.router, visits.router, hooks.router, _files(), *menu.ROUTERS)
    if inbox is not None:
        yield inbox
    # `/{site}/subscribe` and `/p/{token}` look alike: a site may be called "p", a token never "subscribe".
    yield from (pages.router, pictures.router(parts.fetch), links.router, mutes.router)
    yield from (old_links.router, preferences.router)


def _files() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for name, kind in _FILES.items():
        router.add_api_route(f"/static/{name}", _file(name, kind), methods=LOOKING)
    return router


def _file(name: str, kind: str) -> Callable[[], Response]:
    body = (STATIC / name).read_bytes()
    return lambda: Response(body, media_type=kind, headers=_FOREVER)


def _closing(edge: Edge) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        edge.signup_limit.close()
        edge.login_limit.close()

    return lifespan
