"""The desk's menu and its routes, in their order."""

from typing import Final

from fastapi import APIRouter

from notifier.domain.desk_words import Role
from notifier.web.desk import (
    acts,
    articles,
    calendar,
    charts,
    deliveries,
    doctor,
    enter,
    entry,
    home,
    imports,
    log,
    me,
    overview,
    people,
    reader,
    second_chance,
    single_sign_on,
    subscribers,
    suppressions,
)
from notifier.web.desk.frame import Part
from notifier.web.desk.issues import composing, listing, looking, sending
from notifier.web.desk.setup import accounts, identity, keys, sources, templates, webhooks

MENU: Final = (
    Part("overview", "", Role.ANALYST),
    Part("issues", "/issues", Role.ANALYST),
    Part("articles", "/articles", Role.ANALYST),
    Part("calendar", "/calendar", Role.ANALYST),
    Part("deliveries", "/deliveries", Role.ANALYST),
    Part("charts", "/charts", Role.ANALYST),
    Part("subscribers", "/subscribers", Role.ANALYST),
    Part("setup", "/setup", Role.EDITOR),
    Part("people", "/people", Role.OWNER, is_of_site=False),
    Part("doctor", "/doctor", Role.OWNER, is_of_site=False),
    Part("log", "/log", Role.OWNER, is_of_site=False),
)
ROUTERS: Final[tuple[APIRouter, ...]] = (
    entry.router,
    single_sign_on.router,
    enter.router,
    me.router,
    people.router,
    log.router,
    doctor.router,
    home.router,
    overview.router,
    subscribers.router,
    acts.router,
    reader.router,
    suppressions.router,
    imports.router,
    listing.router,
    composing.router,
    looking.router,
    sending.router,
    articles.router,
    # `/deliveries/search` and `/deliveries/{send}` look alike.
    second_chance.router,
    deliveries.router,
    calendar.router,
    charts.router,
    identity.router,
    sources.router,
    templates.router,
    accounts.router,
    keys.router,
    webhooks.router,
)
