"""The desk's menu and its routes, in their order."""

from typing import Final

from fastapi import APIRouter

from notifier.domain.words import Role
from notifier.web.desk import entry, home, log, me, overview, people
from notifier.web.desk.frame import Part
from notifier.web.desk.setup import accounts, identity, keys, sources, templates, webhooks

MENU: Final = (
    Part("overview", "", Role.ANALYST),
    Part("setup", "/setup", Role.EDITOR),
    Part("people", "/people", Role.OWNER, is_of_site=False),
    Part("log", "/log", Role.OWNER, is_of_site=False),
)
ROUTERS: Final[tuple[APIRouter, ...]] = (
    entry.router,
    me.router,
    people.router,
    log.router,
    home.router,
    overview.router,
    identity.router,
    sources.router,
    templates.router,
    accounts.router,
    keys.router,
    webhooks.router,
)
