"""CSV as people have it: any encoding, with or without names on top, and some of its rows broken."""

from pathlib import Path

import psutil
import pytest

from notifier.db import Database
from notifier.domain.takeover import Skip
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.sources.wpdiscuz.mysql import WordPress
from notifier.sources.wpdiscuz.table import TableError
from notifier.takeover import Ears, Skipped, take_over
from tests.takeover.conftest import HOME, Csv, Paper
from tests.takeover.tables import FOLLOWS, KEY, OLD_SUBSCRIPTIONS, SUBSCRIPTIONS, follow, subscription, write

HEAD = ",".join(SUBSCRIPTIONS.columns)
THREAD = f"thread:{HOME}/?p=164"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_arabic_names_survive_every_encoding(paper: Paper, encoding: str, delimiter: str) -> None:
    path = write(
        paper.folder / "follows.csv", FOLLOWS.columns, [follow(1, "a@mail.iq", user_email="")], encoding, delimiter
    )
    paper.take(CsvTable(path, FOLLOWS))
    assert paper.has() == {"a@mail.iq": ["author:د. سعاد العزاوي"]}


@pytest.mark.parametrize("columns", [SUBSCRIPTIONS.columns, OLD_SUBSCRIPTIONS])
def test_an_export_without_names_on_top_is_known_by_its_columns(paper: Paper, columns: tuple[str, ...]) -> None:
    row = subscription(1, "a@mail.iq")[: len(columns)]
    path = write(paper.folder / "bare.csv", (), [row])
    skipped: list[Skipped] = []
    paper.take(CsvTable(path, SUBSCRIPTIONS), skipped=skipped)
    assert (paper.has(), skipped) == ({"a@mail.iq": [THREAD]}, [])


def test_columns_may_stand_in_any_order_and_nulls_are_nothing(paper: Paper, table: Csv) -> None:
    head = "email,confirm,id,post_id,subscribtion_id,subscribtion_type,activation_key,subscription_date,imported_from"
    paper.take(table(SUBSCRIPTIONS, f"{head}\r\na@mail.iq,1,1,164,164,post,{KEY},NULL,\\N\r\n"))
    assert paper.has() == {"a@mail.iq": [THREAD]}


BROKEN = (
    ('{n},"open@mail.iq,164,164,post,{key},1,2023-05-04 10:00:00,', Skip.UNREADABLE),
    ("{n},short@mail.iq,164", Skip.UNREADABLE),
    ("{n},not an address,164,164,post,{key},1,2023-05-04 10:00:00,", Skip.ADDRESS),
    ("{n},kind@mail.iq,164,164,posts,{key},1,2023-05-04 10:00:00,", Skip.KIND),
    ("x,id@mail.iq,164,164,post,{key},1,2023-05-04 10:00:00,", Skip.ID),
    ("{n},id@mail.iq,-1,164,post,{key},1,2023-05-04 10:00:00,", Skip.ID),
    ("{n},id@mail.iq,99999999999999999999,164,post,{key},1,2023-05-04 10:00:00,", Skip.ID),
    ("{n},date@mail.iq,164,164,post,{key},1,yesterday,", Skip.DATE),
    ("{n},confirm@mail.iq,164,164,post,{key},maybe,2023-05-04 10:00:00,", Skip.CONFIRM),
    ("{n},nul\0@mail.iq,164,164,post,{key},1,2023-05-04 10:00:00,", Skip.ADDRESS),
)


def test_three_rows_in_a_hundred_are_broken_and_each_is_told_by_its_line(paper: Paper, table: Csv) -> None:
    lines, broken = [HEAD], {}
    for n in range(1, 331):
        if n % 33 == 0:
            text, why = BROKEN[n // 33 - 1]
            lines.append(text.format(n=n, key=KEY))
            broken[n + 1] = why
        else:
            lines.append(",".join(subscription(n, f"r{n}@mail.iq")))
    skipped: list[Skipped] = []
    counts = paper.take(table(SUBSCRIPTIONS, "\n".join(lines)), skipped=skipped)
    assert {one.row: one.why for one in skipped} == broken
    assert (counts["export.csv"].found, counts["export.csv"].taken, len(paper.has())) == (330, 320, 320)


def test_a_few_broken_bytes_do_not_make_it_another_charset(paper: Paper, table: Csv) -> None:
    good = ",".join(follow(1, "a@mail.iq", user_email="")).encode()
    bad = ",".join(follow(2, "b@mail.iq", "ليلى")).encode().replace("ى".encode(), b"\xd9")
    paper.take(table(FOLLOWS, b"\n".join((",".join(FOLLOWS.columns).encode(), good, bad))))
    assert paper.has()["a@mail.iq"] == ["author:د. سعاد العزاوي"]


@pytest.mark.parametrize("content", ["", "\n\n", "a,b,c\n1,2,3\n", HEAD.replace("subscribtion", "subscription")])
def test_what_is_no_such_table_says_what_is_missing(table: Csv, content: str) -> None:
    with pytest.raises(TableError, match=r"no columns|is empty"):
        table(SUBSCRIPTIONS, content)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        CsvTable(tmp_path / "none.csv", SUBSCRIPTIONS)
    with pytest.raises(TableError, match="encoding 'klingon'"):
        CsvTable(write(tmp_path / "a.csv", SUBSCRIPTIONS.columns, []), SUBSCRIPTIONS, "klingon")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_memory_stays_flat_over_two_hundred_thousand_rows(db: Database, paper: Paper, tmp_path: Path) -> None:
    assert db is paper.world.parts.db
    rows = (subscription(n, f"r{n % 9000}@mail{n % 7}.iq", about=n % 3000 + 1) for n in range(1, 200_001))
    path = write(tmp_path / "many.csv", SUBSCRIPTIONS.columns, rows)
    process, sizes = psutil.Process(), list[int]()
    ears = Ears(progress=lambda _table, _done: sizes.append(process.memory_info().rss))
    counts = take_over(paper.world.parts, [CsvTable(path, SUBSCRIPTIONS)], paper.job(go=False), ears)
    assert counts["many.csv"].found == 200_000
    assert max(sizes) - sizes[20] < 16_000_000


@pytest.mark.parametrize(
    "url", ["mysql://u:p@host/base", "postgresql://u@host/base", "mysql://host", "nonsense", "mysql://u@host/"]
)
def test_an_address_that_cannot_be_right_is_refused(url: str) -> None:
    with pytest.raises(TableError):
        WordPress(url, "", "wp_")


def test_a_prefix_is_letters_and_digits() -> None:
    with pytest.raises(TableError, match="prefix"):
        WordPress("mysql://u@host/base", "", "wp_`; DROP TABLE x; --")
