"""A name server on loopback that knows one record: NXDOMAIN for `missing…`, SERVFAIL for `broken…`."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@contextmanager
def serving(record: str) -> Iterator[int]:
    """Gives the port it answers on by UDP."""
    kind, _, value = record.partition(" ")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(0.1)
        ended = threading.Event()
        thread = threading.Thread(target=_answer, args=(wire, ended, kind, value), daemon=True)
        thread.start()
        try:
            yield wire.getsockname()[1]
        finally:
            ended.set()
            thread.join(2)


def _answer(wire: socket.socket, ended: threading.Event, kind: str, value: str) -> None:
    while not ended.is_set():
        try:
            octets, asker = wire.recvfrom(4096)
        except TimeoutError:
            continue
        question = dns.message.from_wire(octets)
        answer = dns.message.make_response(question, recursion_available=True)
        name, asked = question.question[0].name, question.question[0].rdtype
        if str(name).startswith("missing"):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif str(name).startswith("broken"):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif dns.rdatatype.to_text(asked) == kind:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, value))
        wire.sendto(answer.to_wire(), asker)
