"""An editor before a browser, and the worker behind it that takes one small task at a time."""

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from notifier import flow, upkeep
from notifier.domain.outcome import Refused
from notifier.domain.words import LetterKind, State
from notifier.issues import reading
from notifier.models import Delivery
from notifier.queue import Nudge
from tests.chromium import press
from tests.desk.conftest import Desk
from tests.desk.story_words import Words
from tests.web.conftest import Visit

READERS = [f"reader{n}@example.org" for n in range(7)]
FULL, BUSY = READERS[1], READERS[4]
SAYS = {
    FULL: Refused("550 5.2.2 mailbox is full", forever=True),
    BUSY: Refused("450 4.2.1 mailbox is busy"),
}


@dataclass
class Sender:
    """A worker that takes one task at a time off its queue, two letters a task; the desk rings for it."""

    visit: Visit
    rung: deque[Nudge] = field(default_factory=deque)

    def __post_init__(self) -> None:
        parts = self.visit.parts
        knobs = parts.settings.model_copy(update={"chunk_size": 2})
        self.visit.parts = replace(parts, settings=knobs, bell=self.rung.extend)

    def step(self) -> None:
        """Do the task that has waited longest."""
        upkeep.act(self.visit.parts, self.rung.popleft(), lambda: self.visit.now)

    def work(self) -> None:
        """Do all of them."""
        while self.rung:
            self.step()

    def beat(self, wait: timedelta) -> None:
        """So much later a scheduler looks what is due, and it is done."""
        self.visit.now += wait
        upkeep.tick(self.visit.parts, self.visit.now)
        self.work()


@dataclass
class Newsroom:
    """An editor before a browser, the worker behind, and the site's readers."""

    page: Any
    words: Words
    desk: Desk
    sender: Sender

    def press(self, name: str) -> None:
        """A button, by exactly what it says."""
        press(self.page.get_by_role("button", name=name, exact=True))

    def follow(self, name: str) -> None:
        """A link, by exactly what it says."""
        press(self.page.get_by_role("link", name=name, exact=True))

    def reads(self, *words: str) -> None:
        """That the page says each of these, and that it does not scroll sideways."""
        for some in words:
            self.page.locator("main").get_by_text(some).first.wait_for()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) == 0, self.page.url

    def books(self) -> tuple[int, int, int]:
        """How many letters of the issue were sent, failed and wait; every letter of all was counted for it."""
        parts = self.desk.visit.parts
        assert flow.status(parts).balance.is_balanced
        with parts.db.reading() as session:
            ours = select(Delivery.state).where(Delivery.kind == LetterKind.ISSUE)
            found = Counter(session.scalars(ours))
            told = reading.page(session, 1).balance
        assert (told.planned, told.sent, told.failed) == (
            len(READERS), found[State.SENT], found[State.FAILED],
        )  # fmt: skip
        return told.sent, told.failed, found[State.QUEUED]

    def tried(self) -> list[str]:
        """Whom letters left for since the readers were there, in their order."""
        return [one.rcpt_to for one in self.desk.visit.transport.seen]
