"""Commands about one reader, and acts on many: what the desk shows and does, from the command line."""

import time
from dataclasses import asdict, replace
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, bulk_acts, clock, subscribers
from notifier.bulk_acts import Wanted
from notifier.cli.filters import OfLanguage, OfState, OfTag, OfTopic, Since, search_of
from notifier.cli.words import FAILED, SiteOption, as_json, console, console_err, moment, refuse, the_site
from notifier.consent import suppression
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.desk.tagging import TAGS_MAX, TagsFullError
from notifier.domain.address import AddressInvalid
from notifier.domain.desk_words import ActKind
from notifier.models import BulkAct
from notifier.parts import Parts
from notifier.subscribers import Edit, Profile

_OPERATOR: Final = Actor(COMMAND_LINE)
_SHOWN: Final = 20
LOOK_S: Final = 0.2
"""Between two looks at an act that a worker has taken up."""
Address = Annotated[str, typer.Argument(help="Whose address.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (show, edit, unsubscribe, act, acts, undo):
        app.command()(command)


def show(address: Address, json_: AsJson = False, site: SiteOption = "") -> None:
    """One reader: what they get, how they agreed, their tags and notes."""
    parts, site_id, reader = _whose(address, site)
    with parts.db.reading() as session:
        found = subscribers.profile(session, site_id, reader)
        if found is None:
            refuse("there is no subscriber of this address", FAILED)
        if json_:
            as_json(_told(found))
            return
        one = found.reader
        console.print(f"{one.address}  {one.name}", highlight=False, markup=False)
        shut = f"; suppressed{_whole(found)}: {found.suppression.reason}" if found.suppression else ""
        console.print(f"{one.language}, {one.time_zone}; confirmed {moment(one.confirmed_at)}{shut}", highlight=False)
        if found.tags:
            console.print(f"tags: {', '.join(found.tags)}", highlight=False, markup=False)
        console.print(_subscriptions(found), _consent(found))


def edit(
    address: Address,
    name: Annotated[str | None, typer.Option(help="Their name.")] = None,
    language: Annotated[str | None, typer.Option(help="Of their letters.")] = None,
    zone: Annotated[str | None, typer.Option(help="Such as Asia/Baghdad.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="All their tags from now on.")] = None,
    site: SiteOption = "",
) -> None:
    """Put a name, a language, a time zone or the tags right; what is left out stays."""
    parts, site_id, reader = _whose(address, site)
    with parts.db.reading() as session:
        found = subscribers.profile(session, site_id, reader)
    if found is None:
        refuse("there is no subscriber of this address", FAILED)
    row = found.reader
    wanted = Edit(
        row.name if name is None else name, language or row.language, zone or row.time_zone, tuple(tag) if tag else None
    )
    try:
        subscribers.edit(parts, site_id, reader, wanted, _OPERATOR, clock.now())
    except TagsFullError:
        refuse(f"a site has at most {TAGS_MAX} tags", FAILED)
    except ValueError:
        refuse("there is no such language or time zone")
    console.print("saved")


def unsubscribe(address: Address, site: SiteOption = "") -> None:
    """End all that a reader gets; they may sign up again."""
    parts, site_id, reader = _whose(address, site)
    subscribers.unsubscribe(parts, site_id, reader, _OPERATOR, clock.now())
    console.print("unsubscribed")


def act(
    kind: Annotated[ActKind, typer.Argument(help="What to do.")],
    what: Annotated[str, typer.Argument(help="The tag, the topic, or why an address is suppressed.")],
    topic: OfTopic = "",
    tag: OfTag = "",
    state: OfState = "",
    language: OfLanguage = "",
    since: Since = "",
    site: SiteOption = "",
) -> None:
    """Do something to all readers who fit, here and now: tag, untag, unsubscribe or suppress them."""
    parts, site_id = _at(site)
    given = {"topic": topic, "tag": tag, "state": state, "language": language, "since": since}
    with parts.db.writing() as session:
        # The search first: a wrong one must not leave a new tag behind.
        search = search_of(session, site_id, given)
        try:
            number, words = bulk_acts.about(session, site_id, kind, what, clock.now())
        except LookupError:
            refuse(f"this site has no {'topic' if kind is ActKind.UNSUBSCRIBE else 'tag'} {what!r}")
        except TagsFullError:
            refuse(f"a site has at most {TAGS_MAX} tags", FAILED)
    wanted = Wanted(kind, number, words, search=search)
    _through(parts, bulk_acts.begin(parts, site_id, wanted, _OPERATOR, clock.now()))


def acts(json_: AsJson = False, site: SiteOption = "") -> None:
    """The last acts on many readers, the newest first."""
    parts, site_id = _at(site)
    newest = select(BulkAct).where(BulkAct.site_id == site_id).order_by(BulkAct.id.desc()).limit(_SHOWN)
    with parts.db.reading() as session:
        rows = session.scalars(newest).all()
    names = ("id", "kind", "words", "state", "seen", "changed", "actor", "created_at")
    if json_:
        as_json([{name: getattr(one, name) for name in names} for one in rows])
        return
    table = Table(*names)
    for one in rows:
        table.add_row(*(str(getattr(one, name)) for name in names[:-1]), moment(one.created_at))
    console.print(table)


def undo(number: Annotated[int, typer.Argument(help="The act's number.")], site: SiteOption = "") -> None:
    """Take back exactly what an act changed."""
    parts, site_id = _at(site)
    if not bulk_acts.take_back(parts, site_id, number, _OPERATOR, clock.now()):
        refuse(f"act {number} is not there, not done yet, or undone already", FAILED)
    _through(parts, number)


def _through(parts: Parts, number: int) -> None:
    """Do an act in this process to its end. Whoever is quicker does no harm, for each chunk is taken once."""
    alone = replace(parts, bell=lambda _nudges: None)
    with console_err.status("") as shown:
        while True:
            bulk_acts.advance(alone, number, clock.now)
            with parts.db.reading() as session:
                row = session.get_one(BulkAct, number)
            if not row.state.is_running:
                break
            shown.update(f"{row.seen:,} readers")
            time.sleep(LOOK_S)
    console.print(f"act {number} {row.state}: {row.changed:,} of {row.seen:,} readers changed", highlight=False)


def _at(site: str) -> tuple[Parts, int]:
    parts = assembly.parts()
    with parts.db.reading() as session:
        return parts, the_site(session, site).id


def _whose(address: str, slug: str) -> tuple[Parts, int, int]:
    parts = assembly.parts()
    with parts.db.reading() as session:
        site = the_site(session, slug)
        try:
            reader = suppression.find(session, site, address)
        except AddressInvalid as fault:
            refuse(f"{address!r} is not an address ({fault.key})")
        if reader is None:
            refuse("there is no subscriber of this address", FAILED)
        return parts, site.id, reader.id


def _subscriptions(found: Profile) -> Table:
    table = Table("follows", "frequency", "since", "ended")
    for one, label in found.subscriptions:
        table.add_row(label, one.frequency, moment(one.created_at), one.ended_reason if one.ended_at else "")
    return table


def _consent(found: Profile) -> Table:
    table = Table("when", "consent", "about", "from")
    for one in found.events:
        table.add_row(moment(one.at), one.action, one.purpose, str(one.detail.get("basis", "")) or one.source)
    return table


def _whole(found: Profile) -> str:
    """With which domain, where it is not the address alone."""
    return f" with all of @{found.suppression.domain}" if found.suppression and found.suppression.domain else ""


def _told(found: Profile) -> dict[str, Any]:
    one = found.reader
    return {
        "id": one.id, "address": one.address, "name": one.name, "language": one.language, "time_zone": one.time_zone,
        "confirmed_at": one.confirmed_at, "suppressed": found.suppression.reason if found.suppression else None,
        "suppressed_domain": found.suppression.domain if found.suppression else None,
        "tags": list(found.tags), "mutes": [asdict(mute) for mute in found.mutes],
        "subscriptions": [
            {"topic": label, "frequency": row.frequency, "since": row.created_at, "ended_reason": row.ended_reason}
            for row, label in found.subscriptions
        ],
        "consent": [
            {"at": event.at, "action": event.action, "about": event.purpose, "source": event.source}
            for event in found.events
        ],
    }  # fmt: skip
