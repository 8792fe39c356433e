"""All but items and sign-ups by the JSON API: the acts of the desk, for programs with a key."""

from notifier.web.json_api import (
    accounts,
    acts,
    calendar,
    charts,
    deliveries,
    health,
    identity,
    imports,
    issue_looks,
    keys,
    readers,
    sources,
    suppressions,
    templates,
    webhooks,
)

ROUTERS = (
    readers.router,
    acts.router,
    imports.router,
    suppressions.router,
    deliveries.router,
    calendar.router,
    issue_looks.router,
    charts.router,
    health.router,
    identity.router,
    sources.router,
    accounts.router,
    webhooks.router,
    keys.router,
    templates.router,
)

__all__ = ["ROUTERS"]
