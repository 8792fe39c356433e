"""The OpenAPI document: as FastAPI writes it, and what it leaves out of the answers of errors."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI

from notifier.web.answers import PROBLEM_JSON
from notifier.web.wire import API_PREFIX

ABOUT: Final = (
    "The acts of the desk, for programs with a key of one site. Errors are problem details (RFC 9457) with a sentence "
    "in the caller's language. Lists go on by the `next` of the page before."
)


def written(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What makes the document, once: errors below /api/ are problem details, which no model of FastAPI's says."""
    plain = app.openapi

    def document() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        found = plain()
        if is_new:
            found["info"]["description"] = ABOUT
            for path, operations in found["paths"].items():
                if path.startswith(API_PREFIX):
                    for operation in operations.values():
                        _name_problems(operation["responses"])
        return found

    return document


def _name_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status.startswith("4") and content:
            (said,) = content.values()
            response["content"] = {PROBLEM_JSON: said}
