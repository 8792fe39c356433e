"""A list and a sign-up that meet over one address."""

from sqlalchemy import select

from notifier.consent import merging
from notifier.consent.merging import Staged
from notifier.consent.merging.making import Ground
from notifier.consent.merging.staging import Row
from notifier.domain.words import Frequency
from notifier.models import ConsentEvent, Site, Subscriber, Subscription, Topic
from tests.imports.conftest import POLITICS, Bench


def row(line: int, key: str) -> Row:
    return Row(line, key, key, f"{line:064x}", "قارئ", "ar", "active", None, 0, 0)


def test_who_signs_up_while_a_list_comes_in_is_one_reader_and_keeps_what_they_chose(bench: Bench) -> None:
    world = bench.world
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        topic = session.scalars(select(Topic.id).where(Topic.name == POLITICS)).one()
        rows = [row(1, "a@example.org"), row(2, "b@example.org"), row(3, "c@example.org")]
        merging.stage(session, Staged(rows, topics={0: [topic]}, purposes={0: POLITICS}))
        assert merging.judge(session, site.id) == {"new": 3}
        own = Subscriber(
            site_id=site.id, address="B@example.org", address_key="b@example.org", address_hash=f"{2:064x}",
            name="باسم", language="en", time_zone="UTC", digest_hour=1, digest_weekday=1, created_at=world.now,
            changed_at=world.now, confirmed_at=world.now,
        )  # fmt: skip
        session.add(own)
        session.flush()
        merging.make(session, site, Ground(1, "csv", "نموذج", Frequency.DAILY), world.now)
    readers = bench.readers()
    assert sorted(readers) == ["B@example.org", "a@example.org", "c@example.org"]
    assert (readers["B@example.org"].id, readers["B@example.org"].name) == (own.id, "باسم")
    ids = {one.id for one in readers.values()}
    with world.parts.db.reading() as session:
        assert set(session.scalars(select(Subscription.subscriber_id))) == ids
        assert set(session.scalars(select(ConsentEvent.subscriber_id))) == ids
