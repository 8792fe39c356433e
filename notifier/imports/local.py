"""An import of a file on this machine, by the command line: begun, or gone on with where it was interrupted."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.plan import Plan
from notifier.imports.acts import plan as decide
from notifier.models import Import
from notifier.parts import Parts
from notifier.sources.lists import of_file


@dataclass(frozen=True, slots=True)
class Local:
    """A file, whose readers they become, and what was decided about it."""

    site_id: int
    path: Path
    plan: Plan
    is_for_good: bool


def begin(parts: Parts, wanted: Local, by: Actor, now: datetime) -> int:
    """Note the import; of the same file, decided in the same way, one that was interrupted goes on. Gives its id.

    Raises PlanError.
    """
    digest, state = _digest(wanted.path), ImportState.IMPORTING if wanted.is_for_good else ImportState.CHECKING
    with parts.db.writing() as session:
        same = select(Import).where(
            Import.site_id == wanted.site_id, Import.digest == digest, Import.is_local, Import.state == state
        )
        kept = wanted.plan.as_json()
        if found := next((one for one in session.scalars(same) if one.plan == kept), None):
            return found.id
        row = Import(
            site_id=wanted.site_id, actor=by.name, name=wanted.path.name[:200], digest=digest,
            size=wanted.path.stat().st_size, is_local=True, state=state, created_at=now, touched_at=now,
        )  # fmt: skip
        decide(session, row, wanted.plan)
        session.add(row)
        session.flush()
        audit.note(session, by, f"import.{state.value}", now, site_id=wanted.site_id, file=row.id)
        return row.id


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for block in of_file(path)():
        digest.update(block)
    return digest.hexdigest()
