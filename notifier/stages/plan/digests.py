"""A digest run: every reader whose local hour has come, each item once, nothing where there is nothing."""

from sqlalchemy.orm import Session

from notifier.models import Run
from notifier.stages.plan.crowd import count_letters, plan_crowd, profiles
from notifier.stages.plan.letters import Edition
from notifier.stages.plan.news import news, seen_by, window
from notifier.stages.plan.particulars import is_particular, plan_particulars
from notifier.stages.plan.runs import cohorts


def plan_digests(session: Session, edition: Edition, run: Run) -> int:
    """Plan a run, whole, in the caller's transaction; a run that is planned already stays as it is.

    Gives how many deliveries are new. The transaction must see one snapshot: readers are counted, then inserted.
    """
    if run.planned_at is not None:
        return 0
    new = 0
    for cohort in cohorts(session, run):
        articles = window(session, run, cohort.since)
        found = news(session, articles)
        if found.announced:
            who = profiles(cohort, articles, is_particular(cohort))
            new += plan_crowd(session, edition, run, found, who)
        new += plan_particulars(session, edition, cohort)
    count_letters(session, run)
    run.seen = seen_by(session, run)
    run.planned_at, run.planned_count = edition.now, new
    return new
