"""Real servers on loopback for the fetcher to meet, and the doubles of its two edges: names and connections."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2

PUBLIC = "93.184.215.14"
ELSEWHERE = "151.101.1.67"

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web site on loopback; `pages` maps a path to what answers there."""

    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            here.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            self.close_connection = True
            try:
                here.pages[self.path.partition("?")[0]](self)
            except OSError:
                return  # the fetcher hung up, as it should

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def page(body: bytes, *headers: tuple[str, str], status: int = 200, length: int | None = None) -> Answer:
    """A plain answer; `length` lies about the body's size."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def redirect(location: str, status: int = 302) -> Answer:
    return page(b"", ("Location", location), status=status)


def stream(pieces: Iterable[bytes], *headers: tuple[str, str]) -> Answer:
    """A body without a length, written piece by piece until the other side hangs up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in (*headers, ("Connection", "close")):
            handler.send_header(name, value)
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()

    return answer


@contextmanager
def listener(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A bare TCP server for one connection; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    talk(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.close()
        thread.join(5)


class Names:
    """A resolver that answers a name with each of its answers in turn, the last one for ever, and counts."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(rows) for name, rows in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        rows = self.answers.get(host)
        if rows is None:
            return (host,)
        return rows.pop(0) if len(rows) > 1 else rows[0]


class Detour(httpcore2.NetworkBackend):
    """Notes where a connection was to go, and leads it to a local port instead."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connected: list[tuple[str, int]] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connected.append((host, port))
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)
