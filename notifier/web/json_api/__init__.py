"""Readers, lists, webhooks, keys and templates by the JSON API: the acts of the desk, for programs with a key."""

from notifier.web.json_api import acts, imports, keys, readers, templates, webhooks

ROUTERS = (readers.router, acts.router, imports.router, webhooks.router, keys.router, templates.router)

__all__ = ["ROUTERS"]
