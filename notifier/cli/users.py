"""Commands about who may enter the desk."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from notifier import assembly, break_glass, clock, single_sign_on, staff
from notifier.cli.words import FAILED, console, moment, refuse
from notifier.desk import bindings
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.desk.people import DeskError
from notifier.domain.address import AddressInvalid, check_address
from notifier.domain.desk_words import Role
from notifier.models import User
from notifier.parts import Parts

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
    except DeskError:
        refuse(f"{address} is the last owner: make somebody else one first")
    link = f"{parts.settings.base_url}/desk/welcome/{token}"
    console.print(f"The invitation works for three days, once:\n{link}", highlight=False, soft_wrap=True)


@user_app.command("list")
def user_list() -> None:
    """Everybody who may enter, or might."""
    with assembly.parts().db.reading() as session:
        users = session.scalars(select(User).order_by(User.id)).all()
        bound = bindings.bound(session)
    table = Table("address", "name", "role", "second factor", "provider", "state", "since")
    for user in users:
        state = "disabled" if user.disabled_at else "active" if user.password_hash or user.id in bound else "invited"
        second, linked = "on" if user.totp_sealed else "off", "linked" if user.id in bound else ""
        table.add_row(user.address, user.name, user.role.value, second, linked, state, moment(user.created_at))
    console.print(table)


@user_app.command("disable")
def user_disable(address: Annotated[str, typer.Argument(help="Whom to let in no more.")]) -> None:
    """Let somebody in no more, at once."""
    parts = assembly.parts()
    try:
        staff.disable(parts, _user(parts, address), Actor(COMMAND_LINE), clock.now())
    except DeskError:
        refuse("the last owner stays: make another one first", FAILED)
    console.print("done")


@user_app.command("proofs")
def user_proofs(
    address: Annotated[str, typer.Argument(help="An owner or an editor.")],
    *,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether they come.")] = True,
) -> None:
    """Mail somebody each digest before it goes out, as they may ask at the desk themselves."""
    parts = assembly.parts()
    staff.ask_for_proofs(parts, _user(parts, address), Actor(COMMAND_LINE), clock.now(), is_wanted=on)
    console.print("done")


@user_app.command("unlink")
def user_unlink(address: Annotated[str, typer.Argument(help="Whose account at the provider to forget.")]) -> None:
    """Forget which account at the provider is theirs; it is linked anew when they next log in with it."""
    parts = assembly.parts()
    if not single_sign_on.unlink(parts, _user(parts, address), Actor(COMMAND_LINE), clock.now()):
        refuse(f"no account is linked to {address}", FAILED)
    console.print("done")


@user_app.command("enter")
def user_enter(address: Annotated[str, typer.Argument(help="The owner who must get in.")]) -> None:
    """Let an owner in without password and provider: shows a link, once. A second factor is still asked for."""
    parts = assembly.parts()
    try:
        token = break_glass.open_way(parts, _key(address), Actor(COMMAND_LINE), clock.now())
    except DeskError:
        refuse(f"{address} is no owner of the desk, or is disabled", FAILED)
    link = f"{parts.settings.base_url}/desk/enter/{token}"
    console.print(f"This link works for ten minutes, once:\n{link}", highlight=False, soft_wrap=True)


def _user(parts: Parts, address: str) -> int:
    with parts.db.reading() as session:
        user = session.scalar(select(User.id).where(User.address == _key(address)))
    if user is None:
        refuse(f"there is no user {address}", FAILED)
    return user


def _key(address: str) -> str:
    try:
        return check_address(address).key
    except AddressInvalid as fault:
        refuse(f"{address!r} is not an address ({fault.key})")
