"""WordPress's own database, read for real."""

from collections.abc import Iterator
from itertools import islice
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL

from notifier.domain.tokens import address_hash
from notifier.sources.wpdiscuz.mysql import PAGE, WordPress
from notifier.sources.wpdiscuz.table import FOLLOWS, POSTMETA, SUBSCRIPTIONS, TableError
from tests import mariadb
from tests.takeover.conftest import HOME, Paper
from tests.takeover.tables import KEY

pytestmark = pytest.mark.mariadb
ARTICLE = f"{HOME}/?p=164"
NEW = """CREATE TABLE wp_wc_comments_subscription (
    id INT(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) NOT NULL, subscribtion_id INT(11) NOT NULL,
    post_id INT(11) NOT NULL, subscribtion_type VARCHAR(20) NOT NULL, activation_key VARCHAR(32) NOT NULL,
    confirm TINYINT DEFAULT 0, subscription_date TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    imported_from VARCHAR(191) NOT NULL DEFAULT '',
    UNIQUE KEY subscribe_unique_index (subscribtion_id, email, post_id)) DEFAULT CHARSET utf8mb4"""
OLD = """CREATE TABLE wp_wc_comments_subscription (
    id INT(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) NOT NULL, subscribtion_id INT(11) NOT NULL,
    post_id INT(11) NOT NULL, subscribtion_type VARCHAR(20) NOT NULL, activation_key VARCHAR(32) NOT NULL,
    confirm TINYINT DEFAULT 0, subscription_date TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) DEFAULT CHARSET utf8"""
FOLLOW = """CREATE TABLE wp_wc_follow_users (
    id INT(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, post_id INT(11) NOT NULL DEFAULT 0, user_id INT(11) DEFAULT 0,
    user_email VARCHAR(125) NOT NULL, user_name VARCHAR(255) NOT NULL, follower_id INT(11) DEFAULT 0,
    follower_email VARCHAR(125) NOT NULL, follower_name VARCHAR(255) NOT NULL, activation_key VARCHAR(32) NOT NULL,
    confirm TINYINT DEFAULT 0, follow_timestamp INT(11) NOT NULL, follow_date DATETIME NOT NULL)
    DEFAULT CHARSET utf8mb4"""
OTHERS = (
    "CREATE TABLE wp_posts (ID BIGINT PRIMARY KEY, post_title TEXT, post_status VARCHAR(20)) DEFAULT CHARSET utf8mb4",
    "INSERT INTO wp_posts VALUES (164, 'منسوب دجلة &amp; الفرات', 'publish'), (165, 'مسودة', 'draft')",
    """CREATE TABLE wp_postmeta (meta_id BIGINT AUTO_INCREMENT PRIMARY KEY, post_id BIGINT, meta_key VARCHAR(255),
    meta_value LONGTEXT) DEFAULT CHARSET utf8mb4""",
    """INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES
    (164, '_stcr@_huda@mail.iq', '2019-02-03 10:00:00|R'), (164, '_edit_lock', '1:1'),
    (164, 'xstcr@xno@mail.iq', '2019-02-03 10:00:00|Y')""",
)


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    with mariadb.running() as url:
        yield url


@pytest.fixture
def there(server: URL) -> Iterator[Engine]:
    """A WordPress database of this test's own."""
    name = f"wp{uuid4().hex[:8]}"
    owner = create_engine(server)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(server.set(database=name))
    yield engine
    engine.dispose()
    owner.dispose()


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def wordpress(engine: Engine) -> WordPress:
    return WordPress(engine.url.set(drivername="mysql").render_as_string(), "", "wp_")


def row(email: str, about: int = 164, kind: str = "post", confirm: int = 1, at: str = "'2023-05-04 07:00:00'") -> str:
    return (
        "INSERT INTO wp_wc_comments_subscription (email, subscribtion_id, post_id, subscribtion_type, activation_key, "  # noqa: S608 - a test's own values
        f"confirm, subscription_date) VALUES ('{email}', {about}, 164, '{kind}', '{KEY}', {confirm}, {at})"
    )


