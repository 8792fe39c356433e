"""The desk's menu and its routes, in their order."""

from typing import Final

from fastapi import APIRouter

from notifier.domain.words import Role
from notifier.web.desk import doctor, entry, home, log, me, overview, people
from notifier.web.desk.frame import Part

MENU: Final = (
    Part("overview", "", Role.ANALYST),
    Part("people", "/people", Role.OWNER, is_of_site=False),
    Part("doctor", "/doctor", Role.OWNER, is_of_site=False),
    Part("log", "/log", Role.OWNER, is_of_site=False),
)
ROUTERS: Final[tuple[APIRouter, ...]] = (
    entry.router,
    me.router,
    people.router,
    log.router,
    doctor.router,
    home.router,
    overview.router,
)
