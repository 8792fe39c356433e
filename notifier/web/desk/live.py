"""A send's progress as server-sent events (WHATWG HTML, 9.2): bounded in time and number."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from notifier.domain.progress import Pace, Progress
from notifier.web.look import PLAIN_HEADERS

WATCHERS_MAX: Final = 50
"""Of one process; who comes later looks again after a while."""
AGAIN_MS: Final = 15_000
_HEADERS: Final = {**PLAIN_HEADERS, "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a stream tells, and for how long; then the browser asks again, for no connection is for ever."""

    every_s: float = 1.0
    lasts_s: float = 300.0


Look = Callable[[], tuple[int, int] | None]
"""(done, planned) at this moment; None for a send that is no more."""


@dataclass(slots=True)
class Watchers:
    """How many browsers watch now, and whether they have to go."""

    count: int = 0
    is_ending: bool = False


_watchers: Final = Watchers()


def end() -> None:
    """End every stream of this process within a second: it was asked to stop, and waits for whoever it serves."""
    _watchers.is_ending = True


def events(request: Request, look: Look, words: Callable[[Progress], dict[str, str]]) -> Response:
    """The stream; `words` says a progress in the reader's language."""
    if _watchers.count >= WATCHERS_MAX:
        return StreamingResponse(iter([f"retry: {AGAIN_MS}\n\n"]), media_type="text/event-stream", headers=_HEADERS)
    return StreamingResponse(told(request, look, words), media_type="text/event-stream", headers=_HEADERS)


async def told(
    request: Request, look: Look, words: Callable[[Progress], dict[str, str]], rhythm: Rhythm = Rhythm()
) -> AsyncIterator[str]:
    """The events, until the send is over, the browser is gone or the time is up."""
    _watchers.count += 1
    begun, pace = time.monotonic(), Pace()
    try:
        while not (
            _watchers.is_ending or time.monotonic() - begun >= rhythm.lasts_s or await request.is_disconnected()
        ):
            found = await run_in_threadpool(look)
            if found is None:
                break
            progress = pace.saw(time.monotonic(), *found)
            yield _event({**asdict(progress), "is_over": progress.is_over, "words": words(progress)})
            if progress.is_over:
                break
            await asyncio.sleep(rhythm.every_s)
    finally:
        _watchers.count -= 1


def _event(told: dict[str, Any]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"
