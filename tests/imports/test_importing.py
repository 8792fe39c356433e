"""What comes in from a list, what stays out, and what is told of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from notifier import imports, readers
from notifier.consent import moving, suppression
from notifier.domain.desk_words import ImportState
from notifier.domain.words import ConsentAction, Frequency
from notifier.imports.acts import PlanError
from notifier.models import ConsentEvent, Import, Signup, Subscriber, Subscription, Suppression
from notifier.sources import lists
from tests.imports.conftest import EDITOR, POLITICS, SPORT, Bench

GOOD = "".join(f"قارئ {n},reader{n}@example.org,2020-01-{n:02}\n" for n in range(1, 29))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_is_read_in_whatever_it_is_written(bench: Bench, encoding: str, delimiter: str) -> None:
    path = bench.file(("الاسم,email,date\n" + GOOD).replace(",", delimiter), encoding)
    done = bench.run(path)
    assert done.counts == {"new": 28}
    reader = bench.readers()["reader7@example.org"]
    assert (reader.name, reader.language, reader.confirmed_at) == ("قارئ 7", "ar", bench.world.now)
    assert bench.active("reader7@example.org") == {POLITICS}


def test_good_rows_come_in_and_bad_ones_are_told_with_line_and_reason(bench: Bench) -> None:
    lines = ["الاسم,البريد الإلكتروني,الحالة", *(f"ليلى,reader{n}@example.org,نشط" for n in range(2, 102))]
    for number, bad in (
        (10, "x,no address,نشط"),
        (40, 'x,"never closed@example.org,نشط'),
        (100, "x,a@example.org,what?"),
    ):
        lines[number - 1] = bad
    done = bench.run(bench.file("\r\n".join(lines), "cp1256"))
    assert done.counts == {"new": 97, "bad": 3}
    assert bench.faults(done.id) == [(10, "at_sign"), (40, "quotes"), (100, "status")]
    with bench.world.parts.db.reading() as session:
        assert next(imports.rejected(session, done.id)).words == "x,no address,نشط"


def test_a_dry_run_tells_the_same_and_changes_nothing(bench: Bench) -> None:
    path = bench.file("email\na@example.org\nb@example.org\nnobody\n")
    seen = bench.run(path, is_for_good=False, tag="old")
    assert seen.counts == {"new": 2, "bad": 1}
    assert bench.readers() == {}
    assert bench.run(path, tag="old").counts == seen.counts


def test_what_consent_rests_on_is_kept_with_the_day_and_the_row(bench: Bench) -> None:
    done = bench.run(bench.file("email,subscribed_at\na@example.org,٢٠١٩-٠٥-٠٤ 10:00:00\n"), tag="old")
    with bench.world.parts.db.reading() as session:
        event = session.scalars(select(ConsentEvent)).one()
    assert (event.action, event.purpose, event.source) == (ConsentAction.CONFIRMED, POLITICS, "csv")
    assert event.at == datetime(2019, 5, 4, 10, tzinfo=UTC)
    assert event.detail["basis"] == "نموذج الموقع القديم"
    assert (event.detail["import"], event.detail["row"]) == (done.id, 2)
    assert bench.tags("a@example.org") == {"old"}
    bench.world.work()
    assert bench.world.wire.sent == [], "nobody who agreed is asked again"


def test_a_suppression_and_a_goodbye_outlive_every_import(bench: Bench) -> None:
    world = bench.world
    world.reader("left@example.org")
    with world.parts.db.writing() as session:
        suppression.suppress(session, world.site, "never@example.org", "complaint", "operator", world.now)
        reader = session.scalars(select(Subscriber)).one()
        session.execute(update(Subscription).values(ended_at=world.now, ended_reason="unsubscribed"))
        reader.confirmed_at = None
    for _ in range(2):
        done = bench.run(bench.file("email\nleft@example.org\nNEVER@example.org\nnew@example.org\n"))
        assert bench.faults(done.id) == [(2, "left"), (3, "suppressed")]
    assert bench.active("left@example.org") == set()
    assert "never@example.org" not in bench.readers()


def test_who_has_another_address_by_now_is_the_same_reader_in_every_import(bench: Bench) -> None:
    world = bench.world
    reader = world.reader("old@example.org", POLITICS)
    with world.parts.db.writing() as session:
        moving.request(session, session.get_one(Subscriber, reader.id), "new@example.org", world.now)
    world.later(minutes=3)
    world.tick()
    assert readers.confirm(world.parts, world.confirm_token("new@example.org"), "", world.now)
    path = bench.file("email\nold@example.org\n")
    assert bench.run(path).counts == {"already": 1}
    assert bench.run(path, topics=(SPORT,)).counts == {"more": 1}
    assert bench.active("new@example.org") == {POLITICS, SPORT}
    with world.parts.db.writing() as session:
        session.execute(update(Subscription).values(ended_at=world.now, ended_reason="unsubscribed"))
        session.get_one(Subscriber, reader.id).confirmed_at = None
    assert bench.run(path).counts == {"left": 1}
    assert set(bench.readers()) == {"new@example.org"}


def test_nobody_of_a_suppressed_domain_comes_in_until_it_is_lifted(bench: Bench) -> None:
    world, rows = bench.world, "email\na@shut.example\nb@sub.shut.example\n"
    with world.parts.db.writing() as session:
        suppression.suppress(session, world.site, "@shut.example", "asked", "operator", world.now)
    done = bench.run(bench.file(rows))
    assert bench.faults(done.id) == [(2, "suppressed")]
    assert set(bench.readers()) == {"b@sub.shut.example"}, "its subdomains are others"
    with world.parts.db.writing() as session:
        assert suppression.lift(session, world.site, "@shut.example", world.now, "put right")
    assert bench.run(bench.file(rows)).counts == {"new": 1, "already": 1}


def test_a_topic_that_a_reader_ended_stays_ended_and_new_ones_are_added(bench: Bench) -> None:
    bench.world.reader("a@example.org", POLITICS, SPORT)
    with bench.world.parts.db.writing() as session:
        session.execute(update(Subscription).where(Subscription.topic_id == 1).values(ended_at=bench.world.now))
    kept = bench.active("a@example.org")
    assert len(kept) == 1
    assert bench.run(bench.file("email\na@example.org\n"), topics=(POLITICS, SPORT)).counts == {"already": 1}
    assert bench.active("a@example.org") == kept


def test_rows_of_those_who_left_bounced_or_complained_never_become_readers(bench: Bench) -> None:
    rows = "".join(
        f"{word}@example.org,{word}\n" for word in ("unsubscribed", "cleaned", "complained", "blocklisted", "pending")
    )
    path = bench.file(f"email,status\n{rows}ok@example.org,subscribed\n")
    assert bench.run(path).counts == {"gone": 1, "barred": 3, "pending": 1, "new": 1}
    assert set(bench.readers()) == {"ok@example.org"}
    with bench.world.parts.db.reading() as session:
        reasons = session.execute(select(Suppression.reason, Suppression.source).order_by(Suppression.reason)).all()
    assert reasons == [(reason, "import:csv") for reason in ("blocked", "bounced", "complained")]
    later = bench.file("email\nunsubscribed@example.org\ncleaned@example.org\n", name="later.csv")
    assert bench.run(later).counts == {"left": 1, "suppressed": 1}
    bench.world.sign_up("unsubscribed@example.org")
    bench.world.work()
    assert len(bench.world.wire.sent) == 1, "they may come back by themselves"


def test_a_reader_of_ours_is_not_ended_by_what_another_program_says(bench: Bench) -> None:
    bench.world.reader("a@example.org")
    assert bench.run(bench.file("email,status\na@example.org,cleaned\n")).counts == {"already": 1}
    assert bench.active("a@example.org") == {POLITICS}


def test_a_sign_up_that_waits_is_completed_by_a_list_with_a_basis(bench: Bench) -> None:
    bench.world.sign_up("a@example.org")
    bench.world.work()
    assert bench.readers()["a@example.org"].confirmed_at is None
    assert bench.run(bench.file("email\na@example.org\n")).counts == {"open": 1}
    assert bench.readers()["a@example.org"].confirmed_at == bench.world.now


def test_who_shall_be_asked_gets_a_letter_and_nothing_else(bench: Bench) -> None:
    done = bench.run(bench.file("email\na@example.org\nb@example.org\n"), asks=True)
    assert done.counts == {"asked": 2}
    assert bench.readers() == {}
    bench.world.later(minutes=1)
    bench.world.tick()
    assert {letter["To"] for letter in bench.world.letters()} == {"a@example.org", "b@example.org"}
    with bench.world.parts.db.reading() as session:
        assert {one.source for one in session.scalars(select(Signup))} == {"import"}


def test_columns_of_topics_and_tags_are_read_by_row(bench: Bench) -> None:
    text = 'email,lists,tags\na@example.org,"سياسة, رياضة",vip|وفد\nb@example.org,news,\n'
    bench.run(bench.file(text), topics=(), words={"news": SPORT}, tag="old", frequency=Frequency.WEEKLY)
    assert bench.active("a@example.org") == {POLITICS, SPORT}
    assert bench.active("b@example.org") == {SPORT}
    assert bench.tags("a@example.org") == {"old", "vip", "وفد"}
    with bench.world.parts.db.reading() as session:
        assert set(session.scalars(select(Subscription.frequency))) == {Frequency.WEEKLY}


def test_an_import_that_is_killed_goes_on_without_doubles(bench: Bench) -> None:
    path = bench.file("email\n" + "".join(f"r{n}@example.org\n" for n in range(45)) + "bad\n")

    class KilledError(Exception):
        pass

    def kill(_bytes: int, rows: int) -> None:
        if rows == 20:
            raise KilledError

    number = bench.begin(path)
    opened = lists.of_file(path)
    with pytest.raises(KilledError):
        imports.advance(
            bench.world.parts, number, bench.world.clock, opened=opened, turn=imports.Turn(at_once=10), progress=kill
        )
    position = bench.row(number).position
    assert position in {20, 30}, "a batch that was under way beside the second may have become whole"
    assert len(bench.readers()) == position
    assert bench.begin(path) == number, "the same file goes on"
    done = bench.run(path)
    assert (done.id, done.state, done.position) == (number, ImportState.DONE, 46)
    assert done.counts == {"new": 45, "bad": 1}
    with bench.world.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 45


def test_two_at_the_same_import_count_every_row_once(bench: Bench) -> None:
    path = bench.file("email\n" + "".join(f"r{n}@example.org\n" for n in range(30)))
    number = bench.begin(path)
    opened, parts, clock = lists.of_file(path), bench.world.parts, bench.world.clock

    def overtake(_bytes: int, rows: int) -> None:
        if rows == 10:
            imports.advance(parts, number, clock, opened=opened, turn=imports.Turn(at_once=10))

    imports.advance(parts, number, clock, opened=opened, turn=imports.Turn(at_once=10), progress=overtake)
    assert bench.row(number).counts == {"new": 30}
    assert bench.row(number).state is ImportState.DONE


def test_a_kept_file_is_taken_in_by_a_worker_and_then_forgotten(bench: Bench) -> None:
    world, path = bench.world, bench.file("email\na@example.org\n")
    upload = imports.Upload("list.csv", lists.of_file(path)(), 1000)
    number = imports.keep(world.parts, world.site.id, upload, EDITOR, world.now)
    with world.parts.db.writing() as session:
        imports.plan(session, session.get_one(Import, number), bench.plan(path))
    assert imports.check(world.parts, number, EDITOR, world.now)
    world.work()
    assert (bench.row(number).state, bench.row(number).counts) == (ImportState.CHECKED, {"new": 1})
    assert imports.start(world.parts, number, EDITOR, world.now)
    world.rung.clear()
    world.later(minutes=1)
    world.tick()
    assert bench.row(number).state is ImportState.DONE, "the sweep makes up for a nudge that was lost"
    assert set(bench.readers()) == {"a@example.org"}
    with pytest.raises(lists.ListError):
        imports.look(world.parts, number)
    assert not imports.start(world.parts, number, EDITOR, world.now)


def test_a_file_that_is_too_large_or_empty_is_refused_and_nothing_is_kept(bench: Bench) -> None:
    for blocks, key in (([b"x" * 100], "too_large"), ([], "empty")):
        with pytest.raises(lists.ListError) as refused:
            imports.keep(
                bench.world.parts, bench.world.site.id, imports.Upload("x", blocks, 99), EDITOR, bench.world.now
            )
        assert refused.value.key == key
    with bench.world.parts.db.reading() as session:
        assert session.scalars(select(Import)).all() == []


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"columns": {}}, "no_email"), ({"basis": " "}, "no_basis"), ({"topics": ()}, "no_topics"),
        ({"topics": ("category:لا",)}, "unknown_topics"),
    ],
)  # fmt: skip
def test_a_plan_without_what_it_needs_is_refused(bench: Bench, given: dict[str, Any], key: str) -> None:
    with pytest.raises(PlanError) as refused:
        bench.begin(bench.file("email\na@example.org\n"), **given)
    assert refused.value.key == key


def test_a_hostile_file_costs_a_row_not_the_import(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    path.write_bytes(
        b"email,name\n" + b'"' * 3 + b"\n" + b"a@example.org,\x00\x01bad\n" + b"b@example.org," + b"x" * 300_000
        + b"\nc@example.org,ok\n\xff\xfe@example.org,x\nd@example.org\n,,,,,\n"
    )  # fmt: skip
    done = bench.run(path)
    assert {"c@example.org", "d@example.org"} <= set(bench.readers())
    assert sum(done.counts.values()) == done.position
