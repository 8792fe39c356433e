"""What the rows of other plugins' tables mean here."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from notifier import readers
from notifier.consent import suppression
from notifier.domain.takeover import Guids, Skip
from notifier.domain.tokens import address_hash
from notifier.domain.words import ConsentAction, OldLinkKind
from notifier.models import ConsentEvent, Delivery, OldLink, Site, Subscriber, Subscription, Topic
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.takeover import Ears, Skipped, take_over
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
from tests.world import text_of

ARTICLE = f"{HOME}/?p=164"
SUAD = "author:د. سعاد العزاوي"
MAIL = "suad@rafidain.iq"


def subscriptions(paper: Paper, *rows: tuple[str, ...], columns: tuple[str, ...] = SUBSCRIPTIONS.columns) -> CsvTable:
    return CsvTable(write(paper.folder / "subscriptions.csv", columns, rows), SUBSCRIPTIONS)


def follows(paper: Paper, *rows: tuple[str, ...]) -> CsvTable:
    return CsvTable(write(paper.folder / "follows.csv", FOLLOWS.columns, rows), FOLLOWS)


def of(paper: Paper, address: str) -> str:
    """The hash that stands for a person here."""
    return address_hash(paper.world.site.pepper, address)


def settle(paper: Paper) -> None:
    """Let what was said be written of."""
    for _ in range(8):
        paper.world.later(minutes=5)
        paper.world.tick()


def test_each_kind_becomes_its_topic(paper: Paper) -> None:
    rows = (
        subscription(1, "layla@mail.iq"),
        subscription(2, "layla@mail.iq", "all_comment"),
        subscription(3, "layla@mail.iq", "comment", 9),
    )
    paper.take(subscriptions(paper, *rows), follows(paper, follow(1, "layla@mail.iq", user_email="")))
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
    settle(paper)
    assert sorted(paper.world.subjects()) == ["layla@mail.iq", "omar@mail.iq"]


def test_whom_they_follow_is_known_by_address_so_that_their_comments_come(paper: Paper) -> None:
    paper.world.article(ARTICLE)
    paper.take(follows(paper, follow(1, "layla@mail.iq")))
    paper.world.comment("c1", ARTICLE, author_name="سعاد", author_address="Suad@Rafidain.iq")
    paper.world.comment("c2", ARTICLE, author_name="د. سعاد العزاوي", author_address="other@mail.iq")
    settle(paper)
    assert list(paper.world.subjects()) == ["layla@mail.iq"]
    assert "تعليق c1" in text_of(paper.world.letters()[0])
    assert "تعليق c2" not in text_of(paper.world.letters()[0]), "a name can be borrowed"


def test_whoever_writes_articles_too_is_followed_by_both_and_left_by_one_link(paper: Paper) -> None:
    paper.world.article("a1", author_name="د. سعاد العزاوي")
    paper.world.work()
    paper.take(follows(paper, follow(1, "layla@mail.iq"), follow(2, "omar@mail.iq", "زائر", user_email="z@mail.iq")))
    hers = f"author:{of(paper, MAIL)}"
    assert paper.has() == {"layla@mail.iq": [hers, SUAD], "omar@mail.iq": [f"author:{of(paper, 'z@mail.iq')}"]}
    paper.world.article("a2", author_name="د. سعاد العزاوي")
    paper.world.comment("c1", "a2", author_address=MAIL)
    settle(paper)
    assert len(paper.world.subjects()["layla@mail.iq"]) == 2, "one of the article, one of the comment"
    link = readers.read_old_link(paper.world.parts, OldLinkKind.FOLLOW, 1, KEY)
    assert link
    assert link.label == "د سعاد العزاوي"
    readers.end_by_old_link(paper.world.parts, link, "", paper.world.now)
    assert list(paper.has()) == ["omar@mail.iq"]
    again = paper.take(follows(paper, follow(1, "layla@mail.iq")))
    assert again["follows.csv"].skipped == {Skip.LEFT: 1}


@pytest.mark.parametrize("address", ["", "anonymous_1@example.com", "nonsense"])
def test_without_a_real_address_a_name_is_all_there_is(paper: Paper, address: str) -> None:
    rows = follow(1, "layla@mail.iq", user_email=address), follow(2, "omar@mail.iq", "", user_email=address)
    counts = paper.take(follows(paper, *rows))
    assert paper.has() == {"layla@mail.iq": [SUAD]}
    assert counts["follows.csv"].skipped == {Skip.NAME: 1}


@pytest.mark.parametrize("is_ticked", [False, True])
def test_a_box_that_was_ticked_beforehand_is_told_from_one_that_was_not(paper: Paper, *, is_ticked: bool) -> None:
    job = paper.job(go=True)
    job = replace(job, terms=replace(job.terms, is_ticked=is_ticked))
    rows = subscription(1, "layla@mail.iq"), subscription(3, "layla@mail.iq", "comment", 9)
    take_over(paper.world.parts, [subscriptions(paper, *rows)], job, Ears())
    with paper.world.parts.db.reading() as session:
        found = session.execute(
            select(Topic.name, Subscription.is_implicit).join(Subscription, Subscription.topic_id == Topic.id)
        )
        assert dict(found.all()) == {f"thread:{ARTICLE}": False, f"replies:{ARTICLE}#comment-9": is_ticked}


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
