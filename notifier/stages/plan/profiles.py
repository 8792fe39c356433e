"""Readers with equal subscriptions share a digest: what each of them wants of the news, as a string to group by."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, FunctionElement, Select, String, case, exists, func, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.domain.schedule import EVERY_DAY
from notifier.domain.words import Frequency
from notifier.models import Subscriber, Subscription
from notifier.stages.plan.cohorts import Cohort
from notifier.stages.plan.news import Window

NEXT_UNSAID: Final = "~"
_BY_INITIAL: Final = {frequency.value[0]: frequency for frequency in Frequency}


class _Joined(FunctionElement[str]):
    """The strings of a group (the first argument), joined with commas in the order of the second."""

    type = String()
    inherit_cache = True


@compiles(_Joined, "postgresql")
def _joined_on_postgresql(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    what, order = (compiler.process(clause, **options) for clause in element.clauses)
    return f"string_agg({what}, ',' ORDER BY {order})"


@compiles(_Joined, "sqlite")
def _joined_on_sqlite(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    # ORDER BY inside an aggregate came with SQLite 3.44. Another order is another profile of the same letter, no more.
    what, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"group_concat({what}, ',')"


def profiles(cohort: Cohort, articles: Window, but: FromClause, elsewhere: Collection[str]) -> Select[int, str]:
    """(reader, want) of a cohort but for these (as `particulars` tells them).

    A want is `ar|12d,15i`: the language, with a mark where the daily digest does not come every day or the reader's
    zone is `elsewhere`, then the topics in the news that a reader has, each with the initial of its frequency.
    """
    topic = func.cast(Subscription.topic_id, String).concat(func.substr(Subscription.frequency, 1, 1))
    profile = _Joined(topic, Subscription.topic_id)
    mark = case((_says_next(cohort, elsewhere), "|"), else_=f"{NEXT_UNSAID}|")
    return (
        select(Subscriber.id.label("reader"), Subscriber.language.concat(mark).concat(profile).label("want"))
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            cohort.readers(),
            ~exists().where(but.c.reader == Subscriber.id),
            Subscription.ended_at.is_(None),
            Subscription.topic_id.in_(articles.topics()),
        )
        .group_by(Subscriber.id, Subscriber.language, Subscriber.digest_days, Subscriber.time_zone)
        .having(func.max(case((Subscription.frequency.in_(cohort.frequencies), 1), else_=0)) == 1)
    )


def _says_next(cohort: Cohort, elsewhere: Collection[str]) -> ColumnElement[bool]:
    is_here = Subscriber.time_zone.not_in(elsewhere) if elsewhere else true()
    return is_here & (Subscriber.digest_days == EVERY_DAY) if cohort.run.frequency is Frequency.DAILY else is_here


def parsed(want: str) -> tuple[str, list[tuple[int, Frequency]]]:
    """The language with its mark, and (topic, frequency) of each subscription."""
    head, _, profile = want.partition("|")
    return head, [(int(one[:-1]), _BY_INITIAL[one[-1]]) for one in profile.split(",")]
