"""What a check found: a light, what there is, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """How a finding is: `amber` works today and will not always; `skipped` could not be looked at from here."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    key: str
    """The check, as its sentences are called: `spf`, `dkim`, …"""
    about: str
    """What was looked at: a domain, an account, an address."""
    light: Light
    found: str
    advice: str = ""
    """What to do; empty where nothing is."""
    record: str = ""
    """A line of DNS or of the settings to copy."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes the findings of one check about one thing."""

    key: str
    about: str

    def green(self, found: str) -> Finding:
        """All is well."""
        return Finding(self.key, self.about, Light.GREEN, found)

    def amber(self, found: str, advice: str, record: str = "") -> Finding:
        """It works, and should be better."""
        return Finding(self.key, self.about, Light.AMBER, found, advice, record)

    def red(self, found: str, advice: str, record: str = "") -> Finding:
        """Letters are lost, late or taken for spam by it."""
        return Finding(self.key, self.about, Light.RED, found, advice, record)

    def skipped(self, found: str, advice: str = "") -> Finding:
        """There is nothing to look at, or no way to."""
        return Finding(self.key, self.about, Light.SKIPPED, found, advice)
