"""How many sign-ups a second the plain form takes: real web processes, PostgreSQL and Valkey, readers from everywhere.

Each request comes from its own address, as a trusted proxy tells it, over connections that a proxy would keep open. No
worker runs: what is measured is the commit of a row and the nudge that follows it.
"""

import asyncio
import json
import socket
import sys
import time
from base64 import b64decode
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import psutil
import redis
from sqlalchemy import func, select

from bench.place import options, say, server_version
from bench.send import Ground, prepare
from notifier.domain import topics
from notifier.domain.words import Lane
from notifier.embedded.tree import Job, Tree
from notifier.models import Signup, Topic
from notifier.settings import of
from notifier.shared import Shared
from notifier.sites import NewSite, add_site
from notifier.web.counting import Counts
from notifier.web.shield import Shield

QUICK, FULL = 3_000, 30_000
WARM: Final = 300
PROCESSES, CONNECTIONS = 2, 12
START_S: Final = 60.0
LAST_S: Final = 60.0
OPENED_S: Final = 10
TOPIC: Final = topics.category("سياسة")
KNOBS: Final = {
    "trusted_proxies": "127.0.0.1",
    # A burst that is wanted: else the shield would do its work.
    "signup_burst_per_min": "10000000",
    "signup_plain_per_min": "10000000",
}


def main() -> None:
    """Start the web processes, send the forms, and say how many a second and how long each took."""
    given = options(__doc__ or "", "requests", QUICK, FULL)
    with ExitStack() as stack:
        ground = prepare(stack, **KNOBS)
        site = fill(ground)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
        with Tree(ground.folder) as tree:
            serve = [sys.executable, "-m", "notifier", "serve", "--listener", str(listener.fileno())]
            for number in range(PROCESSES):
                tree.start(Job(f"web-{number}", serve, ground.env, (listener.fileno(),)))
            port = listener.getsockname()[1]
            asyncio.run(ready(port))
            asyncio.run(send(port, forms(ground, site, "warm", WARM)))
            before = cpu_s(tree)
            bodies = forms(ground, site, "reader", given.size)
            began = time.perf_counter()
            waits, refused = asyncio.run(send(port, bodies))
            seconds = time.perf_counter() - began
            spent = cpu_s(tree) - before
        say(**figures(ground, waits, seconds, refused), web_cpu_ms=round(spent * 1000 / given.size, 2))


def fill(ground: Ground) -> int:
    """A site with one section; gives its id."""
    with ground.parts.db.writing() as session:
        site = add_site(session, NewSite("bench", "صحيفة القياس", "news@bench.example"), datetime.now(UTC))
        session.add(Topic(site_id=site.id, name=TOPIC, label="سياسة"))
        return site.id


def forms(ground: Ground, site: int, who: str, count: int) -> list[bytes]:
    """Requests of people who opened the page some seconds ago, each from a network of its own."""
    knobs = of(ground.env)
    shield = Shield(knobs, ground.parts.signer, Counts(Shared("none://"), "bench"))
    opened = datetime.fromtimestamp(time.time() - OPENED_S, UTC)
    made = []
    for n in range(count):
        fields = {"address": f"{who}{n}@example.org", "topic": TOPIC, "frequency": "daily"}
        body = urlencode({**fields, "stamp": shield.stamp(site, opened)}).encode()
        ip = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" if who == "reader" else f"172.16.{n >> 8}.{n & 255}"
        head = (
            f"POST /bench/subscribe?lang=ar HTTP/1.1\r\nHost: bench.example\r\nX-Forwarded-For: {ip}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def ready(port: int) -> None:
    """Wait until somebody answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            await exchange(
                *await asyncio.open_connection("127.0.0.1", port), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
            )
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return


async def send(port: int, requests: list[bytes]) -> tuple[list[float], int]:
    """Send them all, a few at a time; gives the seconds that each took, and how many were not answered with 200."""
    waits: list[float] = []
    refused = 0
    left = iter(requests)

    async def one() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            began = time.perf_counter()
            status = await exchange(reader, writer, request)
            waits.append(time.perf_counter() - began)
            refused += status != b"200"
        writer.close()

    async with asyncio.timeout(LAST_S + len(requests) / 50):
        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return waits, refused


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """One request and its whole answer; gives the status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(size))
    return head[9:12]


def cpu_s(tree: Tree) -> float:
    """Seconds of CPU that the web processes have used."""
    times = [psutil.Process(tree.pid(f"web-{number}")).cpu_times() for number in range(PROCESSES)]
    return float(sum(one.user + one.system for one in times))


def figures(ground: Ground, waits: list[float], seconds: float, refused: int) -> dict[str, Any]:
    """What was taken, how fast, and whether each has its row and its nudge."""
    waits.sort()
    with ground.parts.db.reading() as session:
        rows = session.scalar(select(func.count()).select_from(Signup)) or 0
    with redis.Redis.from_url(ground.env["NOTIFIER_REDIS_URL"]) as client:
        # One nudge stands for whoever came in the same moment: its ids are counted, not the nudges.
        waiting = client.lrange(Lane.URGENT.value, 0, -1)
    nudged = sum(len(json.loads(b64decode(json.loads(one)["body"]))[0]) for one in waiting)
    return {
        "requests": len(waits),
        "requests_per_s": round(len(waits) / seconds, 1),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
        "refused": refused,
        "unwritten": len(waits) + WARM - rows,
        "without_nudge": len(waits) + WARM - nudged,
        "processes": PROCESSES,
        "postgresql": server_version(ground.parts.db),
    }


if __name__ == "__main__":
    main()
