"""`notifier import`, as an operator would type it."""

from pathlib import Path

import pytest
from sqlalchemy import select

from notifier import assembly
from notifier.models import Subscriber
from tests.cli.test_commands import Command, run
from tests.takeover.tables import FOLLOWS, POSTMETA, SUBSCRIPTIONS, follow, meta, subscription, write

__all__ = ["run"]


@pytest.fixture
def site(run: Command) -> Command:
    made = run(
        "site", "add", "rafidain", "--name", "صحيفة", "--sender", "news@rafidain.iq", "--url", "https://rafidain.iq"
    )
    assert made.exit_code == 0, made.output
    return run


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command that imports three readers and leaves two rows out."""
    rows = [subscription(1, "a@mail.iq"), subscription(2, "b@example.com"), subscription(3, "c@mail.iq", "comment", 9)]
    rows.append(subscription(4, "[red]@mail.iq"))
    subscriptions = write(tmp_path / "s.csv", SUBSCRIPTIONS.columns, rows)
    follows = write(tmp_path / "f.csv", FOLLOWS.columns, [follow(1, "d@mail.iq")])
    return [
        "import", "wpdiscuz", "--subscriptions", str(subscriptions), "--follows", str(follows),
        "--skipped", str(tmp_path / "skipped.csv"),
    ]  # fmt: skip


def addresses() -> list[str]:
    with assembly.parts().db.reading() as session:
        return list(session.scalars(select(Subscriber.address).order_by(Subscriber.address)))


def test_the_first_run_only_tells_and_go_does_it(site: Command, words: list[str], tmp_path: Path) -> None:
    told = site(*words)
    assert told.exit_code == 0, told.output
    assert "dry run" in told.output
    assert "placeholder" in told.output
    assert addresses() == []
    lines = (tmp_path / "skipped.csv").read_text().splitlines()
    assert lines == ["table,row,reason", "s.csv,3,placeholder", "s.csv,5,bad_address"]
    done = site(*words, "--go")
    assert done.exit_code == 0, done.output
    assert "dry run" not in done.output
    assert addresses() == ["a@mail.iq", "c@mail.iq", "d@mail.iq"]


def test_comments_reloaded_is_imported_by_its_name(site: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", POSTMETA.columns, [meta(1, "a@mail.iq", "2019-02-03 10:00:00|Y")])
    skipped = str(tmp_path / "skipped.csv")
    done = site("import", "comments-reloaded", "--postmeta", str(path), "--skipped", skipped, "--go")
    assert (done.exit_code, addresses()) == (0, ["a@mail.iq"]), done.output


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--database", "mysql://u@h/b"], "either"),
        (["--guid", "all"], "{post}"),
        (["--time-zone", "Mars/Olympus"], "time zone"),
        (["--skipped", "/nowhere/at/all.csv"], "cannot be written"),
        (["--encoding", "klingon"], "encoding"),
    ],
)
def test_what_cannot_be_right_is_a_sentence(site: Command, words: list[str], more: list[str], sentence: str) -> None:
    refused = site(*words, *more)
    assert refused.exit_code in {1, 2}
    assert sentence in refused.output.replace("\n", " ")
    assert "Traceback" not in refused.output


def test_a_wrong_table_or_none_is_refused(site: Command, words: list[str], tmp_path: Path) -> None:
    assert "either" in site("import", "wpdiscuz").output
    swapped = site("import", "wpdiscuz", "--follows", words[3], "--skipped", str(tmp_path / "x.csv"))
    assert swapped.exit_code == 1
    assert "no columns" in swapped.output


def test_a_site_without_a_url_must_say_how_guids_are_made(run: Command, words: list[str]) -> None:
    assert run("site", "add", "r", "--name", "r", "--sender", "news@r.iq").exit_code == 0
    refused = run(*words)
    assert refused.exit_code == 2
    assert "--guid" in refused.output
    assert run(*words, "--guid", "post-{post}").exit_code == 0


def test_a_password_in_the_address_is_refused_and_not_repeated(site: Command, tmp_path: Path) -> None:
    skipped = ["--skipped", str(tmp_path / "x.csv")]
    refused = site("import", "wpdiscuz", "--database", "mysql://u:hush-hush@127.0.0.1:1/base", *skipped)
    assert refused.exit_code == 1
    assert "hush" not in refused.output
    away = site("import", "wpdiscuz", "--database", "mysql://u@127.0.0.1:1/base", *skipped,
                knobs={"IMPORT_PASSWORD": "hush-hush"})  # fmt: skip
    assert away.exit_code == 1
    assert "does not answer" in away.output
    assert "hush" not in away.output
