"""Progress in words: how many of how many, how fast, and how long it will take."""

from dataclasses import dataclass

from notifier.domain.balance import Balance
from notifier.domain.progress import Progress
from notifier.web.desk.frame import Frame, Scene, Spoken

MINUTE_S, HOUR_S, HOURS_FROM = 60, 3600, 5400
FAST_PER_S = 10


@dataclass(frozen=True, slots=True)
class Words:
    """Says a progress in the language of a scene."""

    frame: Frame
    scene: Scene

    def still(self, balance: Balance) -> dict[str, str]:
        """What a page says that nobody moves on."""
        return self._said(Progress(balance.done, balance.planned))

    def moving(self, progress: Progress) -> dict[str, str]:
        """What a page says while letters leave."""
        return self._said(progress)

    def _said(self, now: Progress) -> dict[str, str]:
        spoken = Spoken(self.frame.strings, self.scene.language, "UTC")
        numbers = {"done": spoken.number(now.done), "planned": spoken.number(now.planned)}
        said = {"count": spoken.plain("deliveries.done_of", **numbers), "rate": "", "left": ""}
        if now.is_over:
            said["left"] = spoken.plain("deliveries.all_done")
        elif now.rate_per_s:
            rate = round(now.rate_per_s, 0 if now.rate_per_s >= FAST_PER_S else 1)
            said["rate"] = spoken.plain("deliveries.rate", rate=spoken.number(rate))
            said["left"] = _left(spoken, now.left_s or 0)
        return said


def _left(spoken: Spoken, seconds: float) -> str:
    if seconds < MINUTE_S:
        return spoken.plain("deliveries.left_moment")
    if seconds < HOURS_FROM:
        return spoken.plain("deliveries.left_minutes", count=round(seconds / MINUTE_S))
    return spoken.plain("deliveries.left_hours", count=round(seconds / HOUR_S))
