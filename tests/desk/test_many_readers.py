"""Very many readers: searched a stretch at a time, audiences estimated; nobody is passed over, nothing made up."""

from dataclasses import replace
from typing import Any, Final

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from notifier.desk import searching
from notifier.desk.searching import Cut, Search
from notifier.domain.issues import Audience
from notifier.issues import reading
from notifier.issues.reading import Certainty, Sampling
from notifier.models import Subscriber
from tests.desk.conftest import Desk
from tests.desk.test_subscribers import fill


def test_a_search_by_name_goes_on_until_everybody_was_looked_at(desk: Desk) -> None:
    fill(desk, 13)
    seen, before, stretches = list[int](), 0, 0
    with desk.visit.parts.db.reading() as session:
        while True:
            found = searching.page(
                session, desk.visit.site_id, Search(words="قارئ 1"), desk.visit.now, Cut(before, stretch=5)
            )
            assert found.looked == (5 if found.onward else 0)
            seen += [one.id for one in found.readers]
            stretches += 1
            if not found.onward:
                break
            before = found.onward
        named = select(Subscriber.id).where(Subscriber.name.contains("قارئ 1")).order_by(Subscriber.id.desc())
        assert seen == list(session.scalars(named))
    assert (len(seen), stretches) == (4, 3)


def crowd(desk: Desk) -> None:
    """Six thousand readers; one in a hundred reads Hebrew."""
    visit = desk.visit
    first = {
        "site_id": visit.site_id, "time_zone": "Asia/Baghdad", "digest_hour": 8, "digest_weekday": 1,
        "confirmed_at": visit.now, "created_at": visit.now, "changed_at": visit.now,
    }  # fmt: skip
    with visit.parts.db.writing() as session:
        rows = [
            {**first, "address": f"{n}", "address_key": f"{n}", "address_hash": f"{n}",
             "language": "he" if n % 100 == 0 else "en" if n % 2 else "ar"}
            for n in range(6000)
        ]  # fmt: skip
        session.execute(insert(Subscriber), rows)


SAMPLING: Final = Sampling(size=2000, worth_from=3000, patience_s=5)


def test_an_audience_of_very_many_is_estimated_and_a_small_one_counted(desk: Desk) -> None:
    crowd(desk)
    visit = desk.visit
    everybody, half, few = (
        reading.reach(visit.parts.db, visit.site_id, audience, visit.now, SAMPLING)
        for audience in (Audience(), Audience(languages=("en",)), Audience(languages=("he",)))
    )
    assert (everybody.certainty, everybody.people) == (Certainty.ABOUT, 6000)
    assert half.certainty is Certainty.ABOUT
    assert 2700 <= half.people <= 3300
    assert (few.certainty, few.people) == (Certainty.COUNTED, 60)
    with visit.parts.db.reading() as session:
        assert session.scalar(select(func.count(Subscriber.id))) == 6000


@pytest.mark.long
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_small_audience_that_takes_long_to_count_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = desk.visit
    crowd(desk)

    def slow(session: Session, *of: Any) -> int:
        session.execute(select(func.pg_sleep(60)))
        return quick(session, *of)

    quick = reading.count
    monkeypatch.setattr(reading, "count", slow)
    hasty = replace(SAMPLING, patience_s=0.05)
    few = reading.reach(visit.parts.db, visit.site_id, Audience(languages=("he",)), visit.now, hasty)
    nobody = reading.reach(visit.parts.db, visit.site_id, Audience(languages=("fa",)), visit.now, hasty)
    assert (few.certainty, nobody.certainty) == (Certainty.AT_MOST, Certainty.AT_MOST)
    assert 60 <= few.people <= 130
    assert nobody.people == 12
