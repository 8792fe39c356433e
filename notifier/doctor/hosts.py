"""Reverse DNS and EHLO: the addresses we send from have a name, the name leads back, and we greet with a real one."""

from collections.abc import Iterator

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Exit, Ward, is_here
from notifier.doctor.words import said


def check(ward: Ward) -> Iterator[Finding]:
    """Each exit's addresses, then each account's greeting."""
    for exit_ in ward.exits:
        yield from _of_exit(ward, exit_)
    for name, account in ward.accounts.items():
        if account.api is None:
            yield _greeting(ward, Pen("ehlo", name), ward.ehlo(account), is_relay=not is_here(account.host))


def _of_exit(ward: Ward, exit_: Exit) -> Iterator[Finding]:
    if not exit_.is_sure:
        told = said("ptr_relay")
        yield Pen("ptr", exit_.account).skipped(told, said("do_ptr_relay"))
    elif not exit_.ips:
        told = said("ptr_unknown")
        yield Pen("ptr", exit_.account).amber(told, said("do_ptr_unknown"))
    for ip in exit_.ips if exit_.is_sure else ():
        yield _reverse(ward, Pen("ptr", ip), ip)


def _reverse(ward: Ward, pen: Pen, ip: str) -> Finding:
    names = ward.dns.names(ip)
    if not names:
        return pen.red(said("ptr_none"), said("do_ptr_none"))
    confirmed = [name for name in names if ip in ward.dns.addresses(name)]
    if not confirmed:
        kind = "AAAA" if ":" in ip else "A"
        return pen.red(said("ptr_not_back", name=names[0]), said("do_ptr_not_back"), f"{names[0]}. {kind} {ip}")
    return pen.green(said("ptr_well", name=confirmed[0]))


def _greeting(ward: Ward, pen: Pen, name: str, *, is_relay: bool) -> Finding:
    advice = said("do_helo")
    if "." not in name.strip("."):
        # Who logs in at a relay is not judged by its greeting.
        return pen.amber(name, advice) if is_relay else pen.red(said("helo_short", name=name), advice)
    if name.startswith("[") or not ward.dns.addresses(name):
        told = said("helo_no_address", name=name)
        return pen.amber(told, advice) if is_relay else pen.red(told, advice)
    return pen.green(name)
