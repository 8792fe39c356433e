"""Commands that bring lists of readers in, and take them away."""

import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from notifier import assembly, clock, exports, imports
from notifier.cli.filters import OfLanguage, OfState, OfTag, OfTopic, Since, Words, search_of
from notifier.cli.words import FAILED, SiteOption, console, console_err, refuse, the_site
from notifier.desk import audit
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.importing import formats
from notifier.domain.importing.formats import Field
from notifier.domain.importing.plan import Plan
from notifier.domain.topics import normalise
from notifier.domain.words import Frequency
from notifier.imports.acts import PlanError
from notifier.imports.local import Local, begin
from notifier.models import Import
from notifier.sources import lists
from notifier.sources.lists import Head, ListError

_OPERATOR: Final = Actor(COMMAND_LINE)
_SENTENCES: Final = {
    "no_email": "no column holds addresses: say which with --map email=COLUMN",
    "no_basis": "say with --basis what their consent rests on",
    "no_topics": "say with --topic what they get, or with --map topics=COLUMN where it stands",
    "unknown_topics": "this site has no such topic: topics come with the items that carry them",
    "empty": "the file is empty",
}
_SILENT: Final = (
    "everybody is asked by letter first: listmonk's file does not tell who has unsubscribed from a list. With one that "
    'was exported by the subscription status "Confirmed", say --confirmed'
)
_WORDS: Final = (
    ("new", "new readers"), ("open", "sign-ups completed"), ("more", "readers with more topics"),
    ("asked", "asked by letter"), ("already", "there already"), ("duplicate", "twice in the list"),
    ("suppressed", "suppressed: left out"), ("left", "unsubscribed: left out"), ("gone", "left elsewhere: kept out"),
    ("barred", "bounced or complained elsewhere: suppressed"), ("pending", "never confirmed: left out"),
    ("bad", "bad rows"),
)  # fmt: skip

