"""Commands about issues: compose, show, send, stop, and look on."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, clock
from notifier.cli.books import RATE_OVER_S, WATCH_S, pace
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.desk_words import IssueState
from notifier.domain.issues import Audience, Composed, IssueRefused, When
from notifier.issues import compose, reading, sending
from notifier.issues.rows import Which
from notifier.issues.waves import rests_waiting
from notifier.models import Issue, Item
from notifier.parts import Parts

issue_app = typer.Typer(no_args_is_help=True, help="Newsletters that an editor composes.")
Id = Annotated[int, typer.Argument(help="The issue's number, as `notifier issue list` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(issue_app, name="issue")


@issue_app.command()
def new(
    title: Annotated[str, typer.Argument(help="What it is called; the subject as well, unless some are given.")],
    items: Annotated[list[str] | None, typer.Option("--item", "-i", help="The guid of an article; in order.")] = None,
    intro: Annotated[Path | None, typer.Option(help="A Markdown file with your words.")] = None,
    subject: Annotated[list[str] | None, typer.Option(help="A subject; several are tried on a sample.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Only who follow it, such as category:سياسة.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only who bear it, such as the tag of a list.")] = None,
    reads: Annotated[list[str] | None, typer.Option("--reads", help="Only who read this language.")] = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only who came by it, such as csv.")] = None,
    joined: Annotated[int, typer.Option(help="Only who came within so many days; 0 for whenever.")] = 0,
    alive: Annotated[int, typer.Option(help="Only with a sign of life within so many days.")] = 0,
    language: Annotated[str, typer.Option("--language", "-l", help="Empty takes the site's.")] = "",
    site: SiteOption = "",
) -> None:
    """Compose a draft."""
    whom = {
        "topics": topic, "tags": tag, "languages": reads, "sources": source, "joined_days": joined, "alive_days": alive,
    }  # fmt: skip
    audience = told(lambda: Audience.of(whom))
    parts, now = assembly.parts(), clock.now()
    with parts.db.reading() as session:
        there = the_site(session, site)
        guids = select(Item.guid, Item.id).where(Item.site_id == there.id, Item.guid.in_(items or []))
        known = dict(session.execute(guids).all())
    if unknown := [one for one in items or [] if one not in known]:
        refuse(f"there is no item {unknown[0]!r}", FAILED)
    words = Composed(
        title, language or there.language, intro.read_text(encoding="utf-8") if intro else "",
        subjects=tuple(subject or ()), audience=audience,
    )  # fmt: skip
    by = Actor(COMMAND_LINE)
    made_id = told(lambda: compose.begin(parts, there.id, words, by, now))
    told(lambda: compose.add_items(parts, Which(there.id, made_id, by, now), [known[one] for one in items or []]))
    console.print(f"issue {made_id}")


@issue_app.command("list")
def list_(site: SiteOption = "") -> None:
    """The last issues."""
    with assembly.parts().db.reading() as session:
        rows = reading.listed(session, the_site(session, site).id)
        balances = reading.balances(session, [one.id for one in rows])
    table = Table("issue", "title", "state", "begun", "planned", "sent")
    for one in rows:
        of = balances.get(one.id)
        numbers = (f"{of.planned:,}", f"{of.sent:,}") if of else ("", "")
        table.add_row(str(one.id), one.title, one.state.value, moment(one.begun_at), *numbers)
    console.print(table)


@issue_app.command()
def show(issue: Id, site: SiteOption = "") -> None:
    """An issue: its items, whom it would reach, its subjects and which of them all others get, its waves."""
    parts, row, _ = opened(issue, site)
    with parts.db.reading() as session:
        items, waves, rests = (
            reading.items(session, issue),
            reading.waves(session, issue),
            rests_waiting(session, issue),
        )
        reached = reading.count(session, row.site_id, Audience.stored(row.audience), clock.now())
    console.print(f"{row.title} ({row.state}, {row.language}): {reached:,} readers now", highlight=False)
    for n, one in enumerate(items, 1):
        marks = [word for word, is_so in (("pinned", one.is_pinned), ("taken back", not one.is_live)) if is_so]
        console.print(" · ".join([f"{n}. {one.title}", *marks]), highlight=False, markup=False)
    for n, subject in enumerate(row.subjects, 1):
        whose = [_winner(row, rests)] if row.winner == n - 1 else []
        console.print(" · ".join([f"subject {n}: {subject}", *whose]), highlight=False, markup=False)
    if waves:
        table = Table("time zone", "part", "due", "planned", "letters")
        for wave in waves:
            part = "rest" if wave.is_rest else "sample" if len(row.subjects) > 1 else "all"
            planned = moment(wave.planned_at)
            table.add_row(wave.time_zone or "all", part, moment(wave.due_at), planned, f"{wave.planned_count:,}")
        console.print(table)


@issue_app.command()
def schedule(
    issue: Id,
    at: Annotated[datetime | None, typer.Option(help="A moment in UTC, such as 2026-12-01T05:00.")] = None,
    local: Annotated[datetime | None, typer.Option(help="The same wall-clock time wherever readers live.")] = None,
    site: SiteOption = "",
) -> None:
    """Let it go out at a moment, or by each reader's own clock."""
    if (at is None) == (local is None):
        refuse("give --at or --local")
    parts, _, of = opened(issue, site)
    told(lambda: sending.schedule(parts, of, When(at.replace(tzinfo=UTC) if at else None, local)))
    console.print("scheduled")