def test_both_tables_and_the_other_plugin_s_are_read(paper: Paper, there: Engine) -> None:
    followed = (
        "INSERT INTO wp_wc_follow_users VALUES "  # noqa: S608 - a test's own values
        f"(1, 164, 0, 's@mail.iq', 'د. سعاد', 0, 'omar@mail.iq', 'عمر', '{KEY}', 1, 1, '2023-05-04 10:00:00')"
    )
    run(there, NEW, FOLLOW, *OTHERS, row("layla@mail.iq"), row("layla@mail.iq", 9, "comment"), followed)
    source = wordpress(there)
    found = [source.table(shape) for shape in (SUBSCRIPTIONS, FOLLOWS, POSTMETA)]
    counts = paper.take(*(one for one in found if one))
    source.close()
    assert paper.has() == {
        "layla@mail.iq": [f"replies:{ARTICLE}#comment-9", f"thread:{ARTICLE}"],
        "omar@mail.iq": [f"author:{address_hash(paper.world.site.pepper, 's@mail.iq')}"],
        "huda@mail.iq": [f"mine:{ARTICLE}"],
    }
    assert counts["wp_postmeta"].found == 1


@pytest.mark.parametrize(
    ("option", "is_ticked"),
    [('s:21:"isReplyDefaultChecked";i:1;', True), ('s:21:"isReplyDefaultChecked";i:0;', False), ("", False)],
)
def test_a_box_that_is_ticked_beforehand_stands_in_the_settings(there: Engine, option: str, *, is_ticked: bool) -> None:
    table = "CREATE TABLE wp_options (option_name VARCHAR(191) PRIMARY KEY, option_value LONGTEXT)"
    values = f"INSERT INTO wp_options VALUES ('wc_options', 'a:1:{{{option}}}')"  # noqa: S608 - a test's own values
    run(there, NEW, FOLLOW, *((table, values) if option else ()))
    source = wordpress(there)
    found = [source.table(shape) for shape in (SUBSCRIPTIONS, FOLLOWS)]
    source.close()
    assert [one.is_ticked for one in found if one] == [is_ticked, False]


def test_titles_and_moments_come_along(there: Engine) -> None:
    run(there, "SET time_zone = '+05:00'", NEW, *OTHERS, row("a@mail.iq", at="'2023-05-04 12:00:00'"))
    source = wordpress(there)
    table = source.table(SUBSCRIPTIONS)
    assert table is not None
    (found,) = table.rows()
    assert found.values is not None
    assert found.values["post_title"] == "منسوب دجلة &amp; الفرات"
    assert found.values["subscription_date"] == "2023-05-04 07:00:00+00:00"
    source.close()


def test_the_table_of_2015_with_its_duplicates(paper: Paper, there: Engine) -> None:
    run(there, "SET sql_mode = ''", OLD, row("a@mail.iq"), row("a@mail.iq"), row("b@mail.iq", at="'0000-00-00'"))
    source = wordpress(there)
    table = source.table(SUBSCRIPTIONS)
    assert table is not None
    assert source.table(FOLLOWS) is None
    count = paper.take(table)["wp_wc_comments_subscription"]
    source.close()
    assert (count.found, count.taken, count.skipped.total()) == (3, 2, 1)


def test_more_rows_than_a_page_are_read_once_each_in_order(there: Engine) -> None:
    many = ", ".join(f"('r{n}@mail.iq', 164, 164, 'post', '{KEY}', 1)" for n in range(2 * PAGE))
    columns = "email, subscribtion_id, post_id, subscribtion_type, activation_key, confirm"
    run(there, NEW, f"INSERT INTO wp_wc_comments_subscription ({columns}) VALUES {many}")  # noqa: S608 - a test's own values
    source = wordpress(there)
    table = source.table(SUBSCRIPTIONS)
    assert table is not None
    numbers = [one.number for one in islice(table.rows(), 3 * PAGE)]
    source.close()
    assert numbers == list(range(1, 2 * PAGE + 1))
    assert table.size == 2 * PAGE


def test_nothing_can_be_written_there(there: Engine) -> None:
    run(there, NEW)
    source = wordpress(there)
    assert source.table(SUBSCRIPTIONS)
    with pytest.raises(Exception, match="READ ONLY"), source.engine.begin() as connection:
        connection.execute(text("DELETE FROM wp_wc_comments_subscription"))
    source.close()


def test_a_fault_is_a_sentence_without_the_password(server: URL) -> None:
    place = server.set(drivername="mysql", username="nobody").render_as_string()
    with pytest.raises(TableError, match="does not answer") as told:
        WordPress(place, "secret-word", "wp_").table(SUBSCRIPTIONS)
    assert "secret-word" not in str(told.value)
