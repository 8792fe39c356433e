"""A report of 50 MB is refused as it comes: nobody keeps it, and it is one line of the log."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from notifier.mailroom.lines import Lines
from notifier.mailroom.lmtp import LmtpServer
from notifier.web.app import create_app
from tests.mailroom.conftest import ME, Talk

ENORMOUS = 50_000_000
GROWTH_MAX = 16_000_000


def lines_of(length: int) -> Iterator[bytes]:
    """50 MB, in lines of this length."""
    line = b"x" * length + b"\r\n"
    block = line * max(1, 60_000 // len(line))
    for _ in range(ENORMOUS // len(block)):
        yield block


def one_line() -> Iterator[bytes]:
    for _ in range(ENORMOUS // 50_000):
        yield b"x" * 50_000


@pytest.mark.slow
@pytest.mark.parametrize("body", [partial(lines_of, 60_000), one_line], ids=["lines", "one-line"])
def test_a_report_of_50_mb_is_refused_without_being_kept(talk: Talk, body: Callable[[], Iterator[bytes]]) -> None:
    talk.world.with_settings(inbound_bytes_max=1_000_000)
    process = psutil.Process(os.getpid())
    with LmtpServer(talk.world.parts, "127.0.0.1:0", talk.world.clock) as server, capture_logs() as logs:
        with socket.create_connection(("127.0.0.1", server.port), 30) as wire, wire.makefile("rb") as heard:
            heard.readline()
            for command in ("LHLO x", f"MAIL FROM:<{ME}>", f"RCPT TO:<{talk.address}>", "DATA"):
                wire.sendall(f"{command}\r\n".encode())
                while heard.readline()[3:4] == b"-":
                    pass
            before = most = process.memory_info().rss
            for number, block in enumerate(body()):
                wire.sendall(block)
                if number % 20 == 0:
                    most = max(most, process.memory_info().rss)
            wire.sendall(b"\r\n.\r\n")
            assert heard.readline().startswith(b"552 5.3.4")
        most = max(most, process.memory_info().rss)
    assert most - before < GROWTH_MAX
    assert [line["event"] for line in logs] == ["mail_too_large"]
    assert talk.rows() == []


@pytest.mark.long
@pytest.mark.parametrize("path", ["/api/v1/inbound/raw", "/api/v1/feedback/ses"])
def test_a_webhook_of_50_mb_is_not_read_to_its_end(talk: Talk, path: str) -> None:
    talk.world.with_settings(inbound_bytes_max=100_000, item_bytes_max=100_000)
    app = create_app(talk.world.parts, now=talk.world.clock)
    read, said = list[int](), list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        read.append(50_000)
        return {"type": "http.request", "body": b"x" * 50_000, "more_body": len(read) < ENORMOUS // 50_000}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "scheme": "http", "server": ("news.example", 80), "client": ("192.0.2.1", 1), "http_version": "1.1",
        "root_path": "",
    }  # fmt: skip
    with capture_logs() as logs:
        asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # dictionaries, as ASGI has them
    assert said[0]["status"] == 413
    assert sum(read) <= 150_000
    assert [line["event"] for line in logs] == ["body_too_large"]


def test_lines_are_cut_wherever_the_octets_are_split() -> None:
    data = b"ab\r\n" + b"x" * 30 + b"\r\n\r\r\n.\r\n" + b"y" * 9
    for size in (1, 2, 3, 7, 50):
        lines = Lines(5)
        found = b"".join(lines.cut(data[at : at + size]) for at in range(0, len(data), size))
        assert found == b"ab\r\nxxxxx\r\n\r\r\n.\r\nyyyyy"
