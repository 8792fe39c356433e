"""The way to a host that was checked: connects to the given addresses only, all within one deadline."""

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2


class Deadline:
    """The moment by which everything about one fetch must be over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises `httpcore2.TimeoutException` when none are."""
        left = self._at - time.monotonic()
        if left <= 0:
            message = "the deadline passed"
            raise httpcore2.ReadTimeout(message)
        return left


class CheckedNetwork(httpcore2.NetworkBackend):
    """A network with one host in it: asked for any, it connects to the addresses that were checked.

    No name is resolved here, so a name server cannot answer twice with different addresses.
    """

    def __init__(self, addresses: Sequence[str], network: httpcore2.NetworkBackend, deadline: Deadline) -> None:
        self._addresses = addresses
        self._network = network
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first checked address that answers; each gets its share of the time left."""
        del host, timeout
        last: Exception = httpcore2.ConnectError("no address")
        for position, address in enumerate(self._addresses):
            share = self._deadline.left() / (len(self._addresses) - position)
            try:
                stream = self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
            else:
                return TimedStream(stream, self._deadline)
        raise last


class TimedStream(httpcore2.NetworkStream):
    """A stream whose every wait ends at the deadline, however many small waits there are."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, or wait for it until the deadline."""
        del timeout
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        del timeout
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Shake hands under the name that the URL gives."""
        del timeout
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's own signature
        """Say what the stream beneath says."""
        return self._stream.get_extra_info(info)
