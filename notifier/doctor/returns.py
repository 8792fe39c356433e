"""The way back: whether mail to our bounce and reply addresses finds a server, and the server takes it."""

import contextlib
import smtplib
import socket
from collections.abc import Iterator

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.names import Dns
from notifier.doctor.ward import Ward
from notifier.doctor.words import said
from notifier.domain.claimed import Claimed
from notifier.domain.links import REPLY
from notifier.domain.words import LetterKind


def check(ward: Ward) -> Iterator[Finding]:
    """The bounce domain, the reply domain, the door of our own, then the senders' own domains."""
    knobs = ward.parts.settings
    for domain, address in _own_addresses(ward).items():
        yield _way_back(ward, Pen("mx", domain), domain, address)
    if not knobs.bounce_domain:
        yield Pen("mx", "bounces").amber(said("mx_no_domain"), said("do_mx_no_domain"))
    if knobs.inbound_listen:
        yield _door(ward, Pen("door", knobs.inbound_listen), knobs.inbound_listen)


def check_sites(ward: Ward) -> Iterator[Finding]:
    """Whether each sender can be answered."""
    if not ward.senders:
        yield Pen("sites", "sites").amber(said("no_site"), said("do_no_site"), "notifier site add")
    for domain, slugs in ward.senders.items():
        pen = Pen("sites", domain)
        if "." not in domain:
            yield pen.red(said("sender_of", sites=", ".join(slugs)), said("do_sender_domain"))
        elif not takes_mail(ward.dns, domain):
            told = said("sender_takes_none", sites=", ".join(slugs))
            yield pen.red(told, said("do_sender_mx"), f"{domain}. MX 10 mail.{domain}.")
        else:
            yield pen.green(said("sender_takes", sites=", ".join(slugs)))


def takes_mail(dns: Dns, domain: str) -> bool:
    """Whether mail for a domain has somewhere to go (RFC 5321, 5.1; RFC 7505)."""
    exchangers = dns.exchangers(domain)
    return exchangers != (".",) if exchangers else bool(dns.addresses(domain))


def _own_addresses(ward: Ward) -> dict[str, str]:
    """Domain -> an address there as our letters carry it."""
    knobs = ward.parts.settings
    one = Claimed(1, 1, (), LetterKind.REPLY, 1, 1, "")
    links = ward.parts.links("news@localhost", is_answerable=True).personal(one, ward.now())
    found = {knobs.bounce_domain: links.mail_from, knobs.inbound_domain: links.reply_to or f"{REPLY}@localhost"}
    return {domain: address for domain, address in found.items() if domain}


def _way_back(ward: Ward, pen: Pen, domain: str, address: str) -> Finding:
    exchangers = ward.dns.exchangers(domain)
    advice = said("do_mx")
    if not exchangers or exchangers == (".",):
        return pen.red(said("mx_none"), advice, f"{domain}. MX 10 <your mail server>.")
    hosts = [(host, ip) for host in exchangers for ip in ward.dns.addresses(host)]
    if not hosts:
        return pen.red(said("mx_no_address", hosts=", ".join(exchangers)), said("do_mx_address"))
    answer = ""
    for host, ip in hosts[:3]:
        answer = _asked(ward, ip, address)
        if answer.startswith("2"):
            return pen.green(said("mx_takes", host=host))
        if answer[:1].isdecimal():
            break
        answer = f"{host}: {answer}"
    if answer[:1] == "5":
        return pen.red(said("mx_refuses", address=f"{address.partition('@')[0][:3]}…@{domain}", answer=answer), advice)
    return pen.amber(answer, said("do_mx_unknown"))


def _asked(ward: Ward, ip: str, address: str) -> str:
    """What the server says to a letter for this address, which is not sent; or why it could not be asked."""
    try:
        with smtplib.SMTP(local_hostname=ward.own_name, timeout=ward.timeout_s) as smtp:
            code, text = smtp.connect(ip, ward.smtp_port)
            if code == 220:  # noqa: PLR2004 - RFC 5321: ready
                smtp.ehlo_or_helo_if_needed()
                smtp.mail("")
                code, text = smtp.rcpt(address)
            return f"{code} {text.decode(errors='replace')}"
    except (OSError, smtplib.SMTPException) as fault:
        return f"no answer ({type(fault).__name__})"


def _door(ward: Ward, pen: Pen, where: str) -> Finding:
    try:
        with _connected(where, ward.timeout_s) as door:
            greeting = door.recv(200).decode(errors="replace").strip()
            with contextlib.suppress(OSError):
                door.sendall(b"QUIT\r\n")
    except (OSError, ValueError) as fault:
        return pen.red(said("no_answer", fault=type(fault).__name__), said("do_door"))
    return pen.green(greeting) if greeting.startswith("220") else pen.red(greeting, said("do_door_other"))


def _connected(where: str, timeout_s: float) -> socket.socket:
    if not where.startswith("unix:"):
        host, _, port = where.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout_s)
    door = socket.socket(socket.AF_UNIX)
    door.settimeout(timeout_s)
    try:
        door.connect(where.removeprefix("unix:"))
    except OSError:
        door.close()
        raise
    return door
