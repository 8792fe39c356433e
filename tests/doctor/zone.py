"""A DNS that says what a test wrote into it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from notifier.doctor.finding import Finding
from notifier.doctor.names import DnsSilentError
from notifier.doctor.ward import Ward
from notifier.domain.dkim import DkimKey
from tests.world import World

SENDER = "rafidain.example"
IP = "192.0.2.7"


@dataclass
class Zone:
    """Records by name; a name in `silent` answers nothing."""

    text: dict[str, list[str]] = field(default_factory=dict)
    mx: dict[str, list[str]] = field(default_factory=dict)
    a: dict[str, list[str]] = field(default_factory=dict)
    ptr: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def texts(self, name: str) -> tuple[str, ...]:
        return self._of(self.text, name)

    def exchangers(self, name: str) -> tuple[str, ...]:
        return self._of(self.mx, name)

    def addresses(self, name: str) -> tuple[str, ...]:
        return self._of(self.a, name)

    def names(self, ip: str) -> tuple[str, ...]:
        return self._of(self.ptr, ip)

    def _of(self, records: dict[str, list[str]], name: str) -> tuple[str, ...]:
        if name in self.silent:
            raise DnsSilentError(name)
        return tuple(records.get(name, ()))


@dataclass
class Clinic:
    """A ward on a zone, which a test may change before it looks."""

    world: World
    zone: Zone
    folder: Path
    keys: tuple[DkimKey, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)

    def ward(self) -> Ward:
        ward = Ward(
            parts=self.world.parts,
            dns=self.zone,
            visit=_nobody,
            keys=self.keys,
            own_name="mail.rafidain.example",
            journal=self.folder,
            timeout_s=2,
        )
        return replace(ward, **self.given)

    def look(self, check: Callable[[Ward], Iterator[Finding]], key: str = "") -> list[Finding]:
        """What a check finds; only the lines of this key."""
        return [one for one in check(self.ward()) if key in {"", one.key}]

    def one(self, check: Callable[[Ward], Iterator[Finding]], key: str = "") -> Finding:
        """The only finding."""
        (found,) = self.look(check, key)
        return found

    def settings(self, **knobs: Any) -> None:
        """Other settings."""
        self.world.with_settings(**knobs)


def _nobody(_url: str) -> dict[str, str]:
    raise OSError("no such host")
