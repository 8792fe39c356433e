"""Drafts a migration from the models: `python -m notifier.migrations.write "add issues"`; `--first` writes 0001 anew.

The draft compares with SQLite, which does not tell every type apart: read it, and let the tests compare on PostgreSQL.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeGuard

from alembic import command
from alembic.operations.ops import (
    CreateIndexOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    OpContainer,
)

from notifier import migrate
from notifier.db import Database
from notifier.migrations.triggers import following

_VERSIONS: Final = Path(__file__).parent / "versions"


def write(name: str) -> None:
    """Draft the next migration, called `name`, from the difference between the models and the newest one."""
    number = int(migrate.head() or 0) + 1
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        migrate.upgrade(url)
        _draft(url, name, f"{number:04}")


def write_first() -> None:
    """Write 0001 anew. Only before the first release: afterwards a database out there has run it."""
    for old in _VERSIONS.glob("0*.py"):
        old.unlink()
    write("first")


def _draft(url: str, name: str, revision: str) -> None:
    db = Database(url)
    configuration = migrate.config()
    with db.engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.revision(
            configuration, name, autogenerate=True, rev_id=revision, process_revision_directives=_tidy_script
        )
    db.close()


def _tidy_script(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:  # noqa: ANN401 - Alembic calls it
    for script in scripts:
        for steps in (*script.upgrade_ops_list, *script.downgrade_ops_list):
            steps.ops = list(_tidied(steps))


def _tidied(steps: OpContainer) -> Iterator[MigrateOperation]:
    """Indices stand alone: SQLite makes one without copying the table, and a dropped table takes its own along."""
    dropped = {step.table_name for step in steps.ops if isinstance(step, DropTableOp)}
    for step in steps.ops:
        if not _only_indices(step):
            yield step
            yield from following(step)
        elif step.table_name not in dropped:
            yield from step.ops


def _only_indices(step: MigrateOperation) -> TypeGuard[ModifyTableOps]:
    return isinstance(step, ModifyTableOps) and all(isinstance(part, CreateIndexOp | DropIndexOp) for part in step.ops)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--first"]:
            write_first()
        case [name]:
            write(name)
        case _:
            sys.exit('usage: python -m notifier.migrations.write "what it does" | --first')
