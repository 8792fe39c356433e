"""SPF (RFC 7208): the record of the domain that bounces return to, its cost in lookups, and whether it knows us."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.names import Dns
from notifier.doctor.ward import Ward
from notifier.doctor.words import said

LOOKUPS_MAX: Final = 10
"""RFC 7208, 4.6.4: who needs more gets a permanent error, from every receiver."""
_COUNTED: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_RESULTS: Final = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MECHANISMS: Final = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_DEEPEST: Final = 20


class SpfBrokenError(Exception):
    """Every receiver gives up on this record; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism, or the modifier `redirect`."""

    qualifier: str
    name: str
    value: str
    prefixes: tuple[str, str] = ("32", "128")


def check(ward: Ward) -> Iterator[Finding]:
    """The return path of each sender."""
    for domain in ward.return_domains:
        yield _about(ward, domain)


def _about(ward: Ward, domain: str) -> Finding:
    pen, wanted = Pen("spf", domain), _wanted(ward, domain)
    records = records_of(ward.dns, domain)
    if not records:
        return pen.red(said("spf_none"), said("do_spf_none"), wanted)
    if len(records) > 1:
        return pen.red(said("spf_several", number=len(records)), said("do_leave_one"), records[0])
    try:
        lookups = lookups_of(ward.dns, domain)
        # Not for a record that costs more: it may lead anywhere.
        asked = {ip for exit_ in ward.exits for ip in exit_.ips} if lookups <= LOOKUPS_MAX else set[str]()
        results = {ip: judge(ward.dns, domain, ip_address(ip)) for ip in sorted(asked)}
    except SpfBrokenError as fault:
        return pen.red(fault.sentence, said("do_spf_broken"), records[0])
    told = said("spf_told", record=records[0], lookups=lookups, most=LOOKUPS_MAX)
    if lookups > LOOKUPS_MAX:
        return pen.red(told, said("do_spf_lookups"), records[0])
    if _last(records[0]) == "+":
        return pen.red(told, said("do_spf_all"), wanted)
    return _of_exits(ward, pen, told, {ip: result for ip, result in results.items() if result != "pass"})


def _of_exits(ward: Ward, pen: Pen, told: str, unknown: dict[str, str]) -> Finding:
    sure = {ip for exit_ in ward.exits if exit_.is_sure for ip in exit_.ips}
    for ip, result in unknown.items():
        if ip in sure:
            kind = "ip6" if ":" in ip else "ip4"
            gets = said("spf_gets", told=told, ip=ip, result=result)
            return pen.red(gets, said("do_spf_add", term=f"{kind}:{ip}"), _wanted(ward, pen.about))
    if sure:
        return pen.green(said("spf_pass", told=told, ips=", ".join(sorted(sure))))
    if unknown and len(unknown) == sum(len(exit_.ips) for exit_ in ward.exits):
        return pen.amber(said("spf_relay", told=told), said("do_spf_relay"))
    return pen.green(told)


def _wanted(ward: Ward, domain: str) -> str:
    ips = sorted({ip for exit_ in ward.exits if exit_.is_sure for ip in exit_.ips})
    told = [f"ip6:{ip}" if ":" in ip else f"ip4:{ip}" for ip in ips] or ["include:<your relay's name for it>"]
    return f'{domain}. TXT "v=spf1 {" ".join(told)} -all"'


def records_of(dns: Dns, domain: str) -> list[str]:
    """The SPF records of a domain; exactly one is right (RFC 7208, 4.5)."""
    return [text for text in dns.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def lookups_of(dns: Dns, domain: str, depth: int = 0) -> int:
    """Lookups that a receiver needs at the worst, those of what is included with them. Raises SpfBrokenError."""
    if depth > _DEEPEST:
        raise SpfBrokenError(said("spf_circle", domain=domain))
    total = 0
    for term in _terms(dns, domain):
        total += term.name in _COUNTED
        if term.name in {"include", "redirect"} and "%" not in term.value:
            total += lookups_of(dns, term.value, depth + 1)
        if total > 2 * LOOKUPS_MAX:
            break
    return total


def judge(dns: Dns, domain: str, ip: IPv4Address | IPv6Address) -> str:
    """What a receiver makes of mail from this address (RFC 7208, 4.6). A macro matches nothing here.

    Raises SpfBrokenError.
    """
    terms = _terms(dns, domain)
    for term in terms:
        if term.name != "redirect" and _matches(dns, term, domain, ip):
            return _RESULTS[term.qualifier]
    onward = next((term.value for term in terms if term.name == "redirect"), "")
    return judge(dns, onward, ip) if onward and not any(term.name == "all" for term in terms) else "neutral"


def _matches(dns: Dns, term: Term, domain: str, ip: IPv4Address | IPv6Address) -> bool:
    if "%" in term.value:
        return False
    match term.name:
        case "all":
            return True
        case "ip4" | "ip6":
            return _is_in(ip, (term.value,))
        case "include":
            return judge(dns, term.value, ip) == "pass"
        case "a" | "mx":
            asked = term.value or domain
            hosts = (asked,) if term.name == "a" else dns.exchangers(asked)
            prefix = term.prefixes[ip.version == 6]  # noqa: PLR2004 - the version of IPv6
            return _is_in(ip, [f"{one}/{prefix}" for host in hosts for one in dns.addresses(host)])
        case _:
            return False


def _is_in(ip: IPv4Address | IPv6Address, networks: tuple[str, ...] | list[str]) -> bool:
    try:
        # An address of one version is in no network of the other.
        return any(ip in ip_network(one.partition("/")[0] + "/" + _prefix(one), strict=False) for one in networks
                   if (":" in one) is (ip.version == 6))  # noqa: PLR2004 - the version of IPv6  # fmt: skip
    except ValueError as fault:
        raise SpfBrokenError(str(fault)) from fault


def _prefix(network: str) -> str:
    return network.partition("/")[2] or ("128" if ":" in network else "32")


def _terms(dns: Dns, domain: str) -> list[Term]:
    records = records_of(dns, domain)
    if len(records) != 1:
        raise SpfBrokenError(said("spf_has", domain=domain, number=len(records)))
    return [term for word in records[0].split()[1:] if (term := _term(word))]


def _term(word: str) -> Term | None:
    if word.lower().startswith("redirect="):
        return Term("+", "redirect", word.partition("=")[2])
    qualifier = word[0] if word[0] in _RESULTS else "+"
    bare = word.removeprefix(qualifier)
    name, _, value = bare.partition(":")
    name, slash, own = name.partition("/")
    if name.lower() not in _MECHANISMS:
        if "=" in bare:
            return None  # A modifier that we need not know (RFC 7208, 6).
        raise SpfBrokenError(said("spf_no_term", word=word))
    if name.lower() in {"ip4", "ip6"}:
        return Term(qualifier, name.lower(), value)
    value, slash, prefix = value.partition("/") if not slash else (value, slash, own)
    four, _, six = prefix.partition("//") if not prefix.startswith("/") else ("", "", prefix[1:])
    return Term(qualifier, name.lower(), value, (four or "32", six or "128"))


def _last(record: str) -> str:
    """The qualifier of `all`; empty for a record without."""
    last = next((word for word in record.lower().split() if word.lstrip("+-~?") == "all"), "")
    return (last[0] if last[0] in _RESULTS else "+") if last else ""
