"""A digest run: every reader whose local hour has come, each item once, nothing where there is nothing."""

from sqlalchemy.orm import Session

from notifier.domain.words import LetterKind
from notifier.models import Run
from notifier.stages.plan.arranged import Arranged
from notifier.stages.plan.aside import aside
from notifier.stages.plan.crowd import Drafter, plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition, digest_draft
from notifier.stages.plan.news import News, news, seen_by, window
from notifier.stages.plan.particulars import particulars, plan_particulars
from notifier.stages.plan.profiles import SOME_DAYS, parsed, profiles
from notifier.stages.plan.runs import cohorts


def plan_digests(session: Session, edition: Edition, run: Run) -> int:
    """Plan a run, whole, in the caller's transaction; a run that is planned already stays as it is.

    Gives how many deliveries are new. The transaction must see one snapshot: a reader is either particular or one of
    the crowd, and what the run saw of the news is what its successor does not take again.
    """
    if run.planned_at is not None:
        return 0
    new, about = 0, About(LetterKind.DIGEST, run.id)
    arranged = Arranged.of(session, run)
    for cohort in cohorts(session, run):
        articles = window(session, run, cohort.since)
        found = news(session, articles)
        with aside(session, "particulars", particulars(cohort)) as some:
            if found.announced:
                readers = profiles(cohort, articles, some)
                new += plan_crowd(session, edition, about, readers, _drafter(edition, run, found, arranged))
            new += plan_particulars(session, edition, cohort, some, arranged)
    run.seen = seen_by(session, run)
    run.planned_at, run.planned_count = edition.now, new
    return new


def _drafter(edition: Edition, run: Run, found: News, arranged: Arranged) -> Drafter:
    """One draft for all wants that pick the same items: there are far more of those than letters."""
    known: dict[tuple[str, tuple[int, ...]], Draft] = {}

    def draft(want: str) -> Draft | None:
        head, wants = parsed(want)
        items = tuple(arranged.order(found.pick(wants, run.frequency)))
        if items and (head, items) not in known:
            language = head.removesuffix(SOME_DAYS)
            known[head, items] = digest_draft(edition, run, language, items, is_on_some_days=head != language)
        return known.get((head, items))

    return draft
