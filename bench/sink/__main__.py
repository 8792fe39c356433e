"""The sink itself: one thread, one selector, one buffer for all connections: `python -m bench.sink`."""

import contextlib
import heapq
import itertools
import json
import os
import selectors
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from bench.sink.dialogue import GREETING, Dialogue, Then, Turn
from bench.sink.faults import Fault, Place, Trouble, What
from bench.sink.tally import Tally

BUFFER: Final = 1 << 18
"""No letter of ours is larger, so most come in one read."""
BACKLOG: Final = 512


@dataclass(slots=True, eq=False)
class _Client:
    wire: socket.socket
    dialogue: Dialogue
    late: deque[tuple[float, Turn]] = field(default_factory=deque)
    """Turns whose time has not come; in order, for a client must not get its replies mixed up."""
    is_over: bool = False
    is_gone: bool = False


class _Server:
    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._trouble = Trouble()
        self._tally = Tally(self._trouble)
        self._rtt_s = 0.0
        self._clients: set[_Client] = set()
        self._due: list[tuple[float, int, _Client]] = []
        """When somebody's next late turn is due."""
        self._order = itertools.count()
        self._buffer = bytearray(BUFFER)
        self._half = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._asked)
        self._is_wanted = True

    def run(self) -> None:
        """Serve until our starter's end of the pipe closes: it is done, or dead."""
        while self._is_wanted:
            for key, _ in self._selector.select(self._patience()):
                if isinstance(key.data, _Client):
                    self._hear(key.data)
                else:
                    key.data()
            if self._due:
                self._say_what_is_due()

    def _patience(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            wire, _ = self.listener.accept()
            wire.setblocking(False)  # noqa: FBT003 - the same
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = _Client(wire, Dialogue(self._trouble))
            self._clients.add(client)
            self._selector.register(wire, selectors.EVENT_READ, client)
            self._answer(client, Turn([GREETING]))

    def _hear(self, client: _Client) -> None:
        try:
            size = client.wire.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._end(client)
        elif not client.is_over:
            turn = client.dialogue.heard(self._buffer, size)
            if turn.said or turn.then is not Then.STAY:
                self._answer(client, turn)

    def _answer(self, client: _Client, turn: Turn) -> None:
        wait_s = turn.wait_s + self._rtt_s
        client.is_over = turn.then is not Then.STAY
        if not wait_s and not client.late:
            self._say(client, turn)
            return
        at = time.monotonic() + wait_s
        if client.late:
            at = max(at, client.late[-1][0])
        client.late.append((at, turn))
        heapq.heappush(self._due, (at, next(self._order), client))

    def _say_what_is_due(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, client = heapq.heappop(self._due)
            # Who hung up before its reply was written has not been answered.
            if not client.is_gone:
                self._say(client, client.late.popleft()[1])

    def _say(self, client: _Client, turn: Turn) -> None:
        try:
            client.wire.send(b"".join(turn.said))
        except OSError:
            self._end(client)
            return
        if turn.taken:
            self._tally.add(turn.taken)
        if turn.then is Then.DROP:
            self._end(client)
        elif turn.then is Then.END:
            with contextlib.suppress(OSError):
                client.wire.shutdown(socket.SHUT_WR)

    def _end(self, client: _Client) -> None:
        client.is_gone = True
        self._clients.discard(client)
        self._selector.unregister(client.wire)
        client.wire.close()

    def _asked(self) -> None:
        heard = os.read(sys.stdin.fileno(), BUFFER)
        self._is_wanted = bool(heard)
        *questions, self._half = (self._half + heard).split(b"\n")
        for question in questions:
            print(json.dumps(self._told(json.loads(question))), flush=True)

    def _told(self, question: dict[str, Any]) -> dict[str, Any]:
        match question["ask"]:
            case "faults":
                faults = [Fault(Place(one["at"]), What(one["what"]), one["share"]) for one in question["faults"]]
                self._trouble.begin(faults, question["seed"], question["hang_s"])
            case "delay":
                self._rtt_s = question["rtt_ms"] / 1000
        return self._tally.answer(question, len(self._clients))


if __name__ == "__main__":
    server = _Server()
    print(json.dumps({"port": server.listener.getsockname()[1]}), flush=True)
    server.run()
