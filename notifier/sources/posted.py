"""What a site made of something that was posted to it: taken, not now, or never."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from notifier.sources.faults import FetchRefused

_NEVER: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY})
_CODE_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Posted:
    """The site's answer; `detail` is for an editor to read and repeats nothing of what was posted."""

    is_taken: bool = False
    is_refused: bool = False
    """For good: asking again is of no use."""
    detail: str = ""
    retry_after_s: int | None = None


def posted(fault: FetchRefused, never: AbstractSet[str] = frozenset()) -> Posted:
    """What a refused request means; `never` are the codes by which an API says no for good."""
    if fault.status == HTTPStatus.CONFLICT:
        return Posted(is_taken=True, detail="it was there already")
    code = _code(fault.body)
    is_refused = fault.status in _NEVER or code in never
    detail = f"{fault.detail} ({code})" if code else fault.detail
    return Posted(is_refused=is_refused, detail=detail, retry_after_s=fault.retry_after_s)


def _code(body: bytes) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = told.get("code") if isinstance(told, dict) else ""
    is_code = isinstance(code, str) and len(code) <= _CODE_MAX and code.replace("_", "").replace("-", "").isalnum()
    return str(code) if is_code and str(code).isascii() else ""
