"""The way to a provider: one POST, and whether it left whole where no answer came."""

import ssl
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import httpx2

from notifier.transports.api.call import Call, Reply

BODY_MAX: Final = 100_000
KEPT_S: Final = 20.0
"""A connection at rest is given up before most servers do."""


class Left(Enum):
    """How much of a request left."""

    NOTHING = auto()
    SOME = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came."""

    left: Left
    said: str


class Wire:
    """Connections to one provider, shared by threads."""

    def __init__(self, connections: int, connect_s: float, reply_s: float, tls: ssl.SSLContext | None = None) -> None:
        """`tls`: in place of the system's certificate authorities."""
        self._reply_s = reply_s
        self._client = httpx2.Client(
            # Proxies and their passwords are the environment's, which only the settings read.
            trust_env=False,
            # What is read is read raw.
            headers={"Accept-Encoding": "identity", "User-Agent": "notifier"},
            verify=tls or ssl.create_default_context(),
            timeout=httpx2.Timeout(reply_s, connect=connect_s),
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEPT_S
            ),
        )

    def ask(self, call: Call) -> Reply | Lost:
        """POST it. Never raises for a fault of the network, the server or the key."""
        if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
            # The library would say which value it was: a key that was pasted with its line end, for one.
            return Lost(Left.NOTHING, "the name or the key of the account holds what no header can")
        ends_at = time.monotonic() + self._reply_s
        try:
            with self._client.stream("POST", call.url, headers=dict(call.headers), content=call.body) as answer:
                body = b""
                for chunk in answer.iter_raw():
                    body += chunk
                    if len(body) > BODY_MAX or time.monotonic() > ends_at:
                        break
                return Reply(answer.status_code, body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as fault:
            return Lost(Left.NOTHING, f"connect failed: {type(fault).__name__}: {fault}")
        except (httpx2.WriteError, httpx2.WriteTimeout) as fault:
            return Lost(Left.SOME, f"connection lost: {type(fault).__name__}: {fault}")
        except (httpx2.HTTPError, RuntimeError, OSError) as fault:
            # A RuntimeError: it was closed under a letter that was on its way.
            return Lost(Left.ALL, f"connection lost: {type(fault).__name__}: {fault}")

    def close(self) -> None:
        """Hang up."""
        self._client.close()
