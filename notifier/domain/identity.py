"""What tells one view of an item from another."""

from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from notifier.domain.text.bidi import Phrase


def identity(value: Any) -> object:  # noqa: ANN401 - whatever a view holds
    """All that a view says, directions included: equal identities are set in the same way."""
    if isinstance(value, Phrase):
        return value, value.direction
    if isinstance(value, tuple):
        return tuple(map(identity, value))
    names = _names(type(value))  # type: ignore[arg-type]  # a class is hashable
    return tuple(identity(getattr(value, name)) for name in names) if names else value


@lru_cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
