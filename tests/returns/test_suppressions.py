"""Suppression by address and by domain: at sign-up, at the last second, in an import; by command and by file."""

from notifier import readers
from notifier.consent import suppression
from notifier.domain.words import Frequency
from notifier.models import Site
from tests.returns.conftest import Post


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
