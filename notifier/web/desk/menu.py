"""The desk's menu and its routes, in their order."""

from typing import Final

from fastapi import APIRouter

from notifier.domain.words import Role
from notifier.web.desk import calendar, charts, deliveries, entry, home, log, me, overview, people, second_chance
from notifier.web.desk.frame import Part

MENU: Final = (
    Part("overview", "", Role.ANALYST),
    Part("calendar", "/calendar", Role.ANALYST),
    Part("deliveries", "/deliveries", Role.ANALYST),
    Part("charts", "/charts", Role.ANALYST),
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
    # `/deliveries/search` and `/deliveries/{send}` look alike.
    second_chance.router,
    deliveries.router,
    calendar.router,
    charts.router,
)
