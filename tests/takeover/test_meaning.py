"""What the rows of other plugins' tables mean here."""

import pytest
from sqlalchemy import select

from notifier.consent import suppression
from notifier.domain.takeover import Guids, Skip
from notifier.domain.words import ConsentAction
from notifier.models import ConsentEvent, Delivery, OldLink, Site, Subscriber, Topic
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.takeover import Skipped
from tests.takeover.conftest import HOME, Paper
from tests.takeover.tables import (
    FOLLOWS,
    KEY,
    OLD_SUBSCRIPTIONS,
    POSTMETA,
    SUBSCRIPTIONS,
    follow,
    meta,
    subscription,
    write,
)  # fmt: skip

ARTICLE = f"{HOME}/?p=164"
SUAD = "author:د. سعاد العزاوي"


def subscriptions(paper: Paper, *rows: tuple[str, ...], columns: tuple[str, ...] = SUBSCRIPTIONS.columns) -> CsvTable:
    return CsvTable(write(paper.folder / "subscriptions.csv", columns, rows), SUBSCRIPTIONS)


def follows(paper: Paper, *rows: tuple[str, ...]) -> CsvTable:
    return CsvTable(write(paper.folder / "follows.csv", FOLLOWS.columns, rows), FOLLOWS)


def test_each_kind_becomes_its_topic(paper: Paper) -> None:
    rows = (
        subscription(1, "layla@mail.iq"),
        subscription(2, "layla@mail.iq", "all_comment"),
        subscription(3, "layla@mail.iq", "comment", 9),
    )
    paper.take(subscriptions(paper, *rows), follows(paper, follow(1, "layla@mail.iq")))
    assert paper.has() == {
        "layla@mail.iq": [SUAD, f"mine:{ARTICLE}", f"replies:{ARTICLE}#comment-9", f"thread:{ARTICLE}"]
    }


def test_a_comment_reaches_who_was_taken_over_and_nobody_is_asked_again(paper: Paper) -> None:
    paper.world.article(ARTICLE)
    paper.world.comment(f"{ARTICLE}#comment-9", ARTICLE)
    paper.world.work()
    paper.world.wire.sent.clear()
    rows = (subscription(1, "layla@mail.iq"), subscription(3, "omar@mail.iq", "comment", 9))
    paper.take(subscriptions(paper, *rows))
    paper.world.work()
    assert paper.world.wire.sent == []
    paper.world.comment(f"{ARTICLE}#comment-10", ARTICLE, f"{ARTICLE}#comment-9")
    for _ in range(8):
        paper.world.later(minutes=5)
        paper.world.tick()
    assert sorted(paper.world.subjects()) == ["layla@mail.iq", "omar@mail.iq"]


def test_consent_keeps_its_date_and_where_it_came_from(paper: Paper) -> None:
    rows = (
        subscription(1, "a@mail.iq", imported_from="stcr"),
        subscription(2, "b@mail.iq", subscription_date="0000-00-00 00:00:00"),
    )
    paper.take(subscriptions(paper, *rows))
    with paper.world.parts.db.reading() as session:
        known, unknown = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id))
    assert (known.action, known.source, known.purpose) == (ConsentAction.CONFIRMED, "wpdiscuz", f"thread:{ARTICLE}")
    assert known.at.isoformat() == "2023-05-04T07:00:00+00:00", "ten o'clock in Baghdad"
    assert known.detail == {
        "basis": "confirmed with wpDiscuz",
        "row": "subscriptions.csv:2",
        "imported_at": paper.world.now.isoformat(),
        "imported_from": "stcr",
    }
    assert (unknown.at, unknown.detail["date"]) == (paper.world.now, "unknown")


def test_placeholders_and_the_unconfirmed_are_left_out(paper: Paper) -> None:
    made_up = ("anonymous_1@example.com", "x@mail.example.com", "x@site.local", "x@nowhere.invalid", "x@localhost")
    rows = [subscription(n, address) for n, address in enumerate((*made_up, "x@mailinator.com"), 1)]
    rows.append(subscription(8, "real@mail.iq", confirm="0"))
    counts = paper.take(subscriptions(paper, *rows))
    assert counts["subscriptions.csv"].skipped == {Skip.PLACEHOLDER: 6, Skip.UNCONFIRMED: 1}
    assert paper.has() == {}
    with paper.world.parts.db.reading() as session:
        assert session.scalars(select(Subscriber)).all() == []
        assert session.scalars(select(OldLink)).all() == []


