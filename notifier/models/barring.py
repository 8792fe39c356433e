"""Who may be written to, said in SQL: nobody whose address is suppressed, or its domain."""

from typing import Any, Final

from sqlalchemy import ColumnElement, FunctionElement, Select, SQLColumnExpression, String, and_, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.bulk import looked_up, unseen
from notifier.models.audience import Subscriber, Suppression

_IS_DOMAIN: Final = Suppression.domain != literal("", literal_execute=True)
"""Spelt out: with a parameter no plan that is kept could use the indexes of just these."""


class DomainOf(FunctionElement[str]):
    """The domain of an address key."""

    type = String()
    inherit_cache = True


@compiles(DomainOf, "postgresql")
def _domain_on_postgresql(element: DomainOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    # A key is compared byte by byte, other names are not: PostgreSQL compares the two as neither unless it is told.
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2) COLLATE \"default\""


@compiles(DomainOf, "sqlite")
def _domain_on_sqlite(element: DomainOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    key = compiler.process(element.clauses, **options)
    return f"substr({key}, instr({key}, '@') + 1)"


def is_reachable(session: Session, site_id: int, *, are_few: bool = False) -> ColumnElement[bool]:
    """Whether a site's reader may be written to, by address and domain; `are_few`: so few that each is looked up."""
    barred = barring(session, site_id, Subscriber.address_hash, Subscriber.address_key)
    # Each by itself, and not NOT IN: PostgreSQL joins those of a small audience to what is barred, and reads no more.
    return and_(*(~(looked_up(one) if are_few else one.exists()) for one in barred))


def barring(
    session: Session, site_id: int, hashed: SQLColumnExpression[str], key: SQLColumnExpression[str]
) -> list[Select[int]]:
    """What keeps a site's letters from an address, to be looked up each by itself: a row of it or of its domain."""
    barred = [_in_force(site_id, Suppression.address_hash == hashed)]
    domains = Suppression.site_id == site_id, _IS_DOMAIN, Suppression.lifted_at.is_(None)
    # Most sites shut out none, and to cut a million domains out of their addresses takes time.
    if session.scalar(select(Suppression.id).where(*domains).limit(1)) is not None:
        barred.append(_in_force(site_id, (Suppression.domain == DomainOf(key)) & _IS_DOMAIN))
    return barred


def _in_force(site_id: int, theirs: ColumnElement[bool]) -> Select[int]:
    shut = Suppression.site_id == unseen(site_id), theirs, Suppression.lifted_at.is_(None)
    return select(literal(1)).where(*shut).correlate_except(Suppression)
