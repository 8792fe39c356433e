"""The web application: routes in their order, and nothing that runs before its turn."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final

from fastapi import APIRouter, FastAPI, Response
from starlette.middleware import Middleware

from notifier import assembly, clock
from notifier.parts import Parts
from notifier.settings import Settings, templates_dir
from notifier.web import api, development, hooks, inbound, links, old_links, pages, pictures, preferences, probes
from notifier.web.answers import answer_errors
from notifier.web.edge import LOOKING, Edge
from notifier.web.limits import Proxies, SignupLimit
from notifier.web.look import STATIC, Look
from notifier.web.wire import BodyLimit

_FILES: Final = {"pages.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def make() -> FastAPI:
    """For uvicorn: `uvicorn --factory notifier.web.app:make --no-access-log --no-proxy-headers`."""
    parts = assembly.parts()
    path = parts.settings.inbox_path
    return create_app(parts, development.router(path) if path else None)


def create_app(parts: Parts, inbox: APIRouter | None = None, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The application; `inbox` is the development inbox's pages, where there is one."""
    knobs = parts.settings
    edge = Edge(
        parts=parts,
        clock=now,
        signup_limit=SignupLimit(
            knobs.redis_url.get_secret_value(), knobs.secret_key.get_secret_value(), knobs.signups_per_ip_h
        ),
        proxies=Proxies(knobs.trusted_proxies),
        look=Look(templates_dir()),
    )
    app = FastAPI(
        title="notifier",
        # The stock documentation page loads scripts from elsewhere; the schema itself is enough for tools.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
        middleware=[_limit(knobs)],
        lifespan=_closing(edge),
    )
    app.state.edge = edge
    answer_errors(app)
    for router in _routers(parts, inbox):
        app.include_router(router)
    return app


def _routers(parts: Parts, inbox: APIRouter | None) -> list[APIRouter]:
    # `/{site}/subscribe` and `/p/{token}` look alike: a site may be called "p", a token never "subscribe".
    routers = (
        probes.router,
        api.router,
        hooks.router,
        inbound.router,
        _files(),
        inbox,
        pages.router,
        pictures.router(parts.fetch),
        links.router,
        old_links.router,
        preferences.router,
    )
    return [router for router in routers if router is not None]


def _limit(knobs: Settings) -> Middleware:
    return Middleware(BodyLimit, api_bytes_max=knobs.item_bytes_max, inbound_bytes_max=knobs.inbound_bytes_max)


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

    return lifespan
