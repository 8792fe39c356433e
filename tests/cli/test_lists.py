"""`notifier subscribers import` of listmonk's list, and `notifier charts`."""

from pathlib import Path

from sqlalchemy import select

from notifier import assembly, census, clock, flow
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Import
from tests.cli.test_commands import Command, add_site, run
from tests.imports.test_other_programs import LISTMONK

__all__ = ["run"]


def publish() -> None:
    story = NewItem(ItemKind.ARTICLE, "7", title="خبر", html="<p>نص</p>", categories=("سياسة",))
    flow.ingest_items(assembly.parts(), 1, [story], clock.now())


def test_listmonks_list_asks_everybody_and_says_why_unless_told_otherwise(run: Command, tmp_path: Path) -> None:
    add_site(run)
    publish()
    file = tmp_path / "list.csv"
    file.write_text(LISTMONK, encoding="utf-8")
    words = ("subscribers", "import", str(file), "--basis", "x", "--topic", "category:سياسة", "--dry-run")
    for more, asks in (((), True), (("--format", "csv"), True), (("--confirmed",), False)):
        told = run(*words, *more)
        assert told.exit_code == 0, told.stderr
        assert ("does not tell who has unsubscribed" in " ".join(told.output.split())) is asks, more
        with assembly.parts().db.reading() as session:
            counts = session.scalars(select(Import.counts).order_by(Import.id.desc())).first()
        assert counts == {"asked" if asks else "new": 1}


def test_the_numbers_of_a_chart_are_printed_as_the_desk_gives_them(run: Command) -> None:
    add_site(run)
    publish()
    census.count(assembly.parts(), clock.now())
    printed = run("charts", "letters")
    assert printed.exit_code == 0, printed.stderr
    rows = printed.output.removeprefix("\ufeff").splitlines()
    assert (rows[0], len(rows)) == ("day,planned,sent,failed,dropped,expired", 31)
    assert rows[-1] == f"{clock.now().date()},0,0,0,0,0"
    assert run("charts", "categories").output.removeprefix("\ufeff").splitlines()[0] == "category,subscriptions"
    assert "does not count" in run("charts", "opens").stderr
    assert run("charts", "weather").exit_code == 2
