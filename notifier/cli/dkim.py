"""Commands about the keys that sign letters: new, list."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from notifier import dkim_keys, settings
from notifier.cli.words import FAILED, console, refuse
from notifier.dkim_keys import DkimFolderError
from notifier.domain.address import AddressInvalid, a_labels
from notifier.domain.dkim import DkimKey, DkimKeyInvalid, DkimKind

dkim_app = typer.Typer(no_args_is_help=True, help="Keys that sign letters, so that nobody else can write them.")
Folder = Annotated[Path | None, typer.Option("--folder", help="Where keys are kept; else NOTIFIER_DKIM_FOLDER.")]
Kind = Annotated[DkimKind, typer.Option("--kind", "-k", help="Every verifier knows rsa; ed25519 comes on top of it.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(dkim_app, name="dkim")


@dkim_app.command("new")
def dkim_new(
    domain: Annotated[str, typer.Argument(help="That of the sender, or one above it: news@THIS.")],
    selector: Annotated[str, typer.Option(help="Tells the domain's keys apart; empty takes kind and month.")] = "",
    kind: Kind = DkimKind.RSA,
    folder: Folder = None,
) -> None:
    """Make a key, and print the DNS record that lets everybody verify what it signs.

    Publish the record first, then restart the processes: they sign with every key of the domain from then on.
    To change keys, make a new one, publish it, restart, and a week later delete the old file and its record.
    """
    kept_in = _folder(folder)
    # The calendar's month, not that of `notifier.clock`: to make a key nothing else need be set up yet.
    selector = selector or f"{kind}-{datetime.now(UTC):%Y-%m}"
    try:
        key = DkimKey.new(a_labels(domain), selector, kind)
        path = dkim_keys.write(kept_in, key)
    except AddressInvalid:
        refuse(f"{domain!r} is no domain")
    except DkimKeyInvalid as fault:
        refuse(str(fault))
    except FileExistsError:
        refuse(f"{key.dns_name} has a key already, which stays: give another --selector", FAILED)
    except OSError as fault:
        refuse(f"{kept_in} cannot be written to: {fault.strerror}", FAILED)
    console.print(f"{path} is made. Publish this TXT record, then restart the processes:", soft_wrap=True, markup=False)
    _print_record(key)
    console.print(
        "Where the form of your DNS provider adds quotes by itself, leave out the quotes and the space between."
    )


@dkim_app.command("list")
def dkim_list(folder: Folder = None) -> None:
    """Every key, its file, and the DNS record to publish. The processes read them when they start."""
    kept_in = _folder(folder)
    try:
        keys = dkim_keys.load(kept_in)
    except DkimFolderError as fault:
        refuse(str(fault), FAILED)
    if not keys:
        refuse(f"there is no key in {kept_in} yet: make one with `notifier dkim new`", FAILED)
    table = Table("domain", "selector", "kind", "bits", "file")
    for key in keys:
        table.add_row(key.domain, key.selector, key.kind, str(key.bits), str(dkim_keys.path_of(kept_in, key)))
    console.print(table)
    for key in keys:
        _print_record(key)


def _folder(given: Path | None) -> Path:
    folder = given or settings.current().dkim_folder
    if folder is None:
        refuse("say where keys are kept: set NOTIFIER_DKIM_FOLDER, or give --folder")
    return folder


def _print_record(key: DkimKey) -> None:
    """As it is pasted: no line of it may be broken."""
    strings = " ".join(f'"{string}"' for string in key.record_strings)
    console.print(f"\n{key.dns_name}\n{strings}\n", soft_wrap=True, highlight=False, markup=False)
