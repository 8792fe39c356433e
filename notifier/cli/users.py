"""Commands about who may enter the desk."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, clock, staff
from notifier.cli.words import FAILED, console, moment, refuse
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.desk.people import DeskError
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.desk_words import Role
from notifier.models import User

user_app = typer.Typer(no_args_is_help=True, help="Who may enter the editors' desk.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(user_app, name="user")


@user_app.command("add")
def user_add(
    address: Annotated[str, typer.Argument(help="Their e-mail address, with which they log in.")],
    role: Annotated[Role, typer.Option(help="An owner may all, an editor sends, an analyst looks.")] = Role.EDITOR,
    language: Annotated[str, typer.Option(help="What the desk speaks to them: ar, ckb, en, fa, he or ur.")] = "ar",
) -> None:
    """Invite somebody: shows a link, once, behind which they choose a password."""
    parts = assembly.parts()
    try:
        token = staff.invite(parts, address, role, language, Actor(COMMAND_LINE), clock.now())
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
    link = f"{parts.settings.base_url}/desk/welcome/{token}"
    console.print(f"The invitation works for three days, once:\n{link}", highlight=False, soft_wrap=True)


@user_app.command("list")
def user_list() -> None:
    """Everybody who may enter, or might."""
    with assembly.parts().db.reading() as session:
        users = session.scalars(select(User).order_by(User.id)).all()
    table = Table("address", "name", "role", "second factor", "state", "since")
    for user in users:
        state = "disabled" if user.disabled_at else "active" if user.password_hash else "invited"
        second = "on" if user.totp_sealed else "off"
        table.add_row(user.address, user.name, user.role.value, second, state, moment(user.created_at))
    console.print(table)


@user_app.command("disable")
def user_disable(address: Annotated[str, typer.Argument(help="Whom to let in no more.")]) -> None:
    """Let somebody in no more, at once."""
    parts = assembly.parts()
    try:
        key = check_address(address).key
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
    with parts.db.reading() as session:
        user = session.scalar(select(User.id).where(User.address == key))
    if user is None:
        refuse(f"there is no user {address}", FAILED)
    try:
        staff.disable(parts, user, Actor(COMMAND_LINE), clock.now())
    except DeskError:
        refuse("the last owner stays: make another one first", FAILED)
    console.print("done")
