"""Who may enter the desk, from the command line."""

import re

from sqlalchemy import select

from notifier import assembly, clock, single_sign_on
from notifier.desk.provider.account import Account
from notifier.desk.sittings import Browser
from notifier.models import User
from tests.cli.test_commands import Command, run

__all__ = ["run"]
SARA = "sara@rafidain.example"


def log_in(address: str) -> None:
    account = Account("https://id.example", "s-1", address, True, "سارة", has_second_factor=False)  # noqa: FBT003 - verified
    single_sign_on.enter(assembly.parts(), account, Browser("", "test"), clock.now())


def test_an_account_at_the_provider_is_seen_and_unlinked(run: Command) -> None:
    assert "/desk/welcome/" in run("user", "add", SARA).output
    log_in(SARA)
    assert re.search(r"linked.*active", run("user", "list").output)
    assert run("user", "unlink", SARA).exit_code == 0
    assert "linked" not in run("user", "list").output
    again = run("user", "unlink", SARA)
    assert (again.exit_code, "no account is linked" in again.output) == (1, True)
    assert run("user", "unlink", "nobody@rafidain.example").exit_code == 1
    assert run("user", "unlink", "nobody").exit_code == 2


def test_a_link_lets_an_owner_in_and_nobody_else(run: Command) -> None:
    run("user", "add", SARA, "--role", "owner")
    assert "/desk/enter/" in run("user", "enter", SARA).output
    run("user", "add", "huda@rafidain.example")
    assert run("user", "enter", "huda@rafidain.example").exit_code == 1


def test_proofs_are_switched_on_and_off(run: Command) -> None:
    run("user", "add", SARA)
    for flag, wanted in (((), True), (("--off",), False), (("--on",), True)):
        assert run("user", "proofs", SARA, *flag).exit_code == 0
        with assembly.parts().db.reading() as session:
            assert session.scalars(select(User.wants_proofs)).one() is wanted
    assert run("user", "proofs", "nobody@rafidain.example").exit_code == 1
