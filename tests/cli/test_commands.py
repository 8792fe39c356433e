"""The command line, driven as a new user would."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from typer.testing import CliRunner, Result

from notifier import __version__, assembly, cli, returns, settings
from notifier.cli import books
from notifier.cli.books import pace
from notifier.cli.pages import View
from notifier.domain.balance import Balance
from notifier.domain.words import Calendar, Digits, LetterKind
from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer
from notifier.feedback import alarms
from notifier.models import Delivery, Item, Notice, Site, Subscriber
from tests.sources.sites import page, site
from tests.world import SECRET

FEED = Path(__file__).parent.parent / "data" / "feeds" / "wordpress-ar.xml"
Command = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, empty_redis_url: str) -> Iterator[Command]:
    """Run a command with these parts in its environment; gives what it said and its exit code."""
    knobs = {"SECRET_KEY": SECRET, "DATABASE_URL": database_url, "REDIS_URL": empty_redis_url, "SMTP_TLS": "off"}
    # A command has the machine's clock: what is tested does not depend on the hour.
    knobs |= {"QUIET_FROM_H": "0", "QUIET_UNTIL_H": "0"}
    for name, value in knobs.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    runner = CliRunner()

    def invoke(*words: str, knobs: dict[str, str] | None = None, **given: str) -> Result:
        for name, value in (knobs or {}).items():
            monkeypatch.setenv(f"NOTIFIER_{name}", value)
        forget()
        return runner.invoke(cli.app, list(words), **given)  # type: ignore[arg-type]  # input=… only

    yield invoke
    forget()


def forget() -> None:
    """What a process that ends would let go of."""
    if assembly.parts.cache_info().currsize:
        assembly.parts().close()
    settings.current.cache_clear()
    assembly.parts.cache_clear()


def add_site(run: Command) -> str:
    made = run("site", "add", "rafidain", "--name", "صحيفة الرافدين", "--sender", "news@rafidain.example")
    assert made.exit_code == 0, made.output
    key = re.search(r"nk_\S+", made.output)
    assert key is not None
    return key[0]


def test_a_site_is_made_once_and_its_key_is_shown_once(run: Command) -> None:
    assert add_site(run).startswith("nk_")
    again = run("site", "add", "rafidain", "--name", "x", "--sender", "news@rafidain.example")
    assert again.exit_code == 1
    assert "already" in again.output


def test_a_site_says_how_its_numbers_and_dates_are_written(run: Command) -> None:
    words = ("--language", "ar-SA", "--digits", "latn", "--calendar", "hijri")
    assert run("site", "add", "riyadh", "--name", "x", "--sender", "news@riyadh.example", *words).exit_code == 0
    with assembly.parts().db.reading() as session:
        found = session.scalars(select(Site).where(Site.slug == "riyadh")).one()
    assert (found.language, found.digits, found.calendar) == ("ar-SA", Digits.LATN, Calendar.HIJRI)
    assert run("site", "add", "x", "--name", "x", "--sender", "a@x.example", "--calendar", "mayan").exit_code == 2


def test_a_key_is_listed_without_itself_and_revoked_for_ever(run: Command) -> None:
    key = add_site(run)
    second = run("key", "add", "the newsroom's plugin").output.strip()
    listed = run("key", "list").output
    assert "the newsroom's plugin" in listed
    assert key not in listed
    assert second not in listed
    assert listed.count("never") == 6
    for _ in range(2):
        assert run("key", "revoke", "2").exit_code == 0
    assert run("key", "list").output.count("never") == 5
    unknown = run("key", "revoke", "77")
    assert unknown.exit_code == 2
    assert "no key 77" in unknown.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["site", "add", "Bad Slug", "--name", "x", "--sender", "a@b.example"], "slug"),
        (["site", "add", "inbox", "--name", "x", "--sender", "a@b.example"], "slug"),
        (["site", "add", "ok", "--name", "x", "--sender", "nobody"], "not an address"),
        (["site", "add", "ok", "--name", "x", "--sender", "a@b.example", "--time-zone", "Mars/Base"], "time zone"),
        (["site", "add", "ok", "--name", "x", "--sender", "a@b.example", "--colour", "red"], "colour"),
        (["source", "add", "feed", "https://x.example/feed"], "no site yet"),
        (["source", "add", "feed", "file:///etc/passwd"], "http://"),
        (["source", "poll", "77"], "no source 77"),
        (["status", "--site", "nowhere"], "no site yet"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_with_a_sentence(run: Command, words: list[str], said: str) -> None:
    refused = run(*words)
    assert refused.exit_code == 2
    assert said in refused.output


@pytest.mark.long
def test_a_feed_on_a_local_copy_ends_in_the_books(run: Command, tmp_path: Path) -> None:
    add_site(run)
    with site() as web:
        web.pages["/feed"] = page(FEED.read_bytes(), ("Content-Type", "application/rss+xml"))
        knobs = {"FETCH_HOSTS_ALLOWED": "127.0.0.1"}
        assert run("source", "add", "feed", web.url("/feed"), knobs=knobs).exit_code == 0
        assert run("source", "add", "feed", web.url("/feed")).exit_code == 1
        polled = run("source", "poll", "1")
        assert polled.exit_code == 0, polled.output
        assert "13 items" in polled.output
        assert "never" not in run("source", "list").output
    shown = run("preview", "--out", str(tmp_path / "letter.html"))
    assert shown.exit_code == 0, shown.output
    assert 'dir="rtl"' in (tmp_path / "letter.html").read_text(encoding="utf-8")
    # The feed holds no comments to make a reply of.
    for kind in set(LetterKind) - {LetterKind.REPLY}:
        shown = run("preview", "--kind", kind, "--out", str(tmp_path / f"{kind}.html"))
        assert shown.exit_code == 0, shown.output


def test_a_feed_that_fails_says_why_and_keeps_it(run: Command) -> None:
    add_site(run)
    run("source", "add", "feed", "http://127.0.0.1:9/feed")
    polled = run("source", "poll", "1")
    assert polled.exit_code == 1
    assert "private" in polled.output or "127.0.0.1" in polled.output
    assert "127.0.0.1" in run("source", "list").output


def test_an_item_comes_in_from_a_file_or_from_standard_input(run: Command, tmp_path: Path) -> None:
    add_site(run)
    file = tmp_path / "item.json"
    body = {"kind": "article", "guid": "1", "title": "خبر", "categories": ["سياسة"], "html": "<p>نص</p>"}
    file.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    assert "created" in run("item", "add", str(file)).output
    again = run("item", "add", "-", input=json.dumps(body))
    assert "unchanged" in again.output
    broken = run("item", "add", "-", input="{")
    assert broken.exit_code == 2
    orphan = run("item", "add", "-", input=json.dumps({"kind": "comment", "guid": "c", "article": "nowhere"}))
    assert orphan.exit_code == 1
    assert "unknown_article" in orphan.output


def test_readers_are_added_with_their_basis_and_listed_masked(run: Command) -> None:
    add_site(run)
    run("item", "add", "-", input=json.dumps({"kind": "article", "guid": "1", "title": "x", "categories": ["سياسة"]}))
    added = run("subscribers", "add", "layla@example.org", "--basis", "paper form", "-t", "category:سياسة")
    assert added.exit_code == 0, added.output
    unknown = run("subscribers", "add", "layla@example.org", "--basis", "x", "-t", "category:فلك")
    assert unknown.exit_code == 2
    nobody = run("subscribers", "add", "layla", "--basis", "x", "-t", "category:سياسة")
    assert nobody.exit_code == 2
    masked, shown = run("subscribers", "list").output, run("subscribers", "list", "--addresses").output
    assert "layla@example.org" not in masked
    assert "layla@example.org" in shown


def test_a_test_letter_arrives_and_a_dead_server_is_told(run: Command, tmp_path: Path) -> None:
    add_site(run)
    run("item", "add", "-", input=json.dumps({"kind": "article", "guid": "1", "title": "خبر", "categories": ["سياسة"]}))
    inbox = Inbox(tmp_path / "inbox.db")
    with InboxServer(inbox) as server:
        for kind in ("alert", "digest", "confirm"):
            sent = run("send-test", "me@example.org", "--kind", kind, knobs={"SMTP_PORT": str(server.port)})
            assert sent.exit_code == 0, sent.output
    assert inbox.counts_by_recipient() == {"me@example.org": 3}
    inbox.close()
    dead = run("send-test", "me@example.org")
    assert dead.exit_code == 1
    assert "connect failed" in dead.output


def test_status_tells_the_books_for_people_and_for_scripts(run: Command) -> None:
    add_site(run)
    assert "planned" in run("status").output
    assert "planned" in run("status", "--watch").output, "nothing is open: it ends at once"
    told = json.loads(run("status", "--json").output)
    assert told["is_balanced"] is True
    assert told["balance"]["planned"] == 0


def test_a_watched_status_tells_a_pipe_while_letters_leave(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(books, "WATCH_S", 0.0)
    monkeypatch.setattr(books, "PIPED_S", 0.0)
    counts = [Balance(planned=3, queued=3 - sent, sent=sent) for sent in range(4)]
    views = [View({}, f"{count.sent} sent", count, count.is_balanced) for count in counts]
    told: list[str] = []

    def look() -> View:
        told.append(capsys.readouterr().out)
        return views[len(told)]

    books.follow(look, views[0])
    assert ["1 sent" in told[1], "2 sent" in told[2]] == [True, True], "each while others still wait"
    assert "every letter is done" in capsys.readouterr().out


def test_status_names_an_account_whose_password_is_refused(run: Command) -> None:
    add_site(run)
    run("status")
    assembly.parts().accounts.breaker.heard("smtp", is_up=False, is_refused=True)
    told = run("status").output
    assert "account smtp is down: its server refuses the name or the password" in told
    assert json.loads(run("status", "--json").output)["accounts"]["smtp"]["is_refused"] is True
    assembly.parts().accounts.breaker.heard("smtp", is_up=True)
    assert "account" not in run("status").output


def test_settings_show_accounts_without_their_passwords(run: Command) -> None:
    accounts = '{"relay": {"host": "relay.example", "password": "hunter22", "weight": 2}}'
    shown = run("settings", knobs={"SMTP_ACCOUNTS": accounts, "GROUP_RATES": "google=20"})
    assert shown.exit_code == 0, shown.output
    assert "relay.example" in shown.output
    assert "google=20" in shown.output
    assert "hunter22" not in shown.output


@pytest.mark.usefixtures("run")
def test_an_account_that_cannot_be_right_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = '{"relay": {"host": "h", "speed": 3, "password": "hunter22"}}'
    monkeypatch.setenv("NOTIFIER_SMTP_ACCOUNTS", accounts)
    monkeypatch.setattr("sys.argv", ["notifier", "status"])
    forget()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "NOTIFIER_SMTP_ACCOUNTS relay speed" in told
    assert "hunter22" not in told


@pytest.mark.long
def test_status_tells_each_run_with_its_reasons(run: Command) -> None:
    add_site(run)
    item = {"kind": "article", "guid": "0", "title": "x", "categories": ["سياسة"], "announce": False}
    run("item", "add", "-", input=json.dumps(item))
    for name in ("layla", "omar"):
        added = ("subscribers", "add", f"{name}@example.org", "--basis", "paper", "-t", "category:سياسة")
        assert run(*added, "-f", "instant").exit_code == 0
    run("item", "add", "-", input=json.dumps({**item, "guid": "1", "title": "[خبر] عاجل", "announce": True}))
    run("sweep", "--drain")
    (told,) = json.loads(run("status", "--runs", "5", "--json").output)["runs"]
    assert (told["run"], told["what"], told["planned"], told["queued"]) == ("alert:2", "[خبر] عاجل", 2, 2)
    assert told["is_balanced"] is True
    assert "alert:2" in run("status", "--runs", "5").output
    assert json.loads(run("status", "--run", "alert:2", "--json").output)["balance"]["planned"] == 2
    assert "[خبر] عاجل" in run("status", "--run", "alert:2").output
    for wrong in ("alert:77", "alert", "reply:1", "digest:x"):
        refused = run("status", "--run", wrong)
        assert (refused.exit_code, wrong in refused.output) == (2, True)
    with assembly.parts().db.writing() as session:
        session.execute(delete(Delivery).where(Delivery.id == 1))
    for words in (["status"], ["status", "--runs", "5"], ["status", "--run", "alert:2", "--json"]):
        assert run(*words).exit_code == 1, words
    assert "off by 1" in run("status", "--runs", "5").output


def test_the_pace_is_that_of_the_last_seconds() -> None:
    assert pace([(0.0, 100), (5.0, 1100)], 4000) == "200.0 letters/s, the rest takes 0:00:20"
    assert pace([(0.0, 100), (5.0, 100)], 4000) == "no letter was done within the last 5 s"
    assert pace([(0.0, 100), (5.0, 1100)], 0) == "every letter is done"


@pytest.mark.long
def test_why_tells_what_a_person_was_spared_and_retry_gives_it_another_chance(run: Command, tmp_path: Path) -> None:
    add_site(run)
    item = {"kind": "article", "guid": "0", "title": "x", "categories": ["سياسة"], "announce": False}
    run("item", "add", "-", input=json.dumps(item))
    added = ("subscribers", "add", "layla@example.org", "--basis", "paper", "-t", "category:سياسة", "-f", "instant")
    assert run(*added).exit_code == 0
    run("item", "add", "-", input=json.dumps({**item, "guid": "1", "announce": True}))
    run("sweep", "--drain", knobs={"ATTEMPTS_MAX": "1"})
    assert "unreachable" in run("why", "Layla@example.org").output, "no mail server: it waits, uncharged"
    assert run("why", "nobody@example.org").exit_code == 1
    assert run("why", "nobody").exit_code == 2
    with assembly.parts().db.writing() as session:
        session.execute(update(Delivery).values(state="failed", reason="refused", detail="550 5.1.1 no such user"))
    told = run("why", "layla@example.org").output
    assert "refused" in told
    assert "5.1.1" in told
    assert "no letter told" not in told
    assert "0 queued again" in run("retry", "--reason", "attempts").output
    assert "1 queued again" in run("retry").output
    inbox = Inbox(tmp_path / "inbox.db")
    with InboxServer(inbox) as server:
        run("sweep", "--drain", knobs={"SMTP_PORT": str(server.port)})
    assert inbox.counts_by_recipient() == {"layla@example.org": 1}
    inbox.close()
    assert "sent" in run("why", "layla@example.org").output


def test_why_tells_how_many_comments_no_letter_told_and_why(run: Command) -> None:
    add_site(run)
    run("item", "add", "-", input=json.dumps({"kind": "article", "guid": "1", "title": "x", "categories": ["سياسة"]}))
    run("item", "add", "-", input=json.dumps({"kind": "comment", "guid": "c", "article": "1", "html": "<p>x</p>"}))
    run("subscribers", "add", "layla@example.org", "--basis", "paper", "-t", "category:سياسة")
    with assembly.parts().db.writing() as session:
        found = session.execute(select(Subscriber.id, Item.id, Item.article_id).join(Item, Item.guid == "c")).one()
        now = datetime.now(UTC)
        notice = dict(zip(("subscriber_id", "item_id", "article_id"), found, strict=True))
        session.add(
            Notice(
                **notice, reason="reply", frequency="instant", created_at=now, due_at=now, dropped_at=now,
                dropped_reason="retracted",
            )
        )  # fmt: skip
    assert "comments no letter told: 1 (retracted)" in run("why", "layla@example.org").output


def test_a_reader_is_suppressed_lifted_and_erased(run: Command) -> None:
    add_site(run)
    run("item", "add", "-", input=json.dumps({"kind": "article", "guid": "1", "title": "x", "categories": ["سياسة"]}))
    add = ("subscribers", "add", "layla@example.org", "--basis", "paper", "-t", "category:سياسة")
    assert run(*add).exit_code == 0
    assert "suppressed" in run("subscribers", "suppress", "Layla@example.org").output
    refused = run(*add)
    assert (refused.exit_code, "suppressed" in refused.output) == (1, True)
    assert run("subscribers", "lift", "layla@example.org").exit_code == 0
    assert run("subscribers", "lift", "layla@example.org").exit_code == 1
    assert run("subscribers", "erase", "layla@example.org").exit_code == 0
    assert run("subscribers", "erase", "layla@example.org").exit_code == 1
    assert run("subscribers", "erase", "layla").exit_code == 2
    assert "layla" not in run("subscribers", "list", "--addresses").output
    assert run(*add).exit_code == 1, "erasure survives an import"


def test_settings_are_printed_with_their_secrets_masked(run: Command) -> None:
    printed = run("settings")
    assert printed.exit_code == 0
    assert SECRET not in printed.output
    assert all(f"NOTIFIER_{name.upper()}" in printed.output for name in settings.Settings.model_fields)


def test_sweeping_here_and_now_does_what_is_due(run: Command) -> None:
    add_site(run)
    run("item", "add", "-", input=json.dumps({"kind": "article", "guid": "1", "title": "x", "categories": ["سياسة"]}))
    assert "1 done here" in run("sweep", "--drain").output
    assert "0 nudged" in run("sweep").output


def test_a_data_folder_lends_its_settings_to_commands(
    run: Command, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_site(run)
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(f"NOTIFIER_{name}")
    assert "no site has run" in run("--data", str(tmp_path), "status").output
    lines = (
        f"NOTIFIER_SECRET_KEY={SECRET}",
        f"NOTIFIER_DATABASE_URL={database_url}",
        f"NOTIFIER_REDIS_URL={redis_url}",
    )
    (tmp_path / settings.FOLDER_FILE).write_text("\n".join(lines), encoding="utf-8")
    told = run("--data", str(tmp_path), "status", "--site", "rafidain")
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize("secret", ["", "short", "a" * 64])
@pytest.mark.usefixtures("run")
def test_a_weak_secret_is_refused_at_the_start(
    secret: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", secret)
    monkeypatch.setattr("sys.argv", ["notifier", "status"])
    forget()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "openssl rand" in capsys.readouterr().err


def test_it_tells_its_version(run: Command) -> None:
    told = run("--version")
    assert (told.exit_code, told.output) == (0, f"notifier {__version__}\n")


def test_help_teaches_every_command(run: Command) -> None:
    helped = run("--help").output
    processes = "demo run serve worker beat migrate sweep"
    commands = f"{processes} site key source item subscribers dkim preview send-test status why retry settings".split()
    assert [name for name in commands if name not in helped] == []
    for name in commands:
        assert run(name, "--help").exit_code == 0


def test_an_archive_is_switched_off_and_on_and_shown_to_search_engines(run: Command) -> None:
    add_site(run)
    assert "/archive; search engines may not show it" in run("site", "archive").output
    assert "archive: nowhere" in run("site", "archive", "--off").output
    assert "/archive; search engines may show it" in run("site", "archive", "--on", "--indexed").output


def test_suppressions_are_listed_taken_along_and_asked_for(run: Command, tmp_path: Path) -> None:
    add_site(run)
    assert "suppressed" in run("subscribers", "suppress", "@Example.ORG", "--reason", "spam trap").output
    assert run("subscribers", "suppress", "huda@example.net").exit_code == 0
    exported = run("subscribers", "suppressions", "--export").output
    assert "@example.org\tspam trap\toperator" in exported
    assert "huda" not in exported, "of an address only its hash is kept"
    assert "spam trap" in run("subscribers", "suppressed", "@example.org").output
    lifted = run("subscribers", "lift", "huda@example.net", "--reason", "it works again")
    assert lifted.exit_code == 0
    assert "it works again" in run("subscribers", "suppressed", "huda@example.net").output
    (tmp_path / "list").write_text(f"# a list\n{exported}layla@example.com\nnonsense\n", encoding="utf-8")
    assert "2 suppressed anew, 1 lines" in run("subscribers", "suppress-all", str(tmp_path / "list")).output
    assert run("subscribers", "suppressed", "layla@example.com").exit_code == 0
    assert run("subscribers", "suppress", "@").exit_code == 2
    assert "score 0" in run("subscribers", "standing", "layla@example.com").output


def test_alarms_are_shown_where_one_looks_and_ended_with_a_reason(run: Command) -> None:
    add_site(run)
    limits = returns.limits(assembly.parts())
    with assembly.parts().db.writing() as session:
        alarms.refused(session, "smtp", ["5.7.26"] * 5, limits, datetime.now(UTC))
    for command in (("status",), ("alarms", "list")):
        said = " ".join(run(*command).output.split())
        assert "5 refused by policy through account smtp" in said
        assert "halted until" in said
    (told,) = json.loads(run("status", "--json").output)["alarms"]
    assert (told["about"], told["count"], told["detail"]) == ("account:smtp", 5, "5.7.26")
    assert run("alarms", "end", str(told["id"]), "--reason", "DKIM put right").exit_code == 0
    assert run("alarms", "end", str(told["id"]), "--reason", "again").exit_code == 1
    assert run("alarms", "list").output == ""
    assert run("alarms", "key").output.startswith("whsec_")
