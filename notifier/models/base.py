"""What every table shares."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Enum, Index, MetaData, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from notifier.db import Moment
from notifier.domain import desk_words, traces, words

Json = JSON().with_variant(JSONB(), "postgresql")


def word(vocabulary: type[StrEnum]) -> Enum:
    """A column that keeps the word itself ("sent"), not Python's name of it ("SENT")."""
    return Enum(vocabulary, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


WHOLE_IP = text("ip <> '' AND replace(ip, '/', '') = ip")
"""That a row has an IP address which was not shortened to its network yet."""


def whole_ips(table: str, moment: str) -> Index:
    """Finds them by their age; a shortened one leaves it."""
    return Index(f"ix_{table}_whole_ip", moment, postgresql_where=WHOLE_IP, sqlite_where=WHOLE_IP)


def _vocabularies() -> Iterator[type[StrEnum]]:
    for one in (*vars(words).values(), *vars(desk_words).values(), *vars(traces).values()):
        if isinstance(one, type) and issubclass(one, StrEnum):
            yield one


class Base(DeclarativeBase):
    """The declarative base; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[int]: Json,
        **{v: word(v) for v in _vocabularies()},
    }
