"""`notifier webhooks`, `notifier keys` and `notifier templates`."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from notifier import assembly, own_templates
from notifier.desk.audit import COMMAND_LINE
from notifier.domain.template_part import TemplatePart
from notifier.domain.words import LetterKind
from notifier.models import ApiKey, AuditEvent, Call
from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]


def test_a_webhook_is_added_tested_paused_and_removed(run: Command) -> None:
    add_site(run)
    made = run("webhooks", "add", "https://naba.example/hooks", "--event", "issue.sent")
    assert made.exit_code == 0, made.output
    secret = re.search(r"whsec_\S+", made.output)
    assert secret
    (listed,) = json.loads(run("webhooks", "list", "--json").output)
    assert (listed["events"], listed["disabled_at"]) == (["issue.sent"], None)
    assert secret[0] not in run("webhooks", "list").output
    assert secret[0] not in run("webhooks", "rotate", "1").output
    for act, said in (("pause", "off (owner)"), ("resume", "well")):
        assert run("webhooks", act, "1").exit_code == 0
        assert said in run("webhooks", "list").output
    assert run("webhooks", "test", "1").exit_code == 0
    assert run("webhooks", "redeliver", "1", "1").exit_code == 1, "it waits anyway"
    with assembly.parts().db.writing() as session:
        session.scalars(select(Call)).one().state = "given_up"  # type: ignore[assignment]  # a word of its vocabulary
    assert run("webhooks", "redeliver", "1", "1").exit_code == 0
    (call,) = json.loads(run("webhooks", "log", "1", "--json").output)
    assert (call["event"], call["state"]) == ("endpoint.test", "waiting")
    assert "endpoint.test" in run("webhooks", "log", "1").output
    assert run("webhooks", "remove", "1").exit_code == 0
    assert run("webhooks", "log", "1").exit_code == 1
    with assembly.parts().db.reading() as session:
        assert set(session.scalars(select(AuditEvent.actor))) == {COMMAND_LINE}


def test_a_wrong_webhook_is_said_in_a_line(run: Command) -> None:
    add_site(run)
    assert run("webhooks", "add", "naba.example").exit_code == 2
    assert "issue.sent" in run("webhooks", "add", "https://naba.example", "-e", "x").stderr
    assert run("webhooks", "pause", "7").exit_code == 1


def test_a_key_may_what_was_said_and_its_making_leaves_a_line(run: Command) -> None:
    add_site(run)
    made = run("keys", "add", "lists", "--scope", "subscribers:read", "--scope", "subscribers:export")
    assert made.output.startswith("nk_")
    keys = json.loads(run("keys", "list", "--json").output)
    assert sorted(keys[1]["scopes"]) == ["subscribers:export", "subscribers:read"]
    assert {scope.partition(":")[0] for scope in keys[0]["scopes"]} == {"items", "issues"}
    assert run("keys", "add", "x", "--scope", "all").exit_code == 2
    replaced = run("keys", "replace", "2")
    assert replaced.stdout.startswith("nk_")
    assert "key 2 works until" in replaced.stderr
    assert [bool(one["ends_at"]) for one in json.loads(run("keys", "list", "--json").output)] == [False, False, True]
    assert run("keys", "replace", "2").exit_code == 2
    assert run("keys", "replace", "9").exit_code == 2
    assert run("keys", "revoke", "2").exit_code == 0
    assert run("keys", "revoke", "9").exit_code == 2
    with assembly.parts().db.reading() as session:
        assert session.get_one(ApiKey, 2).revoked_at
        lines = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert lines == ["site.added", "key.made", "key.made", "key.replaced", "key.revoked"]


@pytest.mark.long
def test_a_template_is_shown_put_looked_at_and_taken_back(run: Command, tmp_path: Path) -> None:
    add_site(run)
    ours, file = own_templates.ours(TemplatePart.body(LetterKind.DIGEST)), tmp_path / "body.html"
    assert run("templates", "show", "digest").output == ours
    file.write_text(ours + "\n", encoding="utf-8")
    put = run("templates", "put", "digest", str(file), "--note", "mine")
    assert (put.exit_code, "version 1 is in force" in put.output) == (0, True), put.stderr
    file.write_text("<p>{{ settings }}</p>", encoding="utf-8")
    assert run("templates", "put", "digest", str(file)).exit_code == 1
    assert "version 2 is kept" in run("templates", "put", "digest", str(file), "--draft").output
    assert run("templates", "restore", "digest", "2").exit_code == 1
    begin = "{% block content %}"
    file.write_text(ours.replace(begin, f"{begin}{{% endblock %}}{begin}"), encoding="utf-8")
    twice = run("templates", "put", "digest", str(file))
    assert (twice.exit_code, "syntax" in twice.stderr) == (1, True), twice.output
    rows = json.loads(run("templates", "versions", "digest", "--json").output)
    assert [(one["id"], one["is_active"], one["note"]) for one in rows] == [(2, False, ""), (1, True, "mine")]
    assert run("templates", "preview", "digest", "--out", f"{tmp_path}/l.html").exit_code == 0
    assert "rtl" in (tmp_path / "l.html").read_text(encoding="utf-8")
    assert run("templates", "restore", "alert", "1").exit_code == 1
    assert run("templates", "restore", "digest", "0").exit_code == 0
    assert json.loads(run("templates", "list", "--json").output)[0]["version"] is None