def test_the_table_of_2015_has_duplicates_and_no_origin(paper: Paper) -> None:
    rows = (
        subscription(1, "layla@mail.iq"),
        subscription(2, "Layla@MAIL.iq", activation_key="f" * 32),
        subscription(3, "layla@mail.iq"),
    )
    counts = paper.take(subscriptions(paper, *rows, columns=OLD_SUBSCRIPTIONS))
    count = counts["subscriptions.csv"]
    assert (count.found, count.taken, count.skipped) == (3, 1, {Skip.DUPLICATE: 2})
    assert paper.has() == {"layla@mail.iq": [f"thread:{ARTICLE}"]}
    with paper.world.parts.db.reading() as session:
        assert len(session.scalars(select(OldLink)).all()) == 3, "the links of every row work"
        assert KEY not in "".join(session.scalars(select(OldLink.key_hash)))


def test_a_suppressed_address_stays_so_and_leaves_no_trace(paper: Paper) -> None:
    with paper.world.parts.db.writing() as session:
        site = session.get_one(Site, paper.world.site.id)
        suppression.suppress(session, site, "gone@mail.iq", "asked", "test", paper.world.now)
    counts = paper.take(subscriptions(paper, subscription(1, "Gone@mail.iq")))
    assert counts["subscriptions.csv"].skipped == {Skip.SUPPRESSED: 1}
    with paper.world.parts.db.reading() as session:
        assert session.scalars(select(Subscriber)).all() == []
        assert session.scalars(select(OldLink)).all() == []


def test_a_topic_bears_the_title_of_its_article(paper: Paper) -> None:
    paper.world.article(ARTICLE, title="منسوب دجلة")
    paper.take(subscriptions(paper, subscription(2, "layla@mail.iq", "all_comment")))
    with paper.world.parts.db.reading() as session:
        assert session.scalars(select(Topic.label).where(Topic.name.startswith("mine:"))).one() == "منسوب دجلة"


def test_articles_that_have_not_come_in_are_counted(paper: Paper) -> None:
    paper.world.article(ARTICLE)
    rows = subscription(1, "a@mail.iq"), subscription(2, "b@mail.iq", about=165)
    assert paper.take(subscriptions(paper, *rows), go=False)["subscriptions.csv"].waiting == 1


def test_comments_reloaded_says_in_a_letter_what_it_means(paper: Paper) -> None:
    rows = (
        meta(1, "all@mail.iq", "2019-02-03 10:00:00|Y"),
        meta(2, "mine@mail.iq", "2019-02-03 10:00:00|R"),
        meta(3, "quiet@mail.iq", "2019-02-03 10:00:00|C"),
        meta(4, "new@mail.iq", "2019-02-03 10:00:00|YC"),
        meta(5, "new@mail.iq", "2019-02-03 10:00:00|RC"),
        meta(6, "odd@mail.iq", "2019-02-03 10:00:00|X"),
        ("7", "164", "_edit_lock", "1683194400:1"),
    )
    path = write(paper.folder / "postmeta.csv", POSTMETA.columns, rows)
    skipped: list[Skipped] = []
    counts = paper.take(CsvTable(path, POSTMETA), skipped=skipped)
    assert paper.has() == {"all@mail.iq": [f"thread:{ARTICLE}"], "mine@mail.iq": [f"mine:{ARTICLE}"]}
    assert counts["postmeta.csv"].found == 6
    assert [(one.row, one.why) for one in skipped] == [
        (4, Skip.SUSPENDED), (5, Skip.UNCONFIRMED), (6, Skip.UNCONFIRMED), (7, Skip.KIND),
    ]  # fmt: skip


def test_guids_are_one_contract() -> None:
    usual = Guids.of("https://rafidain.iq/")
    assert usual.comment(164, 9) == "https://rafidain.iq/?p=164#comment-9"
    assert Guids("post-{post}", "comment-{comment}").comment(164, 9) == "comment-9"
    for wrong in (("all", "{comment}"), ("{post}", "{article}")):
        with pytest.raises(ValueError, match="needs"):
            Guids(*wrong)


def test_nothing_is_planned_by_an_import(paper: Paper) -> None:
    paper.take(subscriptions(paper, subscription(1, "layla@mail.iq")))
    with paper.world.parts.db.reading() as session:
        assert session.scalars(select(Delivery)).all() == []
    assert paper.world.rung == []
