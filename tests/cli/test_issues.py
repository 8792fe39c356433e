"""`notifier issue`: from the draft to the balance."""

from pathlib import Path

import pytest
from sqlalchemy import select

from notifier import assembly, clock, upkeep
from notifier.desk import audit
from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer
from notifier.issues import trials
from notifier.models import AuditEvent, Issue
from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]


@pytest.mark.long
def test_an_issue_is_composed_shown_sent_and_looked_at(run: Command, tmp_path: Path) -> None:
    add_site(run)
    made = run("issue", "new", "رسالة", "--subject", "أ", "--subject", "ب", "--intro", "LICENSE")
    assert made.output.strip() == "issue 1", (made.exception, made.stderr)
    shown = run("issue", "show", "1").output
    assert "رسالة (draft, ar): 0 readers now" in shown
    letter = run("issue", "preview", "1", "--out", f"{tmp_path}/letter.html")
    assert "bytes" in letter.output
    assert run("issue", "send", "1", "--yes").exit_code == 0
    assert "scheduled" in run("issue", "list").output
    assert run("issue", "send", "1", "--yes").exit_code == 0, "a moment may be changed until it is planned"
    parts = assembly.parts()
    upkeep.tick(parts, clock.now())
    upkeep.drain(parts, clock.now)
    assert run("issue", "pause", "1").exit_code == 0
    assert run("issue", "resume", "1").exit_code == 0
    assert run("issue", "cancel", "1").exit_code == 0
    assert "0 planned = 0 queued" in run("issue", "progress", "1").output


def test_what_cannot_be_done_is_said_in_a_line(run: Command) -> None:
    add_site(run)
    assert run("issue", "show", "7").exit_code == 1
    assert run("issue", "new", " ").exit_code == 1
    assert run("issue", "new", "x", "--item", "nowhere").exit_code == 1
    for wrong in (("--reads", "xx"), ("--source", "old-list")):
        refused = run("issue", "new", "x", *wrong)
        assert (refused.exit_code, "audience" in refused.stderr) == (1, True)
    run("issue", "new", "رسالة")
    empty = run("issue", "send", "1", "--yes")
    assert (empty.exit_code, "empty" in empty.stderr) == (1, True), empty.exception
    assert run("issue", "schedule", "1").exit_code == 2
    assert run("issue", "test", "1", "not an address").exit_code == 2


def test_a_test_letter_has_the_subject_that_is_named_and_twenty_leave_in_an_hour(run: Command, tmp_path: Path) -> None:
    add_site(run)
    run("issue", "new", "رسالة", "--subject", "one", "--subject", "two", "--intro", "LICENSE")
    inbox = Inbox(tmp_path / "inbox.db")
    with InboxServer(inbox) as server:
        sent = run("issue", "test", "1", "me@example.org", "--subject", "2", knobs={"SMTP_PORT": str(server.port)})
        assert sent.exit_code == 0, sent.output
    (letter,) = inbox.list()
    assert "two" in letter.subject
    inbox.close()
    assert run("issue", "test", "1", "me@example.org", "--subject", "3").exit_code == 1
    with assembly.parts().db.writing() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "issue.tried"))
        assert line.detail == {"issue": 1}
        for _ in range(trials.PER_HOUR - 1):
            audit.note(session, audit.OPERATOR, "issue.tried", clock.now(), site_id=1, issue=1)
    many = run("issue", "test", "1", "me@example.org")
    assert (many.exit_code, "trials many" in many.stderr) == (1, True)


def test_what_all_others_get_is_shown_and_whether_that_may_change(run: Command) -> None:
    add_site(run)
    run("issue", "new", "رسالة", "--subject", "one", "--subject", "two", "--intro", "LICENSE")
    run("issue", "schedule", "1", "--at", "2099-01-01T05:00")
    assert "subject 1: one\nsubject 2: two\n" in run("issue", "show", "1").output
    with assembly.parts().db.writing() as session:
        session.get_one(Issue, 1).winner = 0
    assert "subject 1: one · for all others so far" in run("issue", "show", "1").output
    run("issue", "winner", "1", "2")
    assert "subject 1: one\nsubject 2: two · for all others\n" in run("issue", "show", "1").output


def test_it_is_for_who_bears_a_tag_reads_a_language_and_came_by_a_way(run: Command) -> None:
    add_site(run)
    item = '{"kind": "article", "guid": "a1", "title": "خبر", "html": "<p>نص</p>", "categories": ["سياسة"]}'
    run("item", "add", "-", input=item)
    for name in ("layla", "omar"):
        run("subscribers", "add", f"{name}@example.org", "--basis", "fair", "-t", "category:سياسة")
    run("subscribers", "edit", "omar@example.org", "--tag", "معرض")
    whom = ("--reads", "ar", "--source", "operator")
    for tag, count in (("معرض", 1), ("nobody's", 0)):
        made = run("issue", "new", "رسالة", "--tag", tag, *whom).output.split()[-1]
        assert f"{count} readers now" in run("issue", "show", made).output