Whose = Annotated[
    Literal["auto", "csv", "listmonk", "mailchimp", "substack", "ghost", "mailpoet"],
    typer.Option("--format", help="Whose export it is."),
]
Confirmed = Annotated[
    bool,
    typer.Option(
        "--confirmed",
        help='Of listmonk: exported with the subscription status "Confirmed". Else everybody is asked by letter first, '
        "for its file does not tell who has unsubscribed from a list.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("import")(subscribers_import)
    app.command("export")(subscribers_export)


def subscribers_import(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file, in whatever charset.")],
    basis: Annotated[str, typer.Option(help="What their consent rests on; kept as evidence with each reader.")] = "",
    topic: Annotated[list[str] | None, typer.Option("--topic", "-t", help="What all of them get.")] = None,
    word: Annotated[
        list[str] | None, typer.Option(help="`word=topic`: what a word in the topics' column means.")
    ] = None,
    mapping: Annotated[str, typer.Option("--map", help="`email=Column,name=Column`; else by the header.")] = "",
    format_: Whose = "auto",
    frequency: Annotated[Frequency, typer.Option("--frequency", "-f")] = Frequency.DAILY,
    language: Annotated[str, typer.Option(help="Of who says no other; the site's if left out.")] = "",
    tag: Annotated[str, typer.Option(help="A tag for everybody in the list.")] = "",
    ask: Annotated[bool, typer.Option("--ask", help="Ask everybody by letter first (double opt-in).")] = False,
    confirmed: Confirmed = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would come in.")] = False,
    site: SiteOption = "",
) -> None:
    """Take a list of readers in. Interrupted, the same command goes on where it was.

    Nobody who is suppressed or has unsubscribed comes back by it. Rows that stay out are told in FILE.rejected.csv.
    """
    try:
        head = lists.look(lists.of_file(path))
    except ListError as fault:
        refuse(_SENTENCES.get(fault.key, fault.key))
    found = formats.named(format_, head.columns)
    # Whose export it is does not change with how its columns are read.
    source = found.name if found.name != formats.CSV else formats.recognised(head.columns).name
    wanted = Plan(
        columns=_columns(head, found, mapping), basis=basis, source=source, is_confirmed=confirmed,
        frequency=frequency, asks=ask,
        topics=tuple(normalise(one) or one for one in topic or ()), words=_words(word or []), language=language,
        tag=tag, encoding=head.encoding, delimiter=head.delimiter, begin=head.begin,
    )  # fmt: skip
    if wanted.is_silent and not ask:
        console.print(_SILENT, highlight=False)
    done = _run(path, wanted, site, is_for_good=not dry_run)
    _tell(path, done)


def subscribers_export(
    to: Annotated[Path | None, typer.Argument(help="The file to write; else standard output.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="A JSON object a line, not CSV.")] = False,
    words: Words = "",
    topic: OfTopic = "",
    tag: OfTag = "",
    state: OfState = "",
    language: OfLanguage = "",
    since: Since = "",
    site: SiteOption = "",
) -> None:
    """Write all readers who fit, with their subscriptions and what their consent rests on."""
    parts = assembly.parts()
    given = {"words": words, "topic": topic, "tag": tag, "state": state, "language": language, "since": since}
    with parts.db.writing() as session:
        site_id = the_site(session, site).id
        search = search_of(session, site_id, given)
        audit.note(session, _OPERATOR, "readers.exported", clock.now(), site_id=site_id)
    texts = (exports.as_json if json_lines else exports.as_csv)(parts, site_id, search, clock.now())
    if to is None:
        sys.stdout.writelines(texts)
        return
    with to.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(texts)


def _run(path: Path, wanted: Plan, slug: str, *, is_for_good: bool) -> Import:
    parts, opened = assembly.parts(), lists.of_file(path)
    with parts.db.reading() as session:
        site_id = the_site(session, slug).id
    try:
        number = begin(parts, Local(site_id, path, wanted, is_for_good=is_for_good), _OPERATOR, clock.now())
    except PlanError as fault:
        refuse(_SENTENCES.get(fault.key, fault.key))
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console_err) as bar:
        task = bar.add_task("checking" if not is_for_good else "importing", total=path.stat().st_size)

        def seen(done: int, rows: int) -> None:
            bar.update(task, completed=done, description=f"{rows:,} rows")

        imports.advance(parts, number, clock.now, opened=opened, turn=imports.Turn(), progress=seen)
    with parts.db.reading() as session:
        return session.get_one(Import, number)


def _tell(path: Path, done: Import) -> None:
    table = Table("what became of them", "rows")
    for word, sentence in _WORDS:
        if done.counts.get(word):
            table.add_row(sentence, f"{done.counts[word]:,}")
    table.add_row("in all", f"{done.position:,}")
    console.print(table)
    if exports.bad(done):
        rejected = path.with_name(f"{path.name}.rejected.csv")
        try:
            with rejected.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(exports.faults_as_csv(assembly.parts(), done.id))
        except OSError as fault:
            refuse(f"{rejected} cannot be written: {fault.strerror}", FAILED)
        console.print(f"{rejected} tells which rows stayed out, and why", highlight=False)


def _columns(head: Head, found: formats.Format, mapping: str) -> dict[Field, int]:
    columns = formats.places(head.columns, found.columns)
    names = {formats.folded(name): number for number, name in enumerate(head.columns)}
    for pair in filter(None, mapping.split(",")):
        field, _, name = pair.partition("=")
        if field not in list(Field) or formats.folded(name) not in names:
            refuse(
                f"--map {pair}: write field=column; fields are {', '.join(Field)}; columns {', '.join(head.columns)}"
            )
        columns[Field(field)] = names[formats.folded(name)]
    return columns


def _words(pairs: list[str]) -> dict[str, str]:
    words = {}
    for pair in pairs:
        word, _, topic = pair.partition("=")
        words[word.strip().casefold()] = normalise(topic) or topic
    return words
