"""What editors do with an import: keep a file, say what its columns mean, check it, start it, throw it away."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from notifier.db import affected
from notifier.desk import audit
from notifier.desk.audit import Actor
from notifier.domain import topics
from notifier.domain.desk_words import ImportState
from notifier.domain.importing.formats import Field
from notifier.domain.importing.plan import BASIS_MAX, Plan
from notifier.models import Import, ImportFault, ImportPiece, Site, Topic
from notifier.parts import Parts
from notifier.queue import later, to_import, transaction
from notifier.sources import lists
from notifier.sources.lists import Head, ListError, Opened

PIECE: Final = 1 << 20
FAULTS_AT_ONCE: Final = 5000
OPEN_MOST: Final = 10
"""Files of a site that wait for somebody to begin: each may be half a gigabyte in the database."""
WAITS: Final = timedelta(days=30)
"""How long: a list of addresses is not kept for nothing."""
_IDLE: Final = (Import.state.in_([ImportState.DRAFT, ImportState.CHECKED]), ~Import.is_local)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody brings: its name, and its bytes block by block."""

    name: str
    blocks: Iterable[bytes]
    bytes_max: int


class PlanError(ValueError):
    """A plan that cannot be; `key` names the sentence: `no_email`, `no_basis`, `no_topics`, `unknown_topics`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def keep(parts: Parts, site_id: int, upload: Upload, by: Actor, now: datetime) -> int:
    """Keep a file in the database, piece by piece, where every worker finds it; gives the import's id.

    Raises ListError for one that is empty or too large, or where too many wait already.
    """
    digest, size = hashlib.sha256(), 0
    with parts.db.writing() as session:
        # The site's row first: who bring files at once are counted one after the other.
        session.get_one(Site, site_id, with_for_update=True)
        waiting = session.scalar(select(func.count()).select_from(Import).where(Import.site_id == site_id, *_IDLE))
        if (waiting or 0) >= OPEN_MOST:
            raise ListError("too_many")
        row = Import(
            site_id=site_id, actor=by.name, name=upload.name[:200] or "list.csv", digest="", size=0,
            created_at=now, touched_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        for number, piece in enumerate(_pieces(upload.blocks)):
            digest.update(piece)
            size += len(piece)
            if size > upload.bytes_max:
                raise ListError("too_large")
            session.connection().execute(insert(ImportPiece), {"import_id": row.id, "number": number, "data": piece})
        if not size:
            raise ListError("empty")
        row.digest, row.size = digest.hexdigest(), size
        audit.note(session, by, "import.kept", now, site_id=site_id, file=row.id, bytes=size)
        return row.id


def look(parts: Parts, import_id: int) -> Head:
    """How a kept file is written, and its first rows. Raises ListError."""
    with parts.db.reading() as session:
        known = str(session.get_one(Import, import_id).plan.get("encoding", ""))
    head = lists.look(kept(parts, import_id), known)
    if not known:
        with parts.db.writing() as session:
            session.get_one(Import, import_id).plan = {"encoding": head.encoding}
    return head


def kept(parts: Parts, import_id: int) -> Opened:
    """The bytes of a kept file; each piece is asked for when it is needed."""

    def blocks() -> Iterator[bytes]:
        number = 0
        while True:
            with parts.db.reading() as session:
                piece = session.scalar(
                    select(ImportPiece.data).where(ImportPiece.import_id == import_id, ImportPiece.number == number)
                )
            if piece is None:
                return
            yield piece
            number += 1

    return blocks


def plan(session: Session, row: Import, wanted: Plan) -> None:
    """Decide what the columns mean and what the consent rests on. Raises PlanError; nothing is changed then."""
    if Field.EMAIL not in wanted.columns:
        raise PlanError("no_email")
    if not wanted.basis.strip() or len(wanted.basis) > BASIS_MAX:
        raise PlanError("no_basis")
    if not wanted.topics and Field.TOPICS not in wanted.columns:
        raise PlanError("no_topics")
    names = {*wanted.topics, *wanted.words.values()}
    asked = {one for one in names if one not in topics.PERSONAL}
    found = set(session.scalars(select(Topic.name).where(Topic.site_id == row.site_id, Topic.name.in_(asked))))
    if len(found) < len(names):
        raise PlanError("unknown_topics")
    row.plan = wanted.as_json()


def check(parts: Parts, import_id: int, by: Actor, now: datetime) -> bool:
    """Begin a dry run; False for an import that runs or is done."""
    return _begin(parts, import_id, ImportState.CHECKING, by, now)


def start(parts: Parts, import_id: int, by: Actor, now: datetime) -> bool:
    """Begin for good; False for an import that runs or is done."""
    return _begin(parts, import_id, ImportState.IMPORTING, by, now)


def discard(parts: Parts, import_id: int, by: Actor, now: datetime) -> bool:
    """Throw an import away that has not begun; False for one that has."""
    with parts.db.writing() as session:
        gone = delete(Import).where(Import.id == import_id, Import.state.in_([ImportState.DRAFT, ImportState.CHECKED]))
        site_id = session.scalar(gone.returning(Import.site_id))
        if site_id is None:
            return False
        audit.note(session, by, "import.discarded", now, site_id=site_id, file=import_id)
        return True


def forget_idle(session: Session, now: datetime) -> int:
    """Throw files away that nobody has begun to take in for so long; gives how many."""
    old = (Import.touched_at <= now - WAITS, *_IDLE)
    return affected(session, delete(Import).where(*old).execution_options(synchronize_session=False))


def rejected(session: Session, import_id: int, at_once: int = FAULTS_AT_ONCE) -> Iterator[ImportFault]:
    """The rows that did not come in, in their order; a page of them is held at a time."""
    after = 0
    while True:
        page = session.scalars(
            select(ImportFault)
            .where(ImportFault.import_id == import_id, ImportFault.line > after)
            .order_by(ImportFault.line)
            .limit(at_once)
        ).all()
        yield from page
        if len(page) < at_once:
            return
        after = page[-1].line
        session.expunge_all()


def _begin(parts: Parts, import_id: int, state: ImportState, by: Actor, now: datetime) -> bool:
    with transaction(parts.db, parts.bell) as session:
        idle = Import.state.in_([ImportState.DRAFT, ImportState.CHECKED]) & (Import.id == import_id)
        fresh = {"state": state, "position": 0, "done_bytes": 0, "counts": {}, "touched_at": now}
        if not affected(session, update(Import).where(idle).values(fresh)):
            return False
        session.execute(delete(ImportFault).where(ImportFault.import_id == import_id))
        row = session.get_one(Import, import_id)
        audit.note(session, by, f"import.{state.value}", now, site_id=row.site_id, file=import_id)
        if not row.is_local:
            later(session, to_import(import_id))
        return True


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)
