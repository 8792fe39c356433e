"""A digest run: every reader whose local hour has come, each item once, nothing where there is nothing."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from notifier.domain.words import Frequency, LetterKind
from notifier.models import Run
from notifier.stages.plan.arranged import Arranged
from notifier.stages.plan.aside import aside
from notifier.stages.plan.cohorts import Cohort, cohorts
from notifier.stages.plan.crowd import Drafter, plan_crowd
from notifier.stages.plan.letters import About, Draft, Edition, Told, digest_draft
from notifier.stages.plan.news import News, news, seen_by, window
from notifier.stages.plan.particulars import particulars, plan_particulars
from notifier.stages.plan.profiles import NEXT_UNSAID, parsed, profiles


def plan_digests(session: Session, edition: Edition, run: Run) -> int:
    """Plan a run, whole, in the caller's transaction; a run that is planned already stays as it is.

    Gives how many deliveries are new. The transaction must see one snapshot: a reader is either particular or one of
    the crowd, and what the run saw of the news is what its successor does not take again.
    """
    if run.planned_at is not None:
        return 0
    new, about = 0, About(LetterKind.DIGEST, run.id)
    arranged = Arranged.of(session, run)
    for cohort in cohorts(session, run, edition.quiet):
        kept = _kept(edition, cohort)
        articles = window(session, run, cohort.since)
        found = news(session, articles)
        with aside(session, "particulars", particulars(cohort)) as some:
            if found.announced:
                readers = profiles(cohort, articles, some, cohort.elsewhere(edition.now, edition.site.time_zone))
                new += plan_crowd(session, kept, about, readers, _drafter(kept, cohort, found, arranged))
            new += plan_particulars(session, kept, cohort, some, arranged)
    run.seen, run.quiet = seen_by(session, run), list(edition.quiet.usual)
    run.planned_at, run.planned_count = edition.now, new
    return new


def _kept(edition: Edition, cohort: Cohort) -> Edition:
    """What tells of many hours may leave as long afterwards: no other letter tells of them."""
    reaches_back = cohort.run.slot - cohort.since if cohort.run.frequency is Frequency.HOURLY else timedelta()
    return replace(edition, keeps=max(edition.keeps, reaches_back))


def _drafter(edition: Edition, cohort: Cohort, found: News, arranged: Arranged) -> Drafter:
    """One draft for all wants that pick the same items: there are far more of those than letters."""
    run, night = cohort.run, cohort.night
    known: dict[tuple[str, tuple[int, ...]], Draft] = {}

    def draft(want: str) -> Draft | None:
        head, wants = parsed(want)
        items = tuple(arranged.order(found.pick(wants, run.frequency, night)))
        if items and (head, items) not in known:
            language = head.removesuffix(NEXT_UNSAID)
            told = Told(language, is_next_unsaid=head != language, is_after_quiet=not night.isdisjoint(items))
            known[head, items] = digest_draft(edition, run, told, items)
        return known.get((head, items))

    return draft
