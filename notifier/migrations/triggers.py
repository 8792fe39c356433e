"""Puts the triggers of tables that are written once into a migration, each in the words of both databases."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp, DropTableOp, MigrateOperation

from notifier.models.written_once import TRIGGERS, taken_down

COLUMNS: Final = 90


class EachDialectOp(MigrateOperation):
    """Statements that each database has words of its own for."""

    def __init__(self, statements: Mapping[str, Sequence[str]]) -> None:
        self.statements = statements


@renderers.dispatch_for(EachDialectOp)
def _render(_context: AutogenContext, step: EachDialectOp) -> list[str]:
    words = {dialect: "".join(map(_literal, some)) for dialect, some in step.statements.items()}
    written = "".join(f"{dialect!r}: [{literals}],\n" for dialect, literals in words.items())
    return [f"for statement in {{\n{written}}}[op.get_bind().dialect.name]:\n    op.execute(statement)"]


def following(step: MigrateOperation) -> Iterator[MigrateOperation]:
    """What must be done after this step, if anything."""
    match step:
        case CreateTableOp(table_name=str(name)) if name in TRIGGERS:
            yield EachDialectOp(TRIGGERS[name])
        case DropTableOp(table_name=str(name)) if name in TRIGGERS:
            yield EachDialectOp(taken_down(name))


def _literal(statement: str) -> str:
    """The statement as Python has it, a line of its own for every few words."""
    parts = wrap(statement, COLUMNS, drop_whitespace=False)
    return "(\n" + "\n".join(map(repr, parts)) + "\n),\n"
