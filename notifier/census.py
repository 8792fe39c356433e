"""What is counted now and then, so that no page counts millions while somebody waits."""

from datetime import datetime

from sqlalchemy import select

from notifier import tally
from notifier.feedback import heed
from notifier.models import Site
from notifier.parts import Parts
from notifier.stages import sums
from notifier.stages.plan import cohorts, outlook


def count(parts: Parts, now: datetime) -> None:
    """Count every site: readers, categories, digest hours and quiet ones, failures by domain, busy threads."""
    with parts.db.reading() as session:
        sites = session.scalars(select(Site.id)).all()
    for site in sites:
        with parts.db.writing() as session:
            sums.count(session, site, now)
            tables = {one.name: one.readers for one in outlook.count_timetables(session, site)}
            sums.keep(session, site, outlook.SLOT, tally.day_of(now), tables)
            nights = {one.name: readers for one, readers in cohorts.bedtimes(session, site).items()}
            sums.keep(session, site, outlook.BEDTIME, tally.day_of(now), nights)


def rebuild(parts: Parts, now: datetime) -> None:
    """Make the running count anew from the letters themselves, and count everything else; reads every letter."""
    with parts.db.writing() as session:
        tally.rebuild(session)
        heed.rebuild(session)
    count(parts, now)
