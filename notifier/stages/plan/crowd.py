"""Readers with equal subscriptions share a letter: their digests are planned by profile, in a few statements."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FunctionElement,
    String,
    Subquery,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.db import affected, upsert
from notifier.domain.words import Frequency, LetterKind, State
from notifier.models import Delivery, Letter, Run, RunProfile, Subscriber, Subscription
from notifier.stages.plan.letters import DELIVERY_COLUMNS, Draft, Edition, letter_id
from notifier.stages.plan.news import News, Window
from notifier.stages.plan.runs import Cohort

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
    letters: list[dict[str, Any]] = []
    readers = 0
    for language, profile, count in rows.all():
        wants = [(int(one[:-1]), _BY_INITIAL[one[-1]]) for one in profile.split(",")]
        if items := found.pick(wants, run.frequency):
            more = max(0, len(items) - edition.items_max)
            letter = letter_id(
                session, digest_draft(edition, run, language, items[: edition.items_max], more), edition.now
            )
            letters.append({"run_id": run.id, "profile": f"{language}|{profile}", "letter_id": letter})
            readers += count
    if not letters:
        return 0
    session.execute(insert(RunProfile), letters)
    new = _insert(session, edition, run, who)
    if new != readers:
        raise RuntimeError(f"run {run.id} planned {new} digests for {readers} readers")
    session.execute(delete(RunProfile).where(RunProfile.run_id == run.id))
    return new


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
    planned = (
        select(func.count())
        .where(Delivery.letter_id == Letter.id, Delivery.kind == LetterKind.DIGEST, Delivery.about_id == run.id)
        .scalar_subquery()
    )
    ours = select(Delivery.letter_id).where(Delivery.kind == LetterKind.DIGEST, Delivery.about_id == run.id)
    session.execute(
        update(Letter)
        .where(Letter.id.in_(ours))
        .values(planned_count=planned)
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
    kind, moment = LetterKind.DIGEST, Delivery.created_at.type
    owed = (
        select(
            literal(edition.site.id),
            RunProfile.letter_id,
            who.c.reader,
            literal(kind.value),
            literal(run.id),
            literal(kind.lane.value),
            literal(State.QUEUED.value),
            literal(""),
            literal(0),
            literal(edition.now, moment),
            literal(edition.expires_at, moment),
            literal(edition.now, moment),
        )
        .join(RunProfile, RunProfile.profile == who.c.language.concat("|").concat(who.c.profile))
        .where(RunProfile.run_id == run.id)
    )
    return affected(session, upsert(session, Delivery).from_select(DELIVERY_COLUMNS, owed).on_conflict_do_nothing())
