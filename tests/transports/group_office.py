"""A scripted SMTP server on loopback that writes down what came together in one read."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from notifier.domain.message import Message
from notifier.domain.outcome import Outcome, Sent
from notifier.transports import Answer
from notifier.transports.account import SmtpAccount
from notifier.transports.listed import send_all
from notifier.transports.smtp import SmtpTransport
from tests.transports.post_office import DROP, HANG, letter

TAKEN = Sent("250 taken")
_DEFAULTS: Final = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", ".": "250 taken", "QUIT": "221 bye"}
_NUMBER: Final = re.compile(rb"(?:b\+|reader|Subject: )(\d+)")


@dataclass
class GroupOffice:
    """`says` holds, per command ("." for a content), what to answer, each once: a reply, DROP, HANG, "" as usual."""

    says: dict[str, list[str]] = field(default_factory=dict)
    extensions: str = "250-PIPELINING\r\n250-SIZE 1000000\r\n250-SMTPUTF8\r\n"
    one_by_one_s: float = 0
    """Above 0: each reply apart, so long after the one before."""
    delay_s: float = 0
    """Before each group is looked at, and again before it is answered."""
    read_size: int = 1 << 20
    port: int = 0
    connections: int = 0
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released when a connection is over."""
    groups: list[list[str]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    raw: bytes = b""
    sockets: list[socket.socket] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def talk(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.sendall(b"220 group.example\r\n")
            _Talk(self, sock).go_on()
        self.ended.release()

    def answer(self, command: str) -> str:
        waiting = self.says.get(command, [])
        said = waiting.pop(0) if waiting else ""
        usual = (
            f"250-group.example\r\n{self.extensions}250 HELP" if command == "EHLO" else _DEFAULTS.get(command, "250 ok")
        )
        return said or usual


class _Talk:
    def __init__(self, office: GroupOffice, sock: socket.socket) -> None:
        self.office, self.sock = office, sock
        self.waiting, self.is_content = b"", False

    def go_on(self) -> None:
        while read := self.sock.recv(self.office.read_size):
            self.office.raw += read
            self.waiting += read
            time.sleep(self.office.delay_s)
            tokens, replies = [], []
            while (token := self._token()) is not None:
                tokens.append(token)
                reply = self.office.answer(token.split()[0] if not token.startswith("content") else ".")
                if reply in (DROP, HANG):
                    break
                replies.append(reply.encode() + b"\r\n")
                self.is_content = reply.startswith("354")
            if tokens:
                self.office.groups.append(tokens)
            self._say(replies)
            if tokens and reply == HANG:
                self.office.over.wait(5)
            if tokens and (reply == DROP or reply.startswith(("421", "221"))):
                return

    def _say(self, replies: list[bytes]) -> None:
        time.sleep(self.office.delay_s)
        for reply in replies if self.office.one_by_one_s else [b"".join(replies)]:
            time.sleep(self.office.one_by_one_s)
            self.sock.sendall(reply)

    def _token(self) -> str | None:
        if self.is_content and not self.waiting.startswith(b".\r\n"):
            content, found, rest = self.waiting.partition(b"\r\n.\r\n")
            if not found:
                return None
            self.waiting = rest
            self.office.contents.append(content)
            return f"content {_number(content)}"
        line, found, rest = self.waiting.partition(b"\r\n")
        if not found:
            return None
        self.waiting = rest
        command = line.split()[0].decode().upper()
        return f"{command} {_number(line)}" if command in ("MAIL", "RCPT") else command


def _number(text: bytes) -> str:
    match = _NUMBER.search(text)
    return match[1].decode() if match else "?"


@contextmanager
def opened(office: GroupOffice) -> Iterator[GroupOffice]:
    """The office while it is open."""
    threads: list[threading.Thread] = []

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                office.connections += 1
                office.sockets.append(sock)
                threads.append(threading.Thread(target=office.talk, args=(sock,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        office.port = listener.getsockname()[1]
        doorman = threading.Thread(target=accept, args=(listener,))
        doorman.start()
        try:
            yield office
        finally:
            office.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            doorman.join()
            for sock in office.sockets:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def transport(office: GroupOffice, **knobs: Any) -> SmtpTransport:
    facts: dict[str, Any] = {"helo": "mail.news.example", "connect_timeout_s": 3, "reply_timeout_s": 3}
    return SmtpTransport(SmtpAccount("127.0.0.1", office.port, **(facts | knobs)))


def numbered(count: int) -> list[Message]:
    return [letter(number, data=b"Subject: %d\r\n\r\n.dot\r\n" % number) for number in range(1, count + 1)]


def send(smtp: SmtpTransport, messages: list[Message]) -> list[Outcome]:
    try:
        answers = dict(send_all(smtp, messages))
    finally:
        smtp.close()
    return [answers[message.delivery_id] for message in messages]


def told(answers: Iterator[list[Answer]]) -> list[Answer]:
    """The next answers; a transport also says from time to time that there is no news."""
    return next(some for some in answers if some)


def envelope(number: int) -> list[str]:
    return [f"MAIL {number}", f"RCPT {number}", "DATA"]


def came(office: GroupOffice) -> list[str]:
    return [token for group in office.groups for token in group if token.startswith("content")]


def until(office: GroupOffice, group: list[str]) -> None:
    deadline = time.monotonic() + 2
    while group not in office.groups and time.monotonic() < deadline:
        time.sleep(0.005)
    assert group in office.groups
