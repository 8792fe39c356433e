"""A mail server that takes everything and keeps only counts: a process of its own, on loopback, as fast as may be."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Self

from notifier.embedded.orphan import die_with_parent

END: Final = b"\r\n.\r\n"
STOP_S: Final = 5.0
_HELLO: Final = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"


class Sink:
    """The sink as seen by whoever started it; it ends with the block, and when its starter dies."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.sink"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is its starter's to answer.
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - looked up before the fork, no locks in it
        )
        self.port = int(self._answer()["port"])

    def letters(self) -> int:
        """How many letters came so far."""
        return int(self._ask("count")["letters"])

    def report(self) -> dict[str, Any]:
        """`letters`, `recipients` (different ones), `bytes`, and `first_at` and `last_at` (as `time.time` has it)."""
        return self._ask("report")

    def forget(self) -> None:
        """Begin again at nothing."""
        self._ask("forget")

    def keep_times(self) -> None:
        """From now on keep when each letter came."""
        self._ask("keep times")

    def times(self) -> list[float]:
        """When each letter came, as `time.monotonic` has it; none without `keep_times`."""
        return list(self._ask("times")["times"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        with contextlib.suppress(OSError):
            self.process.communicate(timeout=STOP_S)
        self.process.kill()
        self.process.wait()

    def _ask(self, what: str) -> dict[str, Any]:
        pipe = self.process.stdin
        if pipe is None:
            raise RuntimeError("the sink has no ear")
        pipe.write(what + "\n")
        pipe.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError("the sink has ended")
        return dict(json.loads(line))


@dataclass(slots=True)
class _Tally:
    recipients: Counter[bytes] = field(default_factory=Counter)
    size: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    times: list[float] | None = None

    def add(self, recipients: list[bytes], size: int) -> None:
        self.recipients.update(recipients)
        self.size += size
        self.last_at = time.time()
        self.first_at = self.first_at or self.last_at
        if self.times is not None:
            self.times.append(time.monotonic())

    def answer(self, question: str) -> dict[str, Any]:
        if question == "count":
            return {"letters": self.recipients.total()}
        if question == "keep times":
            self.times = []
        if question == "times":
            return {"times": self.times or []}
        if question == "forget":
            self.recipients.clear()
            self.size, self.first_at = 0, 0.0
        return {
            "letters": self.recipients.total(),
            "recipients": len(self.recipients),
            "bytes": self.size,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }


class _Session(asyncio.Protocol):
    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._wire: Any = None
        """A transport that writes; asyncio hands it over under a wider name."""
        self._buffer = bytearray()
        self._looked = 0
        """Bytes of the buffer in which no end was found."""
        self._is_letter = False
        self._recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport
        self._wire.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies: list[bytes] = []
        while (reply := self._next()) is not None:
            replies.append(reply)
        if replies:
            self._wire.write(b"".join(replies))
        if replies and replies[-1].startswith(b"221"):
            self._wire.close()

    def _next(self) -> bytes | None:
        end = END if self._is_letter else b"\r\n"
        at = self._buffer.find(end, self._looked)
        if at < 0:
            self._looked = max(0, len(self._buffer) - len(end))
            return None
        reply = self._letter(at) if self._is_letter else self._command(bytes(self._buffer[:at]))
        del self._buffer[: at + len(end)]
        self._looked = 0
        return reply

    def _letter(self, size: int) -> bytes:
        self._tally.add(self._recipients, size)
        self._recipients = []
        self._is_letter = False
        return b"250 2.0.0 counted\r\n"

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        match verb:
            case b"EHLO":
                return _HELLO
            case b"RCPT":
                self._recipients.append(line.partition(b"<")[2].partition(b">")[0])
            case b"MAIL" | b"RSET":
                self._recipients = []
            case b"DATA":
                self._is_letter = bool(self._recipients)
                return b"354 go on\r\n" if self._is_letter else b"503 5.5.1 to whom?\r\n"
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
        return b"250 2.0.0 OK\r\n"


async def _serve() -> None:
    tally, loop = _Tally(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(tally), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    questions = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    # Our starter's end of the pipe closes when it is done, or dead.
    while question := (await questions.readline()).decode().strip():
        print(json.dumps(tally.answer(question)), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
