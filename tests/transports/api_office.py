"""A provider's API on loopback: checks who asks, counts letters by recipient, and says what a test tells it to."""

import hashlib
import hmac
import json
import re
import socket
import struct
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final

KEY_ID, KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
RESET: Final = (0, {"after": "the letter"})
HALF: Final = (0, {"after": "half an answer"})
SLOW: Final = (0, {"after": "a while"})
Answer = tuple[int, dict[str, Any]]


@dataclass
class ApiOffice:
    """Takes letters. `says` holds what to answer instead, each once."""

    says: list[Answer] = field(default_factory=list)
    key: str = KEY
    slow_s: float = 0.0
    letters: Counter[str] = field(default_factory=Counter)
    """How many, by recipient."""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    most_at_once: int = 0
    port: int = 0
    lock: Lock = field(default_factory=Lock)
    _at_once: int = 0

    def heard(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        with self.lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.asked.append((path, headers, body))
            said = self.says.pop(0) if self.says else None
        time.sleep(self.slow_s)
        with self.lock:
            self._at_once -= 1
            return said or self._own(path, headers, body)

    def _own(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        kind = "ses" if path.startswith("/v2/") else "mailgun" if path.startswith("/v3/") else "postmark"
        if not {"ses": self._is_aws, "mailgun": self._is_basic, "postmark": self._is_token}[kind](headers, body):
            refused: dict[str, Answer] = {
                "ses": (403, {"__type": "SignatureDoesNotMatch", "message": "The signature does not match"}),
                "mailgun": (401, {"message": "Invalid private key"}),
                "postmark": (401, {"ErrorCode": 10, "Message": "No Account or Server API tokens"}),
            }
            return refused[kind]
        to = recipient(kind, headers, body)
        if not to:
            empty: dict[str, Answer] = {
                "ses": (400, {"__type": "BadRequestException", "message": "Missing required field"}),
                "mailgun": (400, {"message": "to parameter is missing"}),
                "postmark": (422, {"ErrorCode": 300, "Message": "Zero recipients specified"}),
            }
            return empty[kind]
        self.letters[to] += 1
        taken: dict[str, dict[str, Any]] = {
            "ses": {"MessageId": "0102-ses"},
            "mailgun": {"id": "<mg@example>", "message": "Queued. Thank you."},
            "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1"},
        }
        return 200, taken[kind]

    def _is_aws(self, headers: dict[str, str], body: bytes) -> bool:
        """As Amazon does: from what came, with what the header names."""
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/ses/aws4_request, "
            r"SignedHeaders=([^,]+), Signature=(.+)",
            headers.get("authorization", ""),
        )
        if not found or found[1] != KEY_ID:
            return False
        names = found[4].split(";")
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        digest = hashlib.sha256(body).hexdigest()
        whole = f"POST\n/v2/email/outbound-emails\n\n{lines}\n{found[4]}\n{digest}"
        scope = f"{found[2]}/{found[3]}/ses/aws4_request"
        told = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashlib.sha256(whole.encode()).hexdigest()}"
        key = b"AWS4" + self.key.encode()
        for word in (*scope.split("/"), told):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        return key.hex() == found[5] and {"host", "x-amz-date"} <= set(names)

    def _is_basic(self, headers: dict[str, str], _body: bytes) -> bool:
        return headers.get("authorization") == "Basic " + b64encode(f"api:{self.key}".encode()).decode()

    def _is_token(self, headers: dict[str, str], _body: bytes) -> bool:
        return headers.get("x-postmark-server-token") == self.key


def recipient(kind: str, headers: dict[str, str], body: bytes) -> str:
    if kind == "mailgun":
        return form(headers, body).get("to", b"").decode()
    told = json.loads(body)
    if kind == "postmark":
        return str(told.get("To", ""))
    return str(told.get("Destination", {}).get("ToAddresses", [""])[0])


def form(headers: dict[str, str], body: bytes) -> dict[str, bytes]:
    head = f"Content-Type: {headers.get('content-type', '')}\r\n\r\n".encode()
    found: dict[str, bytes] = {}
    mail = message_from_bytes(head + body)
    for part in mail.get_payload() if mail.is_multipart() else ():
        name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]  # parts of a form
        inner = body.split(f'name="{name}"'.encode(), 1)[1].split(b"\r\n\r\n", 1)[1]
        found[name] = inner.split(f"\r\n--{mail.get_boundary()}".encode())[0]
    return found


def raw(kind: str, headers: dict[str, str], body: bytes) -> bytes:
    """The message as it was handed over, to a provider that takes it whole."""
    return (
        form(headers, body)["message"] if kind == "mailgun" else b64decode(json.loads(body)["Content"]["Raw"]["Data"])
    )


@contextmanager
def opened(office: ApiOffice) -> Iterator[ApiOffice]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told = office.heard(self.path, headers, body)
            answer = json.dumps(told).encode()
            if (status, told) == SLOW:
                time.sleep(1.0)
            if status:
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                return
            if (status, told) == HALF:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    office.port = server.server_port
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
