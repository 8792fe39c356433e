"""How a process that sends for weeks stays small."""

import ctypes
import gc
import time
from typing import Any, Final

TRIM_S: Final = 5.0
"""How often a process looks: a few milliseconds each time, and tens of megabytes after the first thousand letters."""

_trimmed_at = 0.0


def settle() -> None:
    """Tell what was made at the start from what comes and goes.

    Python looks for dead circles of objects less often the more it holds, and each rendering leaves a few behind.
    """
    gc.collect()
    gc.freeze()


def trim(**_: Any) -> None:  # noqa: ANN401 - a Celery signal
    """Give memory back to the system from time to time: letters of all sizes leave holes that glibc holds on to.

    Where the C library is another one nothing happens.
    """
    global _trimmed_at  # noqa: PLW0603 - a process has one heap
    now = time.monotonic()
    if now - _trimmed_at < TRIM_S:
        return
    _trimmed_at = now
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
