"""A socket that is never waited for: what it does not take at once stays here, and replies come when they are whole."""

import smtplib
import socket
import ssl
from typing import Final

from notifier.transports.pipeline import Replies

FAULTS: Final = (OSError, smtplib.SMTPException)
READ_OCTETS: Final = 16_384
_NOT_NOW: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """The two directions of one connection. What fails raises one of FAULTS."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._out = memoryview(b"")
        self._replies = Replies()

    @property
    def unwritten(self) -> int:
        """Octets that the socket did not take yet."""
        return len(self._out)

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    def write(self, octets: bytes) -> None:
        """Hand these over, behind what waits already."""
        self._out = memoryview(bytes(self._out) + octets if self._out else octets)
        self.flush()

    def flush(self) -> None:
        """Write what the socket takes."""
        try:
            self._out = self._out[self._sock.send(self._out) :]
        except _NOT_NOW:
            return

    def read(self) -> list[tuple[int, bytes]]:
        """The replies that are complete by now."""
        try:
            octets = self._sock.recv(READ_OCTETS)
        except _NOT_NOW:
            return []
        if not octets:
            raise smtplib.SMTPServerDisconnected("the server closed it")
        return list(self._replies.feed(octets))

    def close(self) -> None:
        """Hang up."""
        self._sock.close()
