"""Commands about readers: list, add, erase; with those of `lists` and `reader`."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import func, select

from notifier import assembly, clock, readers, subscribers
from notifier.cli import lists, reader
from notifier.cli.words import FAILED, SiteOption, console, moment, refuse, the_site
from notifier.consent.adding import NewReader
from notifier.consent.preferences import mask
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain import topics
from notifier.domain.address import AddressInvalid
from notifier.domain.words import Frequency
from notifier.models import Subscriber, Subscription, Topic

subscribers_app = typer.Typer(no_args_is_help=True, help="Readers.")
Address = Annotated[str, typer.Argument(help="Whose address.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    lists.add_to(subscribers_app)
    reader.add_to(subscribers_app)
    app.add_typer(subscribers_app, name="subscribers")


@subscribers_app.command("list")
def subscriber_list(
    site: SiteOption = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    addresses: Annotated[bool, typer.Option("--addresses", help="Show addresses unmasked.")] = False,
) -> None:
    """Readers, the newest first, with the number of their subscriptions."""
    table = Table("id", "address", "language", "time zone", "hour", "confirmed", "subscriptions")
    mine = (Subscription.subscriber_id == Subscriber.id) & Subscription.ended_at.is_(None)
    with assembly.parts().db.reading() as session:
        rows = session.execute(
            select(Subscriber, func.count(Subscription.id))
            .outerjoin(Subscription, mine)
            .where(Subscriber.site_id == the_site(session, site).id)
            .group_by(Subscriber.id)
            .order_by(Subscriber.id.desc())
            .limit(limit)
        ).all()
    for one, count in rows:
        address = one.address if addresses else mask(one.address)
        table.add_row(
            str(one.id),
            address,
            one.language,
            one.time_zone,
            str(one.digest_hour),
            moment(one.confirmed_at),
            str(count),
        )
    console.print(table)


@subscribers_app.command("add")
def subscriber_add(
    address: Annotated[str, typer.Argument(help="Where letters go.")],
    basis: Annotated[str, typer.Option(help="Where their consent comes from; kept as evidence.")],
    topic: Annotated[list[str], typer.Option("--topic", "-t", help="Such as `category:سياسة` or `thread:GUID`.")],
    frequency: Annotated[Frequency, typer.Option("--frequency", "-f")] = Frequency.DAILY,
    name: str = "",
    language: str = "",
    site: SiteOption = "",
) -> None:
    """Add a reader whose consent you hold already; without it, let them use the subscribe page."""
    wanted = tuple(filter(None, map(topics.normalise, topic)))
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
        known = set(session.scalars(select(Topic.name).where(Topic.site_id == site_id, Topic.name.in_(wanted))))
    if unknown := [one for one in topic if topics.normalise(one) not in known]:
        refuse(f"this site has no topic {', '.join(unknown)}: topics come with the items that carry them")
    new = NewReader(address, wanted, frequency, basis, name, language)
    try:
        added = subscribers.add(parts, site_id, new, Actor(COMMAND_LINE), clock.now())
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
    if added is None:
        refuse("this address is suppressed and stays so", FAILED)
    console.print(f"subscriber {added}")


@subscribers_app.command("erase")
def subscribers_erase(address: Address, site: SiteOption = "") -> None:
    """Forget a person: of them only a suppression by hash is left, and the books."""
    parts = assembly.parts()
    with parts.db.reading() as session:
        site_id = the_site(session, site).id
    try:
        was_known = readers.erase(parts, site_id, address, clock.now(), Actor(COMMAND_LINE))
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
    if not was_known:
        refuse("there is no subscriber of this address", FAILED)
    console.print("erased")
