"""Commands that take other plugins' readers over: `notifier import wpdiscuz`, `notifier import comments-reloaded`."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from notifier import assembly, clock
from notifier.cli.takeover_report import Bar, table_of
from notifier.cli.words import FAILED, SiteOption, console, refuse, the_site
from notifier.consent.taking import Basis
from notifier.domain.schedule import is_zone
from notifier.domain.takeover import Guids
from notifier.domain.words import Frequency
from notifier.models import Site
from notifier.sources.wpdiscuz.csv_file import CsvTable
from notifier.sources.wpdiscuz.mysql import MySqlTable, WordPress
from notifier.sources.wpdiscuz.reading import Terms
from notifier.sources.wpdiscuz.table import FOLLOWS, POSTMETA, SUBSCRIPTIONS, Shape, Table, TableError
from notifier.takeover import Ears, Job, Skipped, take_over

import_app = typer.Typer(no_args_is_help=True, help="Take over the readers of another plugin.")

Database = Annotated[
    str,
    typer.Option(help="WordPress's own: `mysql://name@host/base`; its password is read from NOTIFIER_IMPORT_PASSWORD."),
]
Password = Annotated[str, typer.Option(envvar="NOTIFIER_IMPORT_PASSWORD", hidden=True)]
Prefix = Annotated[str, typer.Option(help="What the tables' names begin with there.")]
Guid = Annotated[str, typer.Option(help="How a post's id makes its guid; empty: `<the site's url>/?p={post}`.")]
CommentGuid = Annotated[str, typer.Option(help="And a comment's; empty: `{article}#comment-{comment}`.")]
Zone = Annotated[str, typer.Option(help="Of dates without one; empty takes the site's.")]
How = Annotated[Frequency, typer.Option("--frequency", "-f", help="How often they may be written to.")]
Ticked = Annotated[
    bool,
    typer.Option(help="The box of replies to a comment was ticked beforehand there; its database tells by itself."),
]
Domains = Annotated[list[str] | None, typer.Option("--skip-domain", help="One more domain that is a placeholder.")]
Encoding = Annotated[str, typer.Option(help="Of CSV files, such as `cp1256`; empty finds out.")]
SkippedFile = Annotated[Path, typer.Option(help="Where to list the rows left out, with the reason of each.")]
Go = Annotated[bool, typer.Option("--go", help="Do it. Without this, only tell what would be done.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(import_app, name="import")


@import_app.command("wpdiscuz")
def wpdiscuz(
    subscriptions: Annotated[Path | None, typer.Option(help="`{prefix}wc_comments_subscription` as CSV.")] = None,
    follows: Annotated[Path | None, typer.Option(help="`{prefix}wc_follow_users` as CSV.")] = None,
    database: Database = "",
    password: Password = "",
    prefix: Prefix = "wp_",
    guid: Guid = "",
    comment_guid: CommentGuid = "",
    time_zone: Zone = "",
    frequency: How = Frequency.INSTANT,
    ticked: Ticked = False,
    skip_domain: Domains = None,
    encoding: Encoding = "",
    skipped: SkippedFile = Path("wpdiscuz-skipped.csv"),
    site: SiteOption = "",
    go: Go = False,
) -> None:
    """Take over wpDiscuz's subscribers, from its database or from CSV; a dry run unless `--go` is given.

    Who confirmed there is not asked again; who was never confirmed is left out. Old links go on working.
    Repeating it takes over only what is new, and never what a reader has ended here.
    """
    files = [(SUBSCRIPTIONS, subscriptions), (FOLLOWS, follows)]
    taker, terms = _terms(site, guid, comment_guid, time_zone, skip_domain)
    basis = Basis("wpdiscuz", "confirmed with wpDiscuz", frequency)
    with _tables(files, encoding, database, password, prefix) as tables:
        is_ticked = ticked or any(isinstance(one, MySqlTable) and one.is_ticked for one in tables)
        _run(tables, Job(taker.id, basis, replace(terms, is_ticked=is_ticked), is_for_good=go), skipped)


@import_app.command("comments-reloaded")
def comments_reloaded(
    postmeta: Annotated[Path | None, typer.Option(help="`{prefix}postmeta` as CSV; other rows may be in it.")] = None,
    database: Database = "",
    password: Password = "",
    prefix: Prefix = "wp_",
    guid: Guid = "",
    time_zone: Zone = "",
    frequency: How = Frequency.INSTANT,
    skip_domain: Domains = None,
    encoding: Encoding = "",
    skipped: SkippedFile = Path("comments-reloaded-skipped.csv"),
    site: SiteOption = "",
    go: Go = False,
) -> None:
    """Take over the subscribers of Subscribe to Comments Reloaded; a dry run unless `--go` is given."""
    terms = _terms(site, guid, "", time_zone, skip_domain)
    basis = Basis("comments-reloaded", "confirmed with Subscribe to Comments Reloaded", frequency)
    with _tables([(POSTMETA, postmeta)], encoding, database, password, prefix) as tables:
        _run(tables, Job(terms[0].id, basis, terms[1], is_for_good=go), skipped)


def _terms(slug: str, guid: str, comment_guid: str, zone: str, domains: Sequence[str] | None) -> tuple[Site, Terms]:
    with assembly.parts().db.reading() as session:
        site = the_site(session, slug)
    if not guid and not site.url:
        refuse("this site has no url: say with --guid how guids are made, such as `https://site/?p={post}`")
    if not is_zone(zone or site.time_zone):
        refuse(f"time zone {zone!r} is not known: write it like Asia/Baghdad")
    usual = Guids.of(site.url)
    try:
        guids = Guids(guid or usual.article_pattern, comment_guid or usual.comment_pattern)
    except ValueError as fault:
        refuse(str(fault))
    more = frozenset(name.strip().lower() for name in domains or ())
    return site, Terms(guids, ZoneInfo(zone or site.time_zone), clock.now(), more)


@contextmanager
def _tables(
    files: Sequence[tuple[Shape, Path | None]], encoding: str, database: str, password: str, prefix: str
) -> Iterator[list[Table]]:
    given = [(shape, path) for shape, path in files if path]
    if bool(given) == bool(database):
        refuse("name either CSV files or a --database to read")
    with ExitStack() as open_until_the_end:
        try:
            if given:
                yield [CsvTable(path, shape, encoding) for shape, path in given]
                return
            there = WordPress(database, password, prefix)
            open_until_the_end.callback(there.close)
            tables: list[Table] = [table for shape, _ in files if (table := there.table(shape))]
            if not tables:
                refuse(f"there is no table {prefix}{files[0][0].name} in that database", FAILED)
            yield tables
        except TableError as fault:
            refuse(str(fault), FAILED)


def _run(tables: Sequence[Table], job: Job, path: Path) -> None:
    """Read, judge and, with --go, write; then tell."""
    count = 0
    try:
        with path.open("w", newline="", encoding="utf-8") as stream, Bar(tables) as bar:
            lines = csv.writer(stream)
            lines.writerow(["table", "row", "reason"])

            def note(skipped: Skipped) -> None:
                nonlocal count
                count += 1
                lines.writerow([skipped.table, skipped.row, skipped.why])

            found = take_over(assembly.parts(), tables, job, Ears(note, bar.advance))
    except OSError as fault:
        refuse(f"{path} cannot be written: {fault.strerror}", FAILED)
    console.print(table_of(found))
    if count:
        console.print(f"{count:,} rows are left out: {path} tells which, and why", highlight=False)
    if not job.is_for_good:
        console.print("This was a dry run: nothing is changed. Add --go to do it.")
