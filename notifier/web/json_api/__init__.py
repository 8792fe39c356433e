"""All but items and sign-ups by the JSON API: the acts of the desk, for programs with a key."""

from notifier.web.json_api import (
    acts,
    calendar,
    deliveries,
    imports,
    keys,
    readers,
    templates,
    webhooks,
)

ROUTERS = (
    readers.router,
    acts.router,
    imports.router,
    deliveries.router,
    calendar.router,
    webhooks.router,
    keys.router,
    templates.router,
)

__all__ = ["ROUTERS"]
