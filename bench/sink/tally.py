"""What a sink has counted, and the questions it answers."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.sink.dialogue import Taken
from bench.sink.faults import Trouble


@dataclass(slots=True)
class Tally:
    """Letters by recipient, bytes and times."""

    trouble: Trouble
    recipients: Counter[bytes] = field(default_factory=Counter)
    letters: int = 0
    size: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    watched: bytes = b""
    times: dict[bytes, float] = field(default_factory=dict)

    def add(self, letters: list[Taken]) -> None:
        """Count letters whose 250 was written just now."""
        self.last_at = time.time()
        self.first_at = self.first_at or self.last_at
        for letter in letters:
            self.letters += 1
            self.size += letter.size
            for recipient in letter.recipients:
                self.recipients[recipient] += 1
                if self.watched and recipient.endswith(self.watched):
                    self.times.setdefault(recipient, self.last_at)

    def answer(self, question: dict[str, Any], connections: int) -> dict[str, Any]:
        """Answer one question of those that `Sink` asks."""
        match question["ask"]:
            case "count":
                return {"letters": self.letters, "connections": connections}
            case "recipients":
                return {"recipients": {name.decode(errors="replace"): n for name, n in self.recipients.items()}}
            case "times":
                return {"times": {name.decode(errors="replace"): at for name, at in self.times.items()}}
            case "watch":
                self.watched = str(question["suffix"]).encode()
            case "forget":
                self._forget()
        return self._report()

    def _forget(self) -> None:
        self.recipients.clear()
        self.times.clear()
        self.trouble.struck.clear()
        self.letters, self.size, self.first_at = 0, 0, 0.0

    def _report(self) -> dict[str, Any]:
        return {
            "letters": self.letters,
            "recipients": len(self.recipients),
            "bytes": self.size,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "struck": dict(self.trouble.struck),
        }
