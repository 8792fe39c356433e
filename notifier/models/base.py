"""What every table shares."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Enum, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from notifier.db import Moment
from notifier.domain import traces, words

Json = JSON().with_variant(JSONB(), "postgresql")


def word(vocabulary: type[StrEnum]) -> Enum:
    """A column that keeps the word itself ("sent"), not Python's name of it ("SENT")."""
    return Enum(vocabulary, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


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
        **{
            v: word(v)
            for v in (*vars(words).values(), *vars(traces).values())
            if isinstance(v, type) and issubclass(v, StrEnum)
        },
    }
