"""Set the demo up, let its story happen, and know when every letter has arrived."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from notifier import assembly, flow, settings
from notifier.embedded import sample
from notifier.embedded.demo.expected import Letters, expected
from notifier.embedded.demo.seed import Seeded, seed
from notifier.embedded.demo.story import Story
from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer
from notifier.embedded.inbox.store import LIST_MAX
from notifier.embedded.station import Plan, Station
from notifier.parts import Parts

SATURDAY: Final = 5
DAWN: Final = time_of_day(8)
"""The digest hour; a Saturday's, so that weekly digests fall due as well."""
LEAD = timedelta(seconds=11)
"""From the start of the demo to its first digest."""
_RATE: Final = "200"
_PACE: Final[Mapping[str, str]] = {
    "NOTIFIER_SEND_RATE_PER_S": _RATE,
    "NOTIFIER_SEND_BURST": _RATE,
    "NOTIFIER_MX_LOOKUPS": "false",
    # The story fills the form in faster than anybody.
    "NOTIFIER_SIGNUP_FILL_S": "0",
    "NOTIFIER_REPLY_HOLD_S": "2",
    "NOTIFIER_THREAD_HOLD_S": "3",
    # Whoever tries it at night wants to see the letters.
    "NOTIFIER_QUIET_FROM_H": "0",
    "NOTIFIER_QUIET_UNTIL_H": "0",
    "NOTIFIER_TICK_S": "1",
    "NOTIFIER_SWEEP_S": "5",
    "NOTIFIER_OVERDUE_S": "5",
    "NOTIFIER_UNREACHABLE_S": "2",
    "NOTIFIER_LOG_LEVEL": "warning",
}


@dataclass(slots=True)
class _Step:
    """One act of the story: it happens once, when `due` and done when `act` says so."""

    name: str
    due: Callable[[], bool]
    act: Callable[[], bool]
    is_done: bool = False


class Demo:
    """A running demo; call `watch` often."""

    def __init__(self, data: Path, port: int, say: Callable[[str], None] = print) -> None:
        self._say = say
        self.folder, self._port = data, port
        self._stack = ExitStack()
        self._started = time.monotonic()
        self._kinds: dict[int, str] = {}
        self.zone = ZoneInfo(sample.site().time_zone)

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stack.close()

    def now(self) -> datetime:
        """The demo's own time: it began a few seconds before a digest hour."""
        return datetime.now(UTC) + self._offset

    def watch(self) -> None:
        """Keep the processes running and the story going."""
        self.station.tree.watch()
        for step in self._steps:
            if not step.is_done:
                if step.due():
                    step.is_done = step.act()
                break

    def arrived(self) -> Letters:
        """What the inbox holds: (address, kind of letter) -> how many."""
        return Counter((entry.rcpt_to[0], self.kind(entry.id)) for entry in self.inbox.list(LIST_MAX))

    def kind(self, letter_id: int) -> str:
        """The kind of a letter, read off its List-Id `<slug.kind.language.host>`; confirmations have none."""
        if letter_id not in self._kinds:
            list_id = self.inbox.get(letter_id).header("List-Id").strip("<>")
            self._kinds[letter_id] = list_id.split(".")[1] if list_id else "confirm"
        return self._kinds[letter_id]

    @property
    def story(self) -> list[tuple[str, bool]]:
        """The acts, and whether each is done."""
        return [(step.name, step.is_done) for step in self._steps]

    @property
    def is_settled(self) -> bool:
        """Whether the story is over and everything that is owed has arrived."""
        return all(step.is_done for step in self._steps) and self.arrived() == self.owed

    def _set_up(self) -> None:
        self.inbox = Inbox(self.folder / "inbox.db")
        self._stack.callback(self.inbox.close)
        self.dawn = next_dawn(datetime.now(UTC))
        self._offset = self.dawn - LEAD - datetime.now(UTC)
        server = self._stack.enter_context(InboxServer(self.inbox, now=self.now))
        knobs = {
            **_PACE,
            "NOTIFIER_SMTP_HOST": "127.0.0.1",
            "NOTIFIER_SMTP_PORT": str(server.port),
            "NOTIFIER_SMTP_TLS": "off",
            "NOTIFIER_INBOX_PATH": str(self.inbox.path),
            "NOTIFIER_CLOCK_OFFSET_S": str(self._offset.total_seconds()),
        }
        station = Station(Plan(self.folder, port=self._port, knobs=knobs, logs=self.folder), self._say)
        self.station = self._stack.enter_context(station)
        station.prepare()
        self.parts: Parts = assembly.assemble(settings.of(station.env))
        self._stack.callback(self.parts.close)
        self.seeded: Seeded = seed(self.parts, began := self.now(), station.url)
        # On a slow machine the first tick may come after dawn; what was due before is due all the same.
        flow.open_runs(self.parts, began)
        self.owed = expected(began, self.dawn, timedelta(hours=self.parts.settings.digest_late_h))
        station.start()
        self.ready_after_s = time.monotonic() - self._started
        self._steps = self._plan_story(Story(station.url, self.seeded, self.inbox))

    def _plan_story(self, story: Story) -> list[_Step]:
        def done(act: Callable[[], None]) -> bool:
            act()
            return True

        after_dawn = self.dawn + timedelta(seconds=1)
        return [
            _Step("a newcomer signs up", lambda: True, lambda: done(story.sign_up)),
            _Step("confirms by the letter's button", lambda: True, story.confirm),
            _Step(
                "a story breaks", lambda: self.now() >= after_dawn, lambda: done(lambda: story.break_news(self.now()))
            ),
            _Step("three replies come in", lambda: True, lambda: done(lambda: story.reply(self.now()))),
        ]


def next_dawn(now: datetime) -> datetime:
    """The next Saturday's digest hour at the sample newspaper, in UTC."""
    zone = ZoneInfo(sample.site().time_zone)
    day = (now + LEAD).astimezone(zone).date()
    candidates = (datetime.combine(day + timedelta(days=n), DAWN, zone) for n in range(9))
    return next(one for one in candidates if one.weekday() == SATURDAY and one > now + LEAD).astimezone(UTC)
