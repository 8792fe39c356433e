"""Commands about where a site's items come from."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, clock, polling, settings, sourcing
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.desk import audit
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.webhook import secret_text
from notifier.domain.words import SourceKind
from notifier.models import Source
from notifier.parts import Parts
from notifier.polling.hook import key_of
from notifier.sources.wordpress import Discovered
from notifier.sourcing import NewSource, SourceInvalid

CATEGORIES_SHOWN = 12
SourceId = Annotated[int, typer.Argument(help="As `notifier source list` tells.")]
source_app = typer.Typer(no_args_is_help=True, help="Where a site's items come from.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(source_app, name="source")


@source_app.command("add")
def source_add(
    kind: Annotated[SourceKind, typer.Argument(help="`wordpress`, or `feed` for RSS, Atom or JSON Feed.")],
    url: Annotated[str, typer.Argument(help="Its address.")],
    site: SiteOption = "",
    secret: Annotated[
        str,
        typer.Option(
            help="The variable, NOTIFIER_SOURCE_…, that holds `user name:application password` of a WordPress."
        ),
    ] = "",
) -> None:
    """Add a source. It is polled at the next tick; `notifier source poll` does it now."""
    new = NewSource(kind, url, secret, is_looked_at=False)
    try:
        new.check()
    except SourceInvalid as fault:
        refuse(fault.detail)
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        added = sourcing.add(parts, site_id, new, Actor(COMMAND_LINE), clock.now())
    except SourceInvalid as fault:
        refuse(fault.detail, FAILED)
    console.print(f"source {added.id} is added")
    if added.found:
        _tell(added.found, added.id)


@source_app.command("list")
def source_list(site: SiteOption = "") -> None:
    """Every source and how its last poll went."""
    table = Table("id", "kind", "url", "", "last good", "failures", "next", "error")
    with assembly.parts().db.reading() as session:
        for one in session.scalars(select(Source).where(Source.site_id == the_site(session, site).id)):
            table.add_row(
                str(one.id), one.kind, one.url, "" if one.is_enabled else "paused", moment(one.last_ok_at),
                str(one.failures), moment(one.next_poll_at), one.last_error,
            )  # fmt: skip
    console.print(table)


@source_app.command("poll")
def source_poll(source_id: Annotated[int, typer.Argument(help="As `notifier source list` tells.")]) -> None:
    """Look at a source now, whenever it would be due."""
    parts, now = assembly.parts(), clock.now()
    with parts.db.writing() as session:
        source = session.get(Source, source_id)
        if source is None:
            refuse(f"there is no source {source_id}")
        source.next_poll_at = now
        audit.note(session, Actor(COMMAND_LINE), "source.polled", now, site_id=source.site_id, source=source_id)
    polled = polling.poll_source(parts, source_id, now)
    if polled is None or polled.error:
        hint = f" The page names a feed: {polled.feed_url}" if polled and polled.feed_url else ""
        refuse(f"{polled.error if polled else 'another worker polls it'}{hint}", FAILED)
    console.print(f"{len(polled.items)} items read")
    if polled.notice:
        console.print(polled.notice, highlight=False, markup=False, soft_wrap=True)


@source_app.command("pause")
def source_pause(source_id: SourceId, site: SiteOption = "") -> None:
    """Read it no more, until it is resumed."""
    _act(site, source_id, partial(sourcing.switch, is_on=False))
    console.print(f"source {source_id} is paused")


@source_app.command("resume")
def source_resume(source_id: SourceId, site: SiteOption = "") -> None:
    """Read it again from now on."""
    _act(site, source_id, partial(sourcing.switch, is_on=True))
    console.print(f"source {source_id} is read again")


@source_app.command("remove")
def source_remove(
    source_id: SourceId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    site: SiteOption = "",
) -> None:
    """Forget it; what it brought stays."""
    if not yes:
        typer.confirm(f"Forget source {source_id}? What it brought stays.", abort=True)
    _act(site, source_id, sourcing.remove)
    console.print(f"source {source_id} is forgotten")


@source_app.command("hook")
def source_hook(source_id: Annotated[int, typer.Argument(help="As `notifier source list` tells.")]) -> None:
    """Print a plugin that lets a WordPress tell at once of what is new: a file for its `wp-content/mu-plugins`.

    It holds a key of this source's own; who has it can make notifier look at the site, and nothing else.
    """
    parts = assembly.parts()
    with parts.db.reading() as session:
        source = session.get(Source, source_id)
    if source is None or source.kind is not SourceKind.WORDPRESS:
        refuse(f"there is no WordPress source {source_id}")
    typer.echo(plugin(parts, source_id))


def plugin(parts: Parts, source_id: int) -> str:
    """The plugin of one source."""
    text = (settings.templates_dir() / "wordpress" / "notifier-hook.php").read_text(encoding="utf-8")
    url = f"{parts.settings.base_url}/hooks/wordpress/{source_id}".replace("'", "")
    return text.replace("{{ url }}", url).replace("{{ secret }}", secret_text(key_of(parts, source_id)))


def _act(site: str, source_id: int, act: Callable[[Parts, int, int, Actor, datetime], None]) -> None:
    parts = assembly.parts()
    with parts.db.reading() as session:
        there = the_site(session, site)
    try:
        act(parts, there.id, source_id, Actor(COMMAND_LINE), clock.now())
    except LookupError:
        refuse(f"{there.slug} has no source {source_id}", FAILED)


def _tell(found: Discovered, source_id: int) -> None:
    lines = [f"WordPress “{found.name}”, its REST API at {found.root}"]
    if found.comments is None:
        lines.append(f"{found.articles} articles; its comments are not shown: {found.comments_fault}")
    else:
        lines.append(f"{found.articles} articles, {found.comments} comments")
    if found.has_wpdiscuz:
        lines.append("It runs wpDiscuz.")
    shown = [f"{name} ({count})" for name, count in found.categories[:CATEGORIES_SHOWN]]
    more = len(found.categories) - len(shown)
    lines.append(f"categories: {', '.join(shown) or 'none with articles'}{f' and {more} more' if more > 0 else ''}")
    lines.append(f"To be told of news at once: notifier source hook {source_id} > notifier-hook.php")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
