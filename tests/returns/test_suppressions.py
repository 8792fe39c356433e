"""Suppression by address and by domain: at sign-up, at the last second, in an import; by command and by file."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from notifier import bulk_acts, readers
from notifier.bulk_acts import Wanted
from notifier.consent import suppression
from notifier.desk.audit import Actor
from notifier.domain.desk_words import ActKind
from notifier.domain.words import Frequency
from notifier.models import ConsentEvent, Site, Suppression
from tests.returns.conftest import INBOUND, Post
from tests.returns.test_mail import complaint


def suppress(post: Post, place: str) -> bool:
    with post.world.parts.db.writing() as session:
        site = session.get_one(Site, post.world.site.id)
        return suppression.suppress(session, site, place, "asked", "test", post.now)


def lift(post: Post, place: str) -> bool:
    with post.world.parts.db.writing() as session:
        return suppression.lift(session, session.get_one(Site, post.world.site.id), place, post.now, "put right")


def test_a_domain_is_heeded_at_the_last_second_and_lifted(post: Post) -> None:
    post.readers("layla")
    post.world.reader("huda@sub.example.org", frequency=Frequency.INSTANT)
    post.world.article("1")
    assert suppress(post, "@EXAMPLE.org")
    assert not suppress(post, "@example.org")
    post.world.work()
    assert [one.rcpt_to for one in post.world.wire.sent] == ["huda@sub.example.org"], "its subdomains are others"
    assert post.world.balance().dropped == 1
    assert lift(post, "@example.org")
    assert set(post.send("2")) == {"layla", "huda"}


def test_nobody_signs_up_under_a_suppressed_domain(post: Post) -> None:
    suppress(post, "@example.org")
    post.world.topics(["category:سياسة"])
    post.world.sign_up("layla@example.org")
    post.world.work()
    assert post.world.wire.sent == []


def test_it_survives_erasure_and_the_address_stays_unknown(post: Post) -> None:
    post.readers("layla")
    post.told(post.send()["layla"], "550 5.1.1 unknown")
    assert readers.erase(post.world.parts, post.world.site.id, "layla@example.org", post.now)
    post.world.topics(["category:سياسة"])
    post.world.sign_up("layla@example.org")
    post.world.wire.sent.clear()
    post.world.work()
    assert post.world.wire.sent == []


def test_a_hash_is_an_address_without_its_name(post: Post) -> None:
    (reader,) = post.readers("layla")
    assert suppress(post, reader.address_hash)
    assert post.suppressed() == {"layla"}
    assert lift(post, "layla@example.org")
    assert post.suppressed() == set()


def bounced(post: Post, delivery: int) -> None:
    assert post.told(delivery, "550 5.1.1 unknown") == 1


def complained(post: Post, delivery: int) -> None:
    assert delivery
    original = f"From: news@rafidain.example\nTo: [redacted]\nMessage-ID: {post.letter('layla')['Message-ID']}"
    post.raw(complaint(f"complaints@{INBOUND}", original))


@pytest.mark.parametrize(("comes_back", "why"), [(bounced, "bounced"), (complained, "complained")])
def test_what_comes_back_after_an_act_on_many_outlives_its_undoing(
    post: Post, comes_back: Callable[[Post, int], None], why: str
) -> None:
    people = post.readers("layla", "huda")
    sent = post.send()
    world, by = post.world, Actor("cli")
    wanted = Wanted(ActKind.SUPPRESS, words="stale", ids=tuple(one.id for one in people))
    act = bulk_acts.begin(world.parts, world.site.id, wanted, by, post.now)
    world.work()
    assert post.suppressed() == {"layla", "huda"}
    world.later(hours=1)
    comes_back(post, sent["layla"])
    with world.parts.db.reading() as session:
        row = session.scalars(select(Suppression).where(Suppression.address_hash == people[0].address_hash)).one()
        assert (row.reason, row.source, row.at) == (why, "mail", post.now)
        proof = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
        assert proof is not None
        assert (proof.action, proof.purpose, proof.source) == ("suppressed", why, "mail")
    assert bulk_acts.take_back(world.parts, world.site.id, act, by, post.now)
    world.work()
    assert post.suppressed() == {"layla"}, "who was only of the act is back"
