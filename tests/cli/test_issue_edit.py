"""`notifier issue`: what an editor changes and looks over before it leaves, and what is tried again after."""

from pathlib import Path

import pytest
from sqlalchemy import select

from notifier import assembly, clock, flow, upkeep
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import AuditEvent, Issue, Source
from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]


def publish(*guids: str) -> None:
    parts = assembly.parts()
    items = [NewItem(ItemKind.ARTICLE, one, title=f"خبر {one}", html="<p>نص</p>") for one in guids]
    flow.ingest_items(parts, 1, items, clock.now())


def issue(number: int = 1) -> Issue:
    with assembly.parts().db.reading() as session:
        return session.get_one(Issue, number)


def test_an_issue_is_edited_ordered_pinned_checked_and_copied(run: Command, tmp_path: Path) -> None:
    add_site(run)
    publish("7", "8", "9")
    run("issue", "new", "رسالة", "--topic", "category:سياسة")
    (tmp_path / "words.md").write_text("أهلًا **بكم**", encoding="utf-8")
    edited = run(
        "issue", "edit", "1", "--title", "رسالة الأسبوع", "--intro", f"{tmp_path}/words.md", "--subject", "أ",
        "--subject", "ب", "--reads", "ar", "--alive", "30", "--wait", "4",
    )  # fmt: skip
    assert (edited.exit_code, edited.output.strip()) == (0, "changed; 0 readers now"), edited.stderr
    row = issue()
    assert (row.title, row.intro, row.subjects, row.sample_hours) == ("رسالة الأسبوع", "أهلًا **بكم**", ["أ", "ب"], 4)
    assert row.audience == {"topics": ["category:سياسة"], "languages": ["ar"], "alive_days": 30}
    run("issue", "edit", "1", "--topic", "", "--alive", "0")
    assert (issue().audience, issue().title) == ({"languages": ["ar"]}, "رسالة الأسبوع")
    run("issue", "edit", "1", "--tag", "vip")
    assert issue().audience == {"languages": ["ar"], "tags": ["vip"]}
    run("issue", "edit", "1", "--everybody")
    assert issue().audience == {}
    assert run("issue", "items", "1", "9", "7", "8").output.strip() == "3 articles"
    assert run("issue", "pin", "1", "8").exit_code == 0
    shown = run("issue", "show", "1").output
    assert shown.index("1. خبر 8 · pinned") < shown.index("2. خبر 9") < shown.index("3. خبر 7")
    assert run("issue", "unpin", "1", "8").exit_code == 0
    assert "1. خبر 9" in run("issue", "show", "1").output
    checked = run("issue", "checks", "1")
    assert (checked.exit_code, "Gmail" in checked.output) == (0, True), checked.output
    assert run("issue", "duplicate", "1").output.strip() == "issue 2"
    assert issue(2).subjects == ["أ", "ب"]
    assert run("issue", "schedule", "1", "--at", "2099-01-01T05:00").exit_code == 0
    assert run("issue", "unschedule", "1").output.strip() == "a draft again"


def test_a_new_issue_is_for_whom_the_desk_may_name_as_well(run: Command) -> None:
    add_site(run)
    made = run("issue", "new", "رسالة", "--joined", "30", "--alive", "90", "--tag", "vip")
    assert made.exit_code == 0, made.stderr
    assert issue().audience == {"tags": ["vip"], "joined_days": 30, "alive_days": 90}


@pytest.mark.long
def test_a_winner_is_chosen_by_its_number(run: Command) -> None:
    add_site(run)
    run("issue", "new", "رسالة", "--subject", "أ", "--subject", "ب", "--intro", "LICENSE")
    early = run("issue", "winner", "1", "2")
    assert (early.exit_code, "state" in early.stderr) == (1, True)
    run("issue", "send", "1", "--yes")
    assert "all others get: ب" in run("issue", "winner", "1", "2").output
    assert run("issue", "winner", "1", "3").exit_code == 1


@pytest.mark.long
def test_what_cannot_be_changed_is_said_in_a_line(run: Command) -> None:
    add_site(run)
    run("issue", "new", "رسالة")
    for words in (
        ("edit", "1", "--title", " "),
        ("edit", "1", "--language", "xx"),
        ("edit", "1", "--joined", "-4"),
        ("items", "1", "nowhere"),
        ("pin", "1", "nowhere"),
        ("winner", "1", "1"),
        ("unschedule", "1"),
        ("checks", "7"),
    ):
        answer = run("issue", *words)
        assert (answer.exit_code, "error" in answer.stderr) == (1, True), (words, answer.output, answer.exception)
    publish("7")
    assert "does not show '7'" in run("issue", "pin", "1", "7").stderr


def test_chosen_letters_or_one_send_are_tried_again(run: Command) -> None:
    add_site(run)
    publish("7")
    parts = assembly.parts()
    upkeep.drain(parts, clock.now)
    assert run("retry", "411", "412").output.strip() == "0 queued again"
    assert run("retry", "--send", "nothing").exit_code == 2
    assert run("retry", "--send", "digest:99").exit_code == 1
    assert run("retry", "--dry-run").exit_code == 2
    with assembly.parts().db.reading() as session:
        assert "deliveries.retried" in session.scalars(select(AuditEvent.action)).all()


def test_a_source_is_paused_resumed_and_forgotten(run: Command) -> None:
    add_site(run)
    run("source", "add", "feed", "https://rafidain.example/feed")
    assert run("source", "pause", "1").exit_code == 0
    assert "paused" in run("source", "list").output
    assert run("source", "resume", "1").exit_code == 0
    assert run("source", "remove", "1", "--yes").exit_code == 0
    with assembly.parts().db.reading() as session:
        assert session.scalars(select(Source)).all() == []
    gone = run("source", "remove", "1", "--yes")
    assert (gone.exit_code, "no source 1" in gone.stderr) == (1, True)
