"""The way back: whether mail to our bounce and reply addresses finds a server, and the server takes it."""

import contextlib
import smtplib
import socket
from collections.abc import Iterator

from notifier.doctor.finding import Finding, Pen
from notifier.doctor.names import Dns
from notifier.doctor.ward import Ward
from notifier.domain.claimed import Claimed
from notifier.domain.links import REPLY
from notifier.domain.words import LetterKind


def check(ward: Ward) -> Iterator[Finding]:
    """The bounce domain, the reply domain, the door of our own, then the senders' own domains."""
    knobs = ward.parts.settings
    for domain, address in _own_addresses(ward).items():
        yield _way_back(ward, Pen("mx", domain), domain, address)
    if not knobs.bounce_domain:
        advice = "Set NOTIFIER_BOUNCE_DOMAIN: else a bounce cannot be told apart, and a dead address stays."
        yield Pen("mx", "bounces").amber("bounces go to the sender's own mailbox", advice)
    if knobs.inbound_listen:
        yield _door(ward, Pen("door", knobs.inbound_listen), knobs.inbound_listen)


def check_sites(ward: Ward) -> Iterator[Finding]:
    """Whether each sender can be answered."""
    if not ward.senders:
        yield Pen("sites", "sites").amber("there is no site yet", "Make one.", "notifier site add")
    for domain, slugs in ward.senders.items():
        pen = Pen("sites", domain)
        if "." not in domain:
            yield pen.red(f"the sender of {', '.join(slugs)}", "Give the site a sender at a domain of the public DNS.")
        elif not takes_mail(ward.dns, domain):
            advice = "Some receivers refuse mail from a domain that takes none: give it an MX record."
            yield pen.red(f"the sender of {', '.join(slugs)} takes no mail", advice, f"{domain}. MX 10 mail.{domain}.")
        else:
            yield pen.green(f"the sender of {', '.join(slugs)} takes mail")


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
    advice = "Point it at the server that hands this mail to `notifier inbound`, or at your mailbox's."
    if not exchangers or exchangers == (".",):
        return pen.red("no MX record", advice, f"{domain}. MX 10 <your mail server>.")
    hosts = [(host, ip) for host in exchangers for ip in ward.dns.addresses(host)]
    if not hosts:
        return pen.red(f"{', '.join(exchangers)}: no address", "The MX must name a host that has an address.")
    said = ""
    for host, ip in hosts[:3]:
        said = _asked(ward, ip, address)
        if said.startswith("2"):
            return pen.green(f"{host} takes mail for us")
        if said[:1].isdecimal():
            break
        said = f"{host}: {said}"
    if said[:1] == "5":
        return pen.red(f"it refuses {address.partition('@')[0][:3]}…@{domain}: {said}", advice)
    return pen.amber(said, "Whether mail arrives is not known: port 25 of the server did not answer us, or not now.")


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
            said = door.recv(200).decode(errors="replace").strip()
            with contextlib.suppress(OSError):
                door.sendall(b"QUIT\r\n")
    except (OSError, ValueError) as fault:
        return pen.red(f"no answer ({type(fault).__name__})", "Start `notifier inbound`.")
    return pen.green(said) if said.startswith("220") else pen.red(said, "Something else listens there.")


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
