"""The fields of the API's bodies, each checked by itself; our own checks name the sentence that says what is wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from notifier.web.wire import is_clean

GUID_MAX: Final = 500
FACTS_BYTES_MAX: Final = 4096
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _clean(text: str) -> str:
    if not is_clean(text):
        raise PydanticCustomError("error_characters", "unusable characters")
    return text


def _guid(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise PydanticCustomError("error_guid", "not a guid")
    return text


def _url(text: str) -> str:
    if text and not (text.lower().startswith(("http://", "https://")) and text.isprintable() and " " not in text):
        raise PydanticCustomError("error_url", "not an http or https URL")
    return text


def _written(value: object) -> object:
    # A bare number would be read as seconds since 1970; only a written time carries its offset.
    if value is not None and not isinstance(value, str | datetime):
        raise PydanticCustomError("error_datetime", "not a written time")
    return value


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(facts, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        size = FACTS_BYTES_MAX + 1
    if size > FACTS_BYTES_MAX or not all(map(is_clean, _texts(facts))):
        raise PydanticCustomError("error_facts", "too large or unusable", {"max_length": FACTS_BYTES_MAX})
    return facts


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


CLEAN: Final = AfterValidator(_clean)
Text = Annotated[str, CLEAN]
Guid = Annotated[str, StringConstraints(min_length=1, max_length=GUID_MAX), CLEAN, AfterValidator(_guid)]
Url = Annotated[str, StringConstraints(max_length=2000), CLEAN, AfterValidator(_url)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN]
Written = Annotated[AwareDatetime, BeforeValidator(_written), Field(ge=_EARLIEST, le=_LATEST)]


FACTS: Final = AfterValidator(_facts)
Address = Annotated[str, StringConstraints(max_length=320), CLEAN]


class Strict(BaseModel):
    """A body without a field that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
