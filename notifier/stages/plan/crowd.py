"""Readers with equal subscriptions share a letter: their digests are planned by profile, in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FunctionElement,
    Row,
    String,
    Subquery,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.db import affected, upsert
from notifier.domain.words import Frequency, LetterKind
from notifier.models import Delivery, Letter, Run, RunProfile, Subscriber, Subscription
from notifier.stages.plan.letters import DELIVERY_COLUMNS, Draft, Edition, letter_ids, owed_columns
from notifier.stages.plan.news import News, Window
from notifier.stages.plan.runs import Cohort

AT_ONCE: Final = 500
"""Letters made in one statement."""
_BY_INITIAL = {frequency.value[0]: frequency for frequency in Frequency}


class _Joined(FunctionElement[str]):
    """The strings of a group, joined with commas in their own order."""

    type = String()
    inherit_cache = True


@compiles(_Joined, "postgresql")
def _joined_on_postgresql(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    inner = compiler.process(element.clauses, **options)
    return f"string_agg({inner}, ',' ORDER BY {inner})"


@compiles(_Joined, "sqlite")
def _joined_on_sqlite(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    # ORDER BY inside an aggregate came with SQLite 3.44; the rows arrive sorted by the subquery they come from.
    return f"group_concat({compiler.process(element.clauses, **options)}, ',')"


def plan_crowd(session: Session, edition: Edition, run: Run, found: News, who: Subquery) -> int:
    """Plan the digests of these readers (as `profiles` tells them); gives how many are new."""
    rows = session.execute(select(who.c.language, who.c.profile, func.count()).group_by(who.c.language, who.c.profile))
    found_for = _drafts(edition, run, found, rows.all())
    readers = sum(one.readers for one in found_for)
    if not readers:
        return 0
    for first in range(0, len(found_for), AT_ONCE):
        some = found_for[first : first + AT_ONCE]
        letters = letter_ids(session, [one.draft for one in some], edition.now)
        session.execute(
            insert(RunProfile),
            [{"run_id": run.id, "profile": one.profile, "letter_id": letters[one.draft.key]} for one in some],
        )
    new = _insert(session, edition, run, who)
    if new != readers:
        raise RuntimeError(f"run {run.id} planned {new} digests for {readers} readers")
    session.execute(delete(RunProfile).where(RunProfile.run_id == run.id))
    return new


@dataclass(frozen=True, slots=True)
class _Profile:
    """Readers who want the same, and the letter that is theirs."""

    profile: str
    readers: int
    draft: Draft


def _drafts(edition: Edition, run: Run, found: News, rows: Sequence[Row[str, str, int]]) -> list[_Profile]:
    drafts = []
    for language, profile, count in rows:
        wants = [(int(one[:-1]), _BY_INITIAL[one[-1]]) for one in profile.split(",")]
        if items := found.pick(wants, run.frequency):
            more = max(0, len(items) - edition.items_max)
            draft = digest_draft(edition, run, language, items[: edition.items_max], more)
            drafts.append(_Profile(f"{language}|{profile}", count, draft))
    return drafts


def digest_draft(edition: Edition, run: Run, language: str, items: list[int], more: int) -> Draft:
    """The letter of these items; `more` is how many it leaves out."""
    return Draft(
        edition.site.id,
        LetterKind.DIGEST,
        edition.spoken(language),
        tuple(items),
        run.frequency,
        {"more": more},
        about=f"run:{run.id}",
    )


def count_letters(session: Session, run: Run) -> None:
    """Note on each of a run's letters how many deliveries were planned for it."""
    ours = (Delivery.kind == LetterKind.DIGEST) & (Delivery.about_id == run.id)
    # Grouped once: a count of its own for each letter made the planner of PostgreSQL read the run again every time.
    counts = select(Delivery.letter_id, func.count().label("planned")).where(ours).group_by(Delivery.letter_id)
    of_letter = counts.subquery()
    session.execute(
        update(Letter)
        .where(Letter.id == of_letter.c.letter_id)
        .values(planned_count=of_letter.c.planned)
        .execution_options(synchronize_session=False)
    )


def profiles(cohort: Cohort, articles: Window, particular: ColumnElement[bool]) -> Subquery:
    """(reader, language, profile) of a cohort but for its particular readers.

    A profile is `12d,15i`: the topics in the news that a reader has, each with the initial of its frequency.
    """
    wants = (
        select(
            Subscriber.id.label("reader"),
            Subscriber.language,
            func.cast(Subscription.topic_id, String).concat(func.substr(Subscription.frequency, 1, 1)).label("want"),
            Subscription.frequency,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            cohort.readers(),
            ~particular,
            Subscription.ended_at.is_(None),
            Subscription.topic_id.in_(articles.topics()),
        )
        .order_by(Subscriber.id, "want")
        .subquery()
    )
    return (
        select(wants.c.reader, wants.c.language, _Joined(wants.c.want).label("profile"))
        .group_by(wants.c.reader, wants.c.language)
        .having(func.max(case((wants.c.frequency == cohort.run.frequency, 1), else_=0)) == 1)
        .subquery()
    )


def _insert(session: Session, edition: Edition, run: Run, who: Subquery) -> int:
    owed = (
        select(*owed_columns(edition, LetterKind.DIGEST, run.id, RunProfile.letter_id, who.c.reader))
        .join(RunProfile, RunProfile.profile == who.c.language.concat("|").concat(who.c.profile))
        .where(RunProfile.run_id == run.id)
        # Neighbours share a letter, so that a chunk of deliveries renders a few of them, not one for each.
        .order_by(RunProfile.letter_id)
    )
    return affected(session, upsert(session, Delivery).from_select(DELIVERY_COLUMNS, owed).on_conflict_do_nothing())
