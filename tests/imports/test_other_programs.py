"""Programs that keep what somebody left beside the person: MailPoet's rows, and what listmonk does not tell."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from notifier import imports
from notifier.domain.importing.plan import SILENT
from notifier.domain.importing.rows import Fate, Read, together
from notifier.models import ConsentEvent, Import, Signup, Suppression
from notifier.sources import lists
from tests.imports.conftest import POLITICS, SPORT, Bench

HEAD = "Email,First name,Confirmation time,List status,Global status,List,Tags\n"
WORDS = {"news": POLITICS, "games": SPORT}


def row(who: str, of: str, listed: str, person: str = "subscribed") -> str:
    return f"{who}@example.org,Sara,2020-01-02 03:04:05,{listed},{person},{of},{of}-tag\n"


def take(bench: Bench, rows: str, at_once: int = 0, name: str = "list.csv", **given: Any) -> Import:
    """In batches of so many rows; 0 for one."""
    path = bench.file(HEAD + rows, name=name)
    number = bench.begin(path, **{"topics": (), "words": WORDS, **given})
    imports.advance(
        bench.world.parts, number, bench.world.clock, opened=lists.of_file(path), turn=imports.Turn(at_once=at_once)
    )
    return bench.row(number)


@pytest.mark.parametrize("at_once", [0, 1])
@pytest.mark.parametrize("order", [("News", "Games"), ("Games", "News")])
def test_a_list_that_somebody_is_on_counts_more_than_one_that_they_left(
    bench: Bench, at_once: int, order: tuple[str, str]
) -> None:
    said = {
        "one": {"News": "unsubscribed", "Games": "subscribed"},
        "both": {"News": "subscribed", "Games": "subscribed"},
        "none": {"News": "unsubscribed", "Games": "unsubscribed"},
    }
    # List after list, as MailPoet writes them.
    rows = "".join(row(who, of, listed[of]) for of in order for who, listed in said.items())
    done = take(bench, rows, at_once)
    assert set(bench.readers()) == {"one@example.org", "both@example.org"}
    assert bench.active("one@example.org") == {SPORT}
    assert bench.active("both@example.org") == {POLITICS, SPORT}
    assert bench.tags("both@example.org") == {"News-tag", "Games-tag"}
    assert sum(done.counts.values()) == 6
    again = take(bench, row("none", "Games", "subscribed"), name="later.csv")
    assert again.counts == {"left": 1}, "an earlier list said that they had left all there was"


@pytest.mark.parametrize("at_once", [0, 1])
@pytest.mark.parametrize(("word", "kept"), [("unsubscribed", []), ("bounced", ["bounced"]), ("spam", ["complained"])])
def test_what_is_said_of_the_person_counts_for_all_their_rows(
    bench: Bench, at_once: int, word: str, kept: list[str]
) -> None:
    rows = row("a", "News", "subscribed", word) + row("a", "Games", "subscribed")
    take(bench, rows, at_once)
    assert bench.readers() == {}
    with bench.world.parts.db.reading() as session:
        assert session.scalars(select(Suppression.reason)).all() == kept


def test_who_opened_nothing_for_long_is_a_reader_in_mailpoet_alone(bench: Bench) -> None:
    assert take(bench, row("a", "News", "subscribed", "inactive")).counts == {"new": 1}
    other = bench.file("email,status\nb@example.org,inactive\n", name="other.csv")
    assert bench.run(other).counts == {"pending": 1}


def test_what_was_left_is_kept_as_evidence_of_that_list(bench: Bench) -> None:
    done = take(bench, row("a", "News", "unsubscribed"))
    with bench.world.parts.db.reading() as session:
        event = session.scalars(select(ConsentEvent)).one()
    assert (event.purpose, event.detail["left_one_list"], event.detail["row"]) == (POLITICS, done.id, 2)


def test_a_list_with_a_row_each_still_takes_the_first(bench: Bench) -> None:
    done = bench.run(bench.file("email,name\na@example.org,First\na@example.org,Second\n"))
    assert done.counts == {"new": 1, "duplicate": 1}
    assert bench.readers()["a@example.org"].name == "First"


@pytest.mark.parametrize("at_once", [0, 1])
def test_who_is_on_several_lists_is_asked_once_for_all_of_them(bench: Bench, at_once: int) -> None:
    take(bench, row("a", "News", "subscribed") + row("a", "Games", "subscribed"), at_once, asks=True)
    with bench.world.parts.db.reading() as session:
        (waiting,) = session.scalars(select(Signup)).all()
    assert waiting.topics == [POLITICS, SPORT]


def test_two_rows_say_the_same_in_either_order() -> None:
    rows = [
        Read("a@b.example", "a@b.example", "", "ar", fate, None, fate.value, "") for fate in (Fate.OFF, Fate.ACTIVE)
    ]
    for one, other in permutations(rows):
        both = together(one, other)
        assert (both.fate, both.topics) == (Fate.ACTIVE, "active")


def test_pieces_of_two_rows_are_united_where_both_count() -> None:
    news = Read("a@b.example", "a@b.example", "", "ar", Fate.ACTIVE, None, "News", "x")
    both = together(news, news._replace(name="Sara", topics="Games", tags="y"))
    assert (both.name, both.topics, both.tags) == ("Sara", "News\nGames", "x\ny")


LISTMONK = "uuid,email,name,attributes,status,created_at\nu,a@example.org,Sara,{},enabled,2020-01-02\n"


def test_listmonks_list_makes_nobody_a_reader_unless_it_is_said_to_hold_no_one_who_left(bench: Bench) -> None:
    blocked = "v,b@example.org,Omar,{},blocklisted,2020-01-02\n"
    path = bench.file(LISTMONK + blocked)
    assert bench.run(path, is_for_good=False).counts == {"asked": 1, "barred": 1}
    assert bench.run(path).counts == {"asked": 1, "barred": 1}
    assert bench.readers() == {}
    confirmed = bench.file(LISTMONK, name="confirmed.csv")
    assert bench.run(confirmed, is_confirmed=True).counts == {"new": 1}


def test_only_the_program_that_is_silent_is_asked_about(bench: Bench) -> None:
    assert {"listmonk"} == SILENT
    path = bench.file(LISTMONK)
    assert bench.plan(path).asks_first
    assert not bench.plan(path, is_confirmed=True).asks_first
    assert not bench.plan(bench.file("email\na@example.org\n")).asks_first
