"""A reply by mail becomes a comment of a real WordPress: held, in its place, in its writer's name, and once."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from notifier import mailroom, polling
from notifier.db import Database
from notifier.domain.words import Frequency, ReplyState, SourceKind
from notifier.feedback.door import Arrival, place_of
from notifier.models import Item, Reply, Source
from notifier.sites import add_source
from notifier.sources.fetch import Fetcher
from notifier.sources.wordpress import discover
from tests.mailroom.conftest import DOMAIN, ME, SHE, mail
from tests.wordpress.server import WordPress
from tests.wordpress.test_real import _EMPTY, NAME, wordpress
from tests.world import World, make_world

__all__ = ["wordpress"]
pytestmark = [pytest.mark.wordpress, pytest.mark.timeout(300)]
_LOOK = """
    $asked = ['post_id' => $given['p'], 'author_email' => $given['a'], 'status' => 'all'];
    $told = fn($c) => [(int) $c->comment_ID, (int) $c->comment_parent, $c->comment_approved, $c->comment_author,
        $c->comment_author_email, $c->comment_content, (int) $c->user_id];
    return array_map($told, get_comments($asked + ['orderby' => 'comment_ID', 'order' => 'ASC']));
"""


@pytest.fixture
def answered(
    wordpress: WordPress, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[World, WordPress, int, list[int]]:
    """A world that follows it with a password; an article, Layla's comment, and an answer to it."""
    wordpress.run(_EMPTY)
    password = wordpress.run("return WP_Application_Passwords::create_new_application_password(1, ['name' => 'n'])[0];")
    monkeypatch.setenv(NAME, f"editor:{password}")
    world = make_world(db, tmp_path / "journal").with_settings(inbound_domain=DOMAIN)
    fetch = Fetcher(30, 5_000_000, (f"127.0.0.1:{wordpress.port}",))
    world.parts = replace(world.parts, fetch=fetch)
    post = wordpress.write_post("خبر للنقاش")
    with world.parts.db.writing() as session:
        add_source(session, world.site, SourceKind.WORDPRESS, discover(fetch, wordpress.url).root, world.now, NAME)
    poll(world)
    mine = wordpress.write_comment(post, "تعليقي", comment_author_email=ME)
    poll(world)
    with world.parts.db.reading() as session:
        article = session.scalars(select(Item.guid).where(Item.kind == "article")).one()
    world.reader(ME, f"mine:{article}", frequency=Frequency.INSTANT, name="ليلى البصري")
    theirs = wordpress.write_comment(post, "رد عليك", parent=mine, comment_author_email=SHE)
    poll(world)
    return world, wordpress, post, [mine, theirs]


def poll(world: World) -> None:
    with world.parts.db.writing() as session:
        session.execute(update(Source).values(next_poll_at=world.now))
        source = session.scalars(select(Source.id)).one()
    polled = polling.poll_source(world.parts, source, world.now)
    assert polled is not None
    assert not polled.error
    world.work()


def rows(site: WordPress, post: int) -> list[list[Any]]:
    return list(site.run(_LOOK, p=post, a=ME))


def test_a_reply_is_a_held_comment_once(answered: tuple[World, WordPress, int, list[int]]) -> None:
    world, site, post, (mine, theirs) = answered
    for _ in range(5):
        world.later(minutes=1)
        world.tick()
    (letter,) = world.letters()
    place = place_of(parseaddr(letter["Reply-To"])[1], DOMAIN, world.parts.signer)
    assert place is not None
    data = mail("شكراً <script>alert(1)</script> & <b>جداً</b>\n\nسطر ثان")
    mailroom.take_in(world.parts, Arrival(place, data, ME), datetime.now(UTC))
    mailroom.take_in(world.parts, Arrival(place, data, ME), datetime.now(UTC))
    world.now = datetime.now(UTC)
    world.work()
    first, said = rows(site, post)
    assert first[0] == mine
    assert said[1:5] == [theirs, "0", "ليلى البصري", ME]
    assert said[5] == "شكراً &lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;جداً&lt;/b&gt;\n\nسطر ثان"
    assert said[6] == 0, "nobody's account"
    # An answer that was lost: the same is told again, and WordPress says that it has it.
    with world.parts.db.writing() as session:
        session.execute(
            update(Reply).values(
                state=ReplyState.WAITING, next_attempt_at=world.now,
                words="شكراً <script>alert(1)</script> & <b>جداً</b>\n\nسطر ثان",
            )
        )  # fmt: skip
        reply = session.scalars(select(Reply.id)).one()
    mailroom.hand_over(world.parts, reply, world.now)
    with world.parts.db.reading() as session:
        row = session.get_one(Reply, reply)
    assert (row.state, row.words, row.detail) == (ReplyState.HANDED, "", "it was there already")
    assert len(rows(site, post)) == 2

    site.run("return wp_update_post(['ID' => $given['p'], 'comment_status' => 'closed']);", p=post)
    mailroom.take_in(world.parts, Arrival(place, mail("آخر", name="2"), ME), world.now)
    world.work()
    with world.parts.db.reading() as session:
        last = session.scalars(select(Reply).order_by(Reply.id.desc())).first()
    assert last is not None
    assert (last.state, last.words, "rest_comment_closed" in last.detail) == (ReplyState.REFUSED, "", True)