@issue_app.command()
def send(
    issue: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    site: SiteOption = "",
) -> None:
    """Send it now."""
    parts, row, of = opened(issue, site)
    with parts.db.reading() as session:
        reached = reading.count(session, row.site_id, Audience.stored(row.audience), of.now)
    if not yes:
        typer.confirm(f"Send {row.title!r} to {reached:,} readers?", abort=True)
    told(lambda: sending.schedule(parts, of, When()))
    console.print(f"on its way to {reached:,} readers: `notifier issue progress {issue}` looks on", highlight=False)


@issue_app.command()
def pause(issue: Id, site: SiteOption = "") -> None:
    """Hold it: no more letters are claimed."""
    parts, _, of = opened(issue, site)
    told(lambda: sending.pause(parts, of))
    console.print("paused")


@issue_app.command()
def resume(issue: Id, site: SiteOption = "") -> None:
    """Go on where it was paused."""
    parts, _, of = opened(issue, site)
    told(lambda: sending.resume(parts, of))
    console.print("going on")


@issue_app.command()
def cancel(issue: Id, site: SiteOption = "") -> None:
    """Send no more of it; what is queued is dropped."""
    parts, _, of = opened(issue, site)
    told(lambda: sending.cancel(parts, of))
    console.print("cancelled")


@issue_app.command()
def resend(issue: Id, site: SiteOption = "") -> None:
    """Queue the letters again that failed."""
    parts, _, of = opened(issue, site)
    console.print(f"{told(lambda: sending.resend(parts, of)):,} queued again")


@issue_app.command()
def progress(issue: Id, site: SiteOption = "") -> None:
    """Look on until nothing of it is open: a bar, the rate of the last seconds, and what is left."""
    parts, row, _ = opened(issue, site)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}")
    seen: deque[tuple[float, int]] = deque()
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(row.title, total=None, pace="")
        while True:
            with parts.db.reading() as session:
                state = reading.one(session, row.site_id, issue).state
                balance = reading.page(session, issue).balance
            seen.append((time.monotonic(), balance.done))
            while len(seen) > 1 and seen[-1][0] - seen[1][0] > RATE_OVER_S:
                seen.popleft()
            told = pace(seen, balance.open) if len(seen) > 1 else ""
            bars.update(bar, total=balance.planned, completed=balance.done, pace=f"{state.value} {told}")
            if state not in {IssueState.SENDING, IssueState.SCHEDULED} and not balance.sending:
                break
            time.sleep(WATCH_S)
    console.print(
        f"{state}: {balance.planned:,} planned = {balance.queued:,} queued + {balance.sent:,} sent + "
        f"{balance.failed:,} failed + {balance.dropped:,} dropped + {balance.expired:,} expired",
        highlight=False,
    )


def opened(issue: int, site: str) -> tuple[Parts, Issue, Which]:
    """An issue, and who acts on it; or the end, in one line."""
    parts = assembly.parts()
    with parts.db.reading() as session:
        there = the_site(session, site)
        try:
            row = reading.one(session, there.id, issue)
        except LookupError:
            refuse(f"{there.slug} has no issue {issue}", FAILED)
    return parts, row, Which(there.id, issue, Actor(COMMAND_LINE), clock.now())


def told(act: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the act gives
    """Do it, or say in one line why not."""
    try:
        return act()
    except IssueRefused as refusal:
        refuse(refusal.key.replace("_", " "), FAILED)


def _winner(row: Issue, rests: int) -> str:
    if row.is_winner_known:
        return "for all others"
    return "for all others so far: nobody chose, too little was counted" if rests else "the first, as nobody chose"
