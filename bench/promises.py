"""What is promised, and whether a run kept it; why some of it was not reached: docs/performance.md, Limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Verdict(StrEnum):
    """Of one promise."""

    KEPT = "kept"
    LIMIT = "not reached: see Limits"
    MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure of a script, and where it has to be; `limit` is what was reached where the promise never was."""

    script: str
    figure: str
    least: float | None = None
    most: float | None = None
    limit: float | None = None

    def judge(self, results: Mapping[str, Mapping[str, Any] | None]) -> Verdict:
        """What became of it; a figure that is missing was not measured, and so is missed."""
        value = (results.get(self.script) or {}).get(self.figure)
        if value is None:
            return Verdict.MISSED
        if self._holds(value, self.least, self.most):
            return Verdict.KEPT
        is_known = self.limit is not None and self._holds(
            value, self.limit if self.least is not None else None, self.limit if self.most is not None else None
        )
        return Verdict.LIMIT if is_known else Verdict.MISSED

    @property
    def words(self) -> str:
        """Such as `send.letters_per_s_unsigned ≥ 6,000`."""
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return f"{self.script}.{self.figure} {sign} {bound:,}"

    @staticmethod
    def _holds(value: float, least: float | None, most: float | None) -> bool:
        return (least is None or value >= least) and (most is None or value <= most)


PROMISES: Final = (
    Promise("plan", "seconds", most=60),
    Promise("plan", "rss_mb", most=300),
    Promise("plan", "linearity", most=1.3),
    Promise("send", "letters_per_s_unsigned", least=6000),
    Promise("send", "letters_per_s_signed", least=3500, limit=2200),
    Promise("send", "ratio", least=1.2, limit=0.3),
    Promise("send", "rss_mb", most=150),
    Promise("send", "lost", most=0),
    Promise("send", "duplicated", most=0),
    Promise("send", "signed_lost", most=0),
    Promise("rtt", "letters_per_s", least=45),
    Promise("latency", "p99_s", most=1),
    Promise("latency", "missing", most=0),
    Promise("pace", "within", least=1),
    Promise("threads", "ingest_p99_ms", most=20, limit=30),
    Promise("threads", "ingest_per_s", least=1000),
    Promise("signup", "requests_per_s", least=500),
    Promise("signup", "p99_ms", most=100),
    Promise("signup", "unwritten", most=0),
    Promise("events", "events_per_s", least=1000),
    Promise("events", "lost", most=0),
    Promise("imports", "import_seconds", most=60),
    Promise("desk", "worst_ms", most=150),
)
