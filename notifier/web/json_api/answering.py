"""How these endpoints answer: JSON that no cache keeps, and refusals of the acts as problems."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse

from notifier.consent.signup import Invalid
from notifier.desk.people import DeskError
from notifier.desk.tagging import TAGS_MAX, TagsFullError
from notifier.domain.address import AddressInvalid
from notifier.domain.text.strings import Voice
from notifier.imports.acts import PlanError
from notifier.sources.lists import ListError
from notifier.web.bodies import Refusal
from notifier.web.edge import Edge
from notifier.web.problems import DESK, Problem

PREFIX: Final = "/api/v1/sites/{site}"
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Refusal} for status in (400, 401, 403, 404, 409, 413, 422)
}
ID_MAX: Final = 2**31 - 1
BIG_ID_MAX: Final = 2**62
Id = Annotated[int, Path(ge=1, le=ID_MAX)]
BigId = Annotated[int, Path(ge=1, le=BIG_ID_MAX)]
Before = Annotated[int, Query(ge=0, le=BIG_ID_MAX, description="The `next` of the page before; 0 for the first.")]


def answer(body: object, status: int = HTTPStatus.OK) -> JSONResponse:
    """What was asked for, or done."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(jsonable_encoder(body), status, headers=headers)


def voice_of(request: Request, edge: Edge) -> Voice:
    """The desk's sentences in the caller's language: `?lang=`, else `Accept-Language`."""
    sentences = edge.look.sentences
    asked = sentences.supported(request.query_params.get("lang"))
    return edge.desk.strings.voice(asked or sentences.accepted(request.headers.get("accept-language", "")))


def missing() -> Problem:
    """There is no such row."""
    return Problem(HTTPStatus.NOT_FOUND, "unknown_row")


def out_of_turn() -> Problem:
    """It is there, but not in a state for this."""
    return Problem(HTTPStatus.CONFLICT, "out_of_turn")


def wrong(key: str, field: str, **values: object) -> Problem:
    """What was sent cannot be."""
    named = f"{DESK}{key}" if "." in key else key
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, named, field=field, values=values)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the acts raise into a problem with a sentence."""
    try:
        yield
    except LookupError:
        raise missing() from None
    except DeskError as refusal:
        raise wrong(f"setup.{refusal.key}", refusal.field) from None
    except PlanError as fault:
        raise wrong(f"roll.{fault.key}", "") from None
    except ListError as fault:
        raise wrong(f"roll.list_{fault.key}", "") from None
    except AddressInvalid:
        raise wrong("invalid_address", "address") from None
    except Invalid as fault:
        raise wrong(fault.key, fault.field) from None
    except TagsFullError:
        raise wrong("tags_full", "tags", limit=TAGS_MAX) from None
