"""Whatever changes something by the command line stands in the log, with who did it; and no address does."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import typer
from sqlalchemy import event, select
from typer.testing import CliRunner, Result

from notifier import assembly, cli
from notifier.desk.audit import COMMAND_LINE
from notifier.domain.desk_words import IssueState
from notifier.models import (
    Alarm,
    AuditEvent,
    Binding,
    Call,
    Issue,
    Item,
    Letter,
    LetterItem,
    Standing,
    Subscriber,
    User,
)
from tests.cli.test_commands import Command, forget, run
from tests.cli.test_digests import AT
from tests.takeover.tables import POSTMETA, SUBSCRIPTIONS, meta, subscription, write

__all__ = ["run"]
NOW: Final = datetime.now(UTC)
TOPIC: Final = "category:سياسة"
ITEM: Final = '{"kind": "article", "guid": "a1", "title": "%s", "html": "<p>نص</p>", "categories": ["سياسة"]}'
ME: Final = "layla.unique@example.org"
WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class Act(NamedTuple):
    """A command that changes something, as it is typed, and the line that it leaves."""

    typed: str
    leaves: str
    first: Callable[[], object] = lambda: None
    """What must be so before it."""
    may_fail: bool = False


def add(*rows: object) -> None:
    with assembly.parts().db.writing() as session:
        session.add_all(rows)


def pepper_of(address: str) -> str:
    with assembly.parts().db.reading() as session:
        return session.scalars(select(Subscriber.address_hash).where(Subscriber.address == address)).one()


def standing_held() -> None:
    add(Standing(site_id=1, address_hash=pepper_of(ME), score=2.0, days=[], inactive=[], reasons=["x"], last_at=NOW))


def issue_in(state: IssueState) -> Callable[[], None]:
    def do() -> None:
        with assembly.parts().db.writing() as session:
            session.get_one(Issue, 1).state = state

    return do


def call_given_up() -> None:
    with assembly.parts().db.writing() as session:
        session.scalars(select(Call)).one().state = "given_up"  # type: ignore[assignment]  # a word of its vocabulary


def shown_as_it_was() -> None:
    add(Letter(id=9, site_id=1, kind="alert", language="ar", key="k", created_at=NOW))
    add(LetterItem(letter_id=9, item_id=1, position=0, version=1))
    with assembly.parts().db.writing() as session:
        item = session.get_one(Item, 1)
        item.version = item.worded_version = 2


def bound() -> None:
    add(Binding(user_id=2, issuer="https://id.example", subject="1", bound_at=NOW))


ACTS: Final = {
    "site set": Act("--name x", "site.changed"),
    "site origins": Act("https://m.naba.example", "site.changed"),
    "site archive": Act("--off", "site.changed"),
    "site replies": Act("https://naba.example/replies", "site.changed"),
    "site tracking": Act("counts", "site.tracking_counts"),
    "keys add": Act("mine", "key.made"),
    "keys replace": Act("2", "key.replaced"),
    "keys revoke": Act("2", "key.revoked"),
    "webhooks add": Act("https://naba.example/hooks --event issue.sent", "endpoint.added"),
    "webhooks rotate": Act("1", "endpoint.rotated"),
    "webhooks pause": Act("1", "endpoint.disabled"),
    "webhooks resume": Act("1", "endpoint.enabled"),
    "webhooks test": Act("1", "endpoint.tested"),
    "webhooks redeliver": Act("1 1", "call.sent_again", call_given_up),
    "webhooks remove": Act("1", "endpoint.removed"),
    "templates put": Act("digest template.html", "template.saved"),
    "templates restore": Act("digest 0", "template.taken_back"),
    "source add": Act("feed http://127.0.0.1:9/feed", "source.added"),
    "source poll": Act("1", "source.polled", may_fail=True),
    "source pause": Act("1", "source.disabled"),
    "source resume": Act("1", "source.enabled"),
    "source remove": Act("1 --yes", "source.removed"),
    "subscribers add": Act(f"{ME} --basis fair -t {TOPIC}", "reader.added"),
    "subscribers edit": Act(f"{ME} --tag vip", "reader.edited"),
    "subscribers act": Act("tag old", "readers.act_begun"),
    "subscribers undo": Act("1", "readers.act_undone"),
    "subscribers import": Act(f"list.csv --basis fair -t {TOPIC}", "import.done"),
    "subscribers export": Act("out.csv", "readers.exported"),
    "subscribers standing": Act(f"{ME} --forget", "standing.forgotten", standing_held),
    "subscribers suppress": Act(ME, "suppression.added"),
    "subscribers suppressions": Act("--export", "suppressions.exported"),
    "subscribers lift": Act(ME, "suppression.lifted"),
    "subscribers suppress-all": Act("barred.csv", "suppressions.brought"),
    "subscribers unsubscribe": Act(ME, "reader.unsubscribed"),
    "subscribers erase": Act(ME, "reader.erased"),
    "import wpdiscuz": Act("--subscriptions old.csv --skipped s.csv --guid x/{post} --go", "readers.taken_over"),
    "import comments-reloaded": Act("--postmeta meta.csv --skipped s.csv --guid x/{post} --go", "readers.taken_over"),
    "retry": Act("", "deliveries.retried"),
    "correct": Act("a1 --note خطأ --yes", "correction.made", shown_as_it_was),
    "user add": Act("huda@naba.example --role owner", "user.invited"),
    "user enter": Act("huda@naba.example", "user.way_opened"),
    "user proofs": Act("huda@naba.example", "user.proofs_on"),
    "user unlink": Act("huda@naba.example", "user.unlinked", bound),
    "user disable": Act("sara@naba.example", "user.disabled"),
    "issue new": Act("رسالة --intro words.md", "issue.created"),
    "issue edit": Act("1 --subject x --subject y", "issue.changed"),
    "issue items": Act("1 a1", "issue.items_ordered"),
    "issue pin": Act("1 a1", "issue.item_pinned"),
    "issue unpin": Act("1 a1", "issue.item_unpinned"),
    "issue duplicate": Act("1", "issue.duplicated"),
    "issue test": Act(f"1 {ME} --subject 2", "issue.tried", may_fail=True),
    "issue schedule": Act("1 --at 2036-12-01T08:00", "issue.scheduled"),
    "issue unschedule": Act("1", "issue.unscheduled"),
    "issue send": Act("1 --yes", "issue.scheduled"),
    "issue pause": Act("1", "issue.paused", issue_in(IssueState.SENDING)),
    "issue winner": Act("1 2", "issue.winner_chosen"),
    "issue resume": Act("1", "issue.resumed"),
    "issue resend": Act("1", "issue.resent"),
    "issue cancel": Act("1", "issue.cancelled"),
    "digest hold": Act(f"daily {AT}", "digest.held"),
    "digest release": Act(f"daily {AT}", "digest.released"),
    "digest pin": Act(f"daily {AT} a1", "digest.arranged"),
    "digest drop": Act(f"daily {AT} a1", "digest.arranged"),
    "digest postpone": Act(f"daily {AT} a1", "digest.arranged"),
    "alarms end": Act("1 --reason fixed", "alarm.ended"),
}
LOOKS: Final = {
    "preview": "--out letter.html", "status": "", "settings": "", "why": "reader@example.org",
    "calendar": "", "keys list": "", "webhooks list": "", "webhooks log": "1", "templates list": "",
    "templates show": "digest", "templates versions": "digest", "templates preview": "digest --out letter.html",
    "source list": "", "source hook": "1", "subscribers list": "", "subscribers show": "reader@example.org",
    "subscribers acts": "", "subscribers suppressed": "@spam.example", "user list": "", "issue list": "",
    "issue show": "1", "issue preview": "1 --out letter.html", "issue progress": "1", "digest show": f"daily {AT}",
    "issue checks": "1", "alarms list": "", "alarms key": "", "charts": "letters",
}  # fmt: skip
EXEMPT: Final = {
    "site add": "the first command of all: the test below begins with it",
    "item add": "what is published is no act of ours: an item says itself when it came, and its version",
    "send-test": "a letter to who typed it, in no books; nothing changes",
    **dict.fromkeys(
        ("demo", "run", "serve", "worker", "beat", "sweep", "inbound"), "a process: what falls due is nobody's act"
    ),
    "migrate": "there may be no log yet",
    "recount": "says again what the rows say",
    "drill": "on a database of its own",
    "doctor": "asks DNS and servers; leaves nothing behind",
    **dict.fromkeys(("letters gallery", "dkim new", "dkim list"), "files on this machine; no database"),
}  # fmt: skip


def commands() -> dict[str, object]:
    """Every command by its path; of two names for one the first."""
    found: dict[str, object] = {}

    def walk(of: object, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
        for name, one in getattr(of, "commands", {}).items():
            yield from walk(one, (*path, name))
        if not hasattr(of, "commands"):
            yield " ".join(path), getattr(of, "callback", None)

    for path, callback in walk(typer.main.get_command(cli.app), ()):
        code = getattr(getattr(callback, "__wrapped__", callback), "__code__", callback)
        if code not in found.values():
            found[path] = code
    return found


def test_each_command_is_noted_only_looks_or_says_why_not() -> None:
    told = [*ACTS, *LOOKS, *EXEMPT]
    assert len(told) == len(set(told))
    assert set(commands()) == set(told), "a new command goes into ACTS, or into LOOKS or EXEMPT"


@pytest.fixture
def newsroom(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """A site with an article, a colleague and files to take in; runs commands in one process."""
    monkeypatch.chdir(tmp_path)
    made = run(
        "site", "add", "naba", "--name", "صحيفة", "--sender", "news@naba.example", "--url", "https://naba.example"
    )
    assert made.exit_code == 0, made.output
    runner = CliRunner()

    def typed(*words: str, **given: str) -> Result:
        return runner.invoke(cli.app, list(words), **given)  # type: ignore[arg-type]  # input=… only

    assert "created" in typed("item", "add", "-", input=ITEM % "خبر").output
    add(
        User(address="sara@naba.example", role="editor", created_at=NOW),
        Alarm(about="stream:digest", raised_at=NOW, last_at=NOW, window_at=NOW, count=1, detail=""),
    )
    (tmp_path / "template.html").write_text(typed("templates", "show", "digest").output, encoding="utf-8")
    (tmp_path / "words.md").write_text("كلمات", encoding="utf-8")
    (tmp_path / "list.csv").write_text("email\nreader@example.org\n", encoding="utf-8")
    (tmp_path / "barred.csv").write_text("who,reason\n@spam.example,trap\n", encoding="utf-8")
    write(tmp_path / "old.csv", SUBSCRIPTIONS.columns, [subscription(1, "a@mail.iq")])
    write(tmp_path / "meta.csv", POSTMETA.columns, [meta(1, "b@mail.iq", "2023-05-04 10:00:00|Y")])
    yield typed
    forget()


def noted(after: int) -> list[AuditEvent]:
    with assembly.parts().db.reading() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id)))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_act_leaves_its_line_and_what_only_looks_writes_nothing(newsroom: Callable[..., Result]) -> None:
    lines = noted(0)
    assert [line.action for line in lines] == ["site.added", "key.made"]
    for command, act in ACTS.items():
        act.first()
        done = newsroom(*command.split(), *act.typed.split())
        assert act.may_fail or done.exit_code == 0, (command, done.output, done.stderr, done.exception)
        new = noted(lines[-1].id)
        assert act.leaves in [line.action for line in new], (command, done.output)
        lines += new
    assert {line.actor for line in lines} == {COMMAND_LINE}
    kept = json.dumps([[line.action, line.detail] for line in lines])
    assert "@" not in kept.replace("@spam.example", ""), "no address, nor after an erasure"
    heard: list[str] = []
    engine = assembly.parts().db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    for command, words in LOOKS.items():
        heard.clear()
        newsroom(*command.split(), *words.split())
        assert not list(filter(WRITES.match, heard)), command


def test_the_system_says_who_it_was_not_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "nobody-in-particular")
    assert re.fullmatch(r"cli:[\w.\\-]+", COMMAND_LINE)
    assert "nobody-in-particular" not in COMMAND_LINE
