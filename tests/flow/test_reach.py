"""How many an issue would reach: who fits and may be written to; it is owed to all who fit, and says why not."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.consent.suppression import lift, suppress
from notifier.domain.issues import Audience
from notifier.domain.words import LetterKind, Reason
from notifier.issues import as_reader, reading
from notifier.issues.reading import Reach, Sampling
from notifier.models import Delivery, Site, Subscriber
from tests.flow.issues import paper
from tests.world import World

WITHOUT_DOMAINS = {"kept", "returned", "lifted"}


@pytest.fixture
def readers(world: World) -> dict[str, int]:
    """One of each: kept, bounced, on a pause, back from one, once suppressed, and of a domain that may be shut out."""
    names = ("kept", "bounced", "paused", "returned", "lifted", "trapped")
    made = {one: world.reader(f"{one}@{'spam' if one == 'trapped' else 'mail'}.example") for one in names}
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        for name in ("bounced", "lifted"):
            suppress(session, site, made[name].address, "bounce", "bounces", world.now)
        lift(session, site, made["lifted"].address, world.now)
        session.get_one(Subscriber, made["paused"].id).paused_until = world.now + timedelta(days=2)
        session.get_one(Subscriber, made["returned"].id).paused_until = world.now - timedelta(days=2)
    return {name: one.id for name, one in made.items()}


def shut(world: World) -> None:
    with world.parts.db.writing() as session:
        suppress(session, session.get_one(Site, world.site.id), "@spam.example", "trap", "operator", world.now)


def told(world: World) -> tuple[int, Reach]:
    """Counted, and from a sample that is everybody."""
    with world.parts.db.reading() as session:
        counted = reading.count(session, world.site.id, Audience(), world.now)
    everybody = Sampling(size=6, hits_least=1, worth_from=1)
    return counted, reading.reach(world.parts.db, world.site.id, Audience(), world.now, everybody)


def meant(world: World, readers: dict[str, int]) -> set[str]:
    row = paper(world).row
    with world.parts.db.reading() as session:
        looks = {name: as_reader.reader(session, world.parts, row, one, world.now) for name, one in readers.items()}
    return {name for name, one in looks.items() if one and one.is_meant}


def test_who_may_not_be_written_to_or_is_on_a_pause_is_not_counted(world: World, readers: dict[str, int]) -> None:
    counted, about = told(world)
    assert (counted, about.people) == (4, 4)
    assert meant(world, readers) == {*WITHOUT_DOMAINS, "trapped"}
    shut(world)
    counted, about = told(world)
    assert (counted, about.people) == (3, 3)
    assert meant(world, readers) == WITHOUT_DOMAINS


def test_as_many_get_it_and_what_the_others_were_owed_is_dropped_with_its_reason(
    world: World, readers: dict[str, int]
) -> None:
    shut(world)
    issue = paper(world)
    issue.send()
    world.work()
    assert {one.partition("@")[0] for one in world.subjects()} == WITHOUT_DOMAINS
    assert issue.page() == {"planned": len(readers), "sent": 3, "dropped": 3}
    with world.parts.db.reading() as session:
        ours = select(Delivery.reason).where(Delivery.kind == LetterKind.ISSUE, Delivery.about_id == issue.id)
        why = Counter(session.scalars(ours))
    assert why == {None: 3, Reason.SUPPRESSED: 2, Reason.PAUSED: 1}
