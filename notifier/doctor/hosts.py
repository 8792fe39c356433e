"""Reverse DNS and EHLO: the addresses we send from have a name, the name leads back, and we greet with a real one."""

from collections.abc import Iterator

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.ward import Exit, Ward, is_here


def check(ward: Ward) -> Iterator[Finding]:
    """Each exit's addresses, then each account's greeting."""
    for exit_ in ward.exits:
        yield from _of_exit(ward, exit_)
    for name, account in ward.accounts.items():
        if account.api is None:
            yield _greeting(ward, Pen("ehlo", name), ward.ehlo(account), is_relay=not is_here(account.host))


def _of_exit(ward: Ward, exit_: Exit) -> Iterator[Finding]:
    if not exit_.is_sure:
        told = "a relay speaks to the world for us; its reverse DNS is its own"
        yield Pen("ptr", exit_.account).skipped(told, "Where it is yours, set NOTIFIER_SENDING_IPS.")
    elif not exit_.ips:
        told = "no public address is known"
        yield Pen("ptr", exit_.account).amber(told, "Set NOTIFIER_SENDING_IPS: where letters leave from.")
    for ip in exit_.ips if exit_.is_sure else ():
        yield _reverse(ward, Pen("ptr", ip), ip)


def _reverse(ward: Ward, pen: Pen, ip: str) -> Finding:
    names = ward.dns.names(ip)
    if not names:
        return pen.red("no PTR record", "Have whoever gave you the address set one: Gmail refuses mail without.")
    confirmed = [name for name in names if ip in ward.dns.addresses(name)]
    if not confirmed:
        kind = "AAAA" if ":" in ip else "A"
        return pen.red(f"{names[0]} does not lead back", "The name must have this address.", f"{names[0]}. {kind} {ip}")
    return pen.green(f"{confirmed[0]}, and back")


def _greeting(ward: Ward, pen: Pen, name: str, *, is_relay: bool) -> Finding:
    advice = "Set NOTIFIER_SMTP_HELO, or `helo` of the account, to a full name of this machine that the DNS knows."
    if "." not in name.strip("."):
        # Who logs in at a relay is not judged by its greeting.
        return pen.amber(name, advice) if is_relay else pen.red(f"{name} is no full name", advice)
    if name.startswith("[") or not ward.dns.addresses(name):
        told = f"{name} has no address"
        return pen.amber(told, advice) if is_relay else pen.red(told, advice)
    return pen.green(name)
