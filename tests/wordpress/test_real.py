"""A real WordPress, written, edited, moderated and deleted in, and what notifier makes of it."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import select, update
from typer.testing import CliRunner

from notifier import assembly, cli, polling, settings
from notifier.cli.sources import plugin
from notifier.db import Database
from notifier.domain.words import ItemKind, ItemState, SourceKind
from notifier.models import Item, Source
from notifier.sites import add_source
from notifier.sources.feed import read_feed
from notifier.sources.fetch import Fetcher
from notifier.sources.poll import Polled
from notifier.sources.wordpress import basic, discover
from notifier.web.app import create_app
from tests.wordpress.server import NoWordPressError, WordPress, running
from tests.world import SECRET, World, make_world

pytestmark = [pytest.mark.wordpress, pytest.mark.timeout(300)]
NAME = "NOTIFIER_SOURCE_RAFIDAIN"


@pytest.fixture(scope="module")
def wordpress() -> Iterator[WordPress]:
    try:
        with running() as site:
            yield site
    except NoWordPressError as fault:
        if os.environ.get("NOTIFIER_TEST_WORDPRESS") == "required":
            pytest.fail(f"no WordPress: {fault}")
        pytest.skip(f"no WordPress: {fault}")


@dataclass
class Following:
    """A notifier that follows a WordPress."""

    world: World
    site: WordPress
    source_id: int

    def poll(self) -> Polled:
        """Look now, due or not."""
        self.world.now = datetime.now(UTC)
        with self.world.parts.db.writing() as session:
            session.execute(update(Source).values(next_poll_at=self.world.now))
        polled = polling.poll_source(self.world.parts, self.source_id, self.world.now)
        assert polled is not None
        assert not polled.error
        return polled

    def items(self, kind: ItemKind) -> dict[str, Item]:
        with self.world.parts.db.reading() as session:
            return {one.guid: one for one in session.scalars(select(Item).where(Item.kind == kind))}

    def article(self, number: int) -> Item:
        guid = self.site.run("return get_the_guid($given['n']);", n=number)
        return self.items(ItemKind.ARTICLE)[guid]

    def comment(self, number: int) -> Item:
        found = self.items(ItemKind.COMMENT)
        return next(one for guid, one in found.items() if guid.endswith(f"#comment-{number}"))

    def was_asked(self) -> bool:
        """Whether the site asked for a look since this was asked last."""
        with self.world.parts.db.writing() as session:
            source = session.get_one(Source, self.source_id)
            at, source.asked_at = source.asked_at, None
        return at is not None


@pytest.fixture
def following(wordpress: WordPress, db: Database, tmp_path: Path) -> Following:
    wordpress.run(_EMPTY)
    world = make_world(db, tmp_path / "journal")
    fetch = Fetcher(30, 5_000_000, (f"127.0.0.1:{wordpress.port}",))
    world.parts = replace(world.parts, fetch=fetch)
    root = discover(fetch, wordpress.url).root
    with world.parts.db.writing() as session:
        source = add_source(session, world.site, SourceKind.WORDPRESS, root, datetime.now(UTC))
    return Following(world, wordpress, source.id)


def test_articles_come_with_all_that_belongs_to_them(following: Following) -> None:
    site = following.site
    politics = site.run(_CATEGORY, name="سياسة & اقتصاد")
    number = site.write_post("منسوب دجلة “يرتفع”", post_category=[politics], tags_input=["دجلة", "نهر"])
    site.run(_PICTURE, post=number)
    following.poll()
    item = following.article(number)
    assert item.title == "منسوب دجلة “يرتفع”"
    assert item.author_name == "editor"
    assert (item.image_alt, item.image_url.rpartition("/")[2]) == ("النهر عند الجسر", "river-768x432.png")
    assert item.announced_at
    feed = read_feed(site.get("/?feed=rss2").encode(), "application/rss+xml", site.url)
    (same,) = [one for one in feed if one.guid == item.guid]
    assert (same.title, same.author_name) == (item.title, item.author_name)
    assert set(same.categories) == {"سياسة & اقتصاد", "دجلة", "نهر"}


def test_comments_come_with_their_parents_edits_and_moderation(following: Following) -> None:
    site = following.site
    number = site.write_post("خبر للنقاش")
    following.poll()
    first = site.write_comment(number, "تعليق أول")
    answer = site.write_comment(number, "رد", parent=first)
    held = site.write_comment(number, "ينتظر", comment_approved=0)
    following.poll()
    one, two = following.comment(first), following.comment(answer)
    assert two.parent_id == one.id
    assert two.announced_at
    assert not any(guid.endswith(f"-{held}") for guid in following.items(ItemKind.COMMENT))
    feed = read_feed(site.get("/?feed=comments-rss2").encode(), "application/rss+xml", site.url)
    assert {one.guid, two.guid} <= {entry.guid for entry in feed}

    site.run("return wp_set_comment_status($given['c'], 'approve');", c=held)
    site.run("return wp_update_comment(['comment_ID' => $given['c'], 'comment_content' => 'معدل']);", c=first)
    site.run("return wp_set_comment_status($given['c'], 'spam');", c=answer)
    following.poll()
    assert following.comment(held).announced_at
    assert following.comment(first).summary == "معدل"
    assert following.comment(answer).state is ItemState.RETRACTED

    site.run("return wp_set_comment_status($given['c'], 'approve');", c=answer)
    site.run("return wp_delete_comment($given['c'], true);", c=held)
    following.poll()
    assert following.comment(answer).state is ItemState.LIVE
    assert following.comment(answer).announced_at == two.announced_at
    assert following.comment(held).state is ItemState.RETRACTED


def test_edits_drafts_schedules_and_deletions_of_articles(following: Following) -> None:
    site = following.site
    kept, gone, hidden = (site.write_post(f"خبر {name}") for name in ("باق", "محذوف", "مخفي"))
    later = site.run(_SCHEDULE)
    following.poll()
    site.run("return wp_update_post(['ID' => $given['p'], 'post_content' => 'نص مصحح']);", p=kept)
    site.run("return (bool) wp_delete_post($given['p'], true);", p=gone)
    site.run("return wp_update_post(['ID' => $given['p'], 'post_status' => 'draft']);", p=hidden)
    guids = following.items(ItemKind.ARTICLE)
    following.poll()
    assert following.article(kept).summary == "نص مصحح"
    states = {one.title: one.state for one in following.items(ItemKind.ARTICLE).values()}
    assert (states["خبر محذوف"], states["خبر مخفي"]) == (ItemState.RETRACTED, ItemState.RETRACTED)
    assert len(guids) == len(states)
    site.run("return wp_update_post(['ID' => $given['p'], 'post_status' => 'publish']);", p=hidden)
    end = time.monotonic() + 30
    while site.run("do_action('publish_future_post', $given['p']); return get_post_status($given['p']);", p=later) != (
        "publish"
    ):
        assert time.monotonic() < end
        time.sleep(0.5)
    following.poll()
    assert following.article(later).announced_at
    assert following.article(hidden).state is ItemState.LIVE


def test_what_came_by_feed_is_not_news_again(following: Following) -> None:
    site = following.site
    number = site.write_post("خبر من الخلاصة")
    world = following.world
    world.now = datetime.now(UTC)
    for entry in read_feed(site.get("/?feed=rss2").encode(), "application/rss+xml", site.url):
        world.ingest(entry)
    before = following.article(number)
    following.poll()
    after = following.article(number)
    assert (after.id, after.announced_at) == (before.id, before.announced_at)


def test_the_api_is_found_with_and_without_pretty_addresses(following: Following) -> None:
    site, fetch = following.site, following.world.parts.fetch
    structure = site.run("return get_option('permalink_structure');")
    site.run("update_option('permalink_structure', ''); return 1;")
    try:
        plain = discover(fetch, site.url)
        assert plain.root.startswith(site.url)
        assert plain.root.endswith("?rest_route=/")
        with following.world.parts.db.writing() as session:
            session.execute(update(Source).values(url=plain.root))
        number = site.write_post("بلا روابط جميلة")
        following.poll()
        assert following.article(number).announced_at
    finally:
        site.run("update_option('permalink_structure', $given['s']); return 1;", s=structure)
    assert plain.name == "صحيفة الرافدين"


def test_an_application_password_tells_who_comments(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    site, world = following.site, following.world
    password = site.run("return WP_Application_Passwords::create_new_application_password(1, ['name' => 'n'])[0];")
    monkeypatch.setenv(NAME, f"editor:{password}")
    with world.parts.db.writing() as session:
        session.execute(update(Source).values(secret_name=NAME))
    number = site.write_post("خبر بكلمة مرور")
    said = site.write_comment(number, "تعليق")
    following.poll()
    assert following.comment(said).author_hash
    site.run("return wp_set_comment_status($given['c'], 'hold');", c=said)
    following.poll()
    assert following.comment(said).state is ItemState.RETRACTED
    assert discover(world.parts.fetch, site.url, basic(f"editor:{password}")).comments is not None
    monkeypatch.setenv(NAME, "editor:wrong")
    world.now = datetime.now(UTC)
    with world.parts.db.writing() as session:
        session.execute(update(Source).values(next_poll_at=world.now))
    polled = polling.poll_source(world.parts, following.source_id, world.now)
    assert polled is not None
    assert "Its password is not accepted" in polled.notice
    assert following.article(number).state is ItemState.LIVE


def test_the_plugin_asks_for_a_look_at_once(following: Following) -> None:
    world, site = following.world, following.site
    following.poll()
    world.with_settings(redis_url=SecretStr("memory://"))
    server = uvicorn.Server(
        uvicorn.Config(create_app(world.parts, now=world_time), port=0, host="127.0.0.1", log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    file = site.docs / "wp-content" / "mu-plugins" / "notifier-hook.php"
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        world.with_settings(base_url=f"http://127.0.0.1:{port}")
        file.write_text(plugin(world.parts, following.source_id), encoding="utf-8")
        post = site.write_post("خبر عاجل")
        assert following.was_asked()
        site.write_comment(post, "ينتظر", comment_approved=0)
        assert not following.was_asked()
        comment = site.write_comment(post, "تعليق")
        assert following.was_asked()
        site.run("return wp_set_comment_status($given['c'], 'hold');", c=comment)
        assert following.was_asked()
    finally:
        file.unlink(missing_ok=True)
        server.should_exit = True
        thread.join(10)


def test_an_editor_types_one_line(
    wordpress: WordPress, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "n.db"
    file.write_bytes(sqlite_template.read_bytes())
    knobs = {"SECRET_KEY": SECRET, "DATABASE_URL": f"sqlite:///{file}", "REDIS_URL": "redis://127.0.0.1:9/0"}
    knobs["FETCH_HOSTS_ALLOWED"] = f"127.0.0.1:{wordpress.port}"
    for name, value in knobs.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    settings.current.cache_clear()
    assembly.parts.cache_clear()
    run = CliRunner().invoke
    assert run(cli.app, ["site", "add", "r", "--name", "ر", "--sender", "news@r.example"]).exit_code == 0
    added = run(cli.app, ["source", "add", "wordpress", wordpress.url])
    assert added.exit_code == 0, added.output
    assert "WordPress “صحيفة الرافدين”, its REST API at" in added.output
    assert "categories: " in added.output
    assert "items read" in run(cli.app, ["source", "poll", "1"]).output
    assert "whsec_" in run(cli.app, ["source", "hook", "1"]).output
    assembly.parts().close()
    settings.current.cache_clear()
    assembly.parts.cache_clear()


def world_time() -> datetime:
    return datetime.now(UTC)


_EMPTY = """
    foreach (get_posts(['numberposts' => -1, 'post_status' => 'any']) as $post) { wp_delete_post($post->ID, true); }
    foreach (get_terms(['taxonomy' => 'category', 'hide_empty' => false]) as $one) {
        wp_delete_term($one->term_id, 'category');
    }
    WP_Application_Passwords::delete_all_application_passwords(1);
    return 1;
