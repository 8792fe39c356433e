"""Logs that never hold an address, a token or a body, and the process's own counter."""

import logging
import sys
from typing import Literal, TextIO, cast

import structlog
from prometheus_client import Counter

NUDGES_LOST = Counter(
    "notifier_nudges_lost_total", "Nudges of this process that Redis did not take; the sweep makes up for them"
)

_FORBIDDEN = frozenset({"address", "email", "token", "password", "body", "html", "text"})


def log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events carry ids only."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))


def set_up_logs(form: Literal["json", "console"], level: str) -> None:
    """Send this process's logs, the libraries' included, to stderr as JSON lines or for a terminal."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _mask,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is now: whoever redirected it may have closed what it was."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _mask(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in _FORBIDDEN & event.keys():
        event[key] = "***"
    return event
