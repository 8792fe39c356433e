"""What went wrong, as one value: a status and the key of a sentence; pages and the API each say it their way."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from notifier.db import is_passing
from notifier.domain.letter import SiteFace
from notifier.rounds import Crowded

DESK: Final = "desk:"
"""Before a key: it stands in the strings of the desk."""
FIELD_MAX: Final = 200
AGAIN_S: Final = 10
_PLACES: Final = ("body", "path", "query")
_LIMITS: Final = ("max_length", "le", "ge")
_BY_STATUS: Final = {
    400: "error_bad_request",
    404: "error_not_found",
    405: "error_method",
    413: "error_too_large",
}
_BY_TYPE: Final = {
    "missing": "error_missing",
    "extra_forbidden": "error_unknown_field",
    "string_too_long": "error_too_long",
    "too_long": "error_too_many_values",
    "string_too_short": "error_empty",
    "string_unicode": "error_characters",
    "string_pattern_mismatch": "error_pattern",
    "enum": "error_choice",
    "greater_than_equal": "error_range",
    "less_than_equal": "error_range",
    "timezone_aware": "error_naive_datetime",
    "model_attributes_type": "error_not_an_object",
    "model_type": "error_not_an_object",
}


class Problem(HTTPException):
    """Refuses a request. An HTTPException because only those pass through FastAPI's reading of a body."""

    again = ""
    """Of a session that ran out: what its form for a new link carries."""
    language = ""
    """The reader's own, where it is known."""
    title = ""
    """The key of its heading, where it has one of its own."""
    leads_to_sign_in = False
    """Whether its page offers the one where a sign-in link is asked for."""

    def __init__(
        self,
        status: int,
        key: str,
        *,
        field: str = "",
        values: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        face: SiteFace | None = None,
    ) -> None:
        super().__init__(status, detail=key, headers=headers)
        self.desk_key = key.removeprefix(DESK) if key.startswith(DESK) else ""
        """Where the desk's strings have the sentence."""
        self.key = self.desk_key.rpartition(".")[2] or key
        self.field = field
        self.values = dict(values or {})
        self.face = face
        self.more: dict[str, Any] = {}
        """What an answer in JSON tells besides (RFC 9457, section 3.2)."""


class SessionOver(Problem):
    """A session that ran out a while ago: one press sends its reader a new link."""

    title = "session_over_title"

    def __init__(self, face: SiteFace, language: str, again: str) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, "session_over", face=face)
        self.language, self.again = language, again


class FormerLink(Problem):
    """The link of a letter that was mailed before its reader's address changed hands: their page asks who it is."""

    title, leads_to_sign_in = "former_link_title", True

    def __init__(self, face: SiteFace, language: str) -> None:
        super().__init__(HTTPStatus.GONE, "former_link", face=face)
        self.language = language


def of(error: Exception) -> Problem:
    """Whatever was raised, as a Problem."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _BY_STATUS.get(error.status_code, _generic(error)), headers=error.headers)
    if isinstance(error, RequestValidationError):
        return of_validation(error.errors()[0])
    if isinstance(error, OverflowError):
        # A number in the path that no row can have: SQLite's driver refuses to look.
        return Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    if is_passing(error) or isinstance(error, Crowded):
        again = {"Retry-After": str(AGAIN_S)}
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "error_busy", headers=again)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "error_internal")


def of_validation(error: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors as a Problem: 400 for what is no JSON, else 422 with the field's path."""
    kind = str(error["type"])
    if kind == "json_invalid":
        return Problem(HTTPStatus.BAD_REQUEST, "error_json")
    # A field's name may be anything that JSON can write, half a surrogate pair included.
    parts = (str(part).encode(errors="replace").decode() for part in error["loc"] if part not in _PLACES)
    path = ".".join(parts)[:FIELD_MAX]
    context = error.get("ctx") or {}
    values = {name: value for name, value in context.items() if isinstance(value, str | int | float)}
    values["limit"] = next((value for name, value in values.items() if name in _LIMITS), "")
    values["field"] = path
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _key(kind), field=path, values=values)


def _key(kind: str) -> str:
    if kind.startswith("error_"):  # our own validators name the sentence itself
        return kind
    if kind.startswith("datetime"):
        return "error_datetime"
    return _BY_TYPE.get(kind, "error_type")


def _generic(error: HTTPException) -> str:
    return "error_internal" if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else "error_bad_request"