"""
_CATEGORY = "return wp_insert_term($given['name'], 'category')['term_id'];"
_SCHEDULE = """
    $at = time() + 4;
    return wp_insert_post(['post_title' => 'خبر مجدول', 'post_content' => 'x', 'post_status' => 'future',
        'post_date_gmt' => gmdate('Y-m-d H:i:s', $at), 'post_date' => get_date_from_gmt(gmdate('Y-m-d H:i:s', $at))]);
"""
_PICTURE = """
    $file = wp_upload_dir()['path'] . '/river.png';
    file_put_contents($file, 'x');
    $id = wp_insert_attachment(['post_mime_type' => 'image/png', 'post_title' => 'river', 'post_status' => 'inherit'],
        $file, $given['post']);
    $size = fn($w, $h) => ['file' => "river-{$w}x{$h}.png", 'width' => $w, 'height' => $h, 'mime-type' => 'image/png'];
    wp_update_attachment_metadata($id, ['width' => 2400, 'height' => 1350, 'file' => '2026/11/river.png',
        'sizes' => ['medium' => $size(300, 169), 'medium_large' => $size(768, 432), 'large' => $size(1024, 576)]]);
    update_post_meta($id, '_wp_attachment_image_alt', 'النهر عند الجسر');
    return set_post_thumbnail($given['post'], $id);
"""
