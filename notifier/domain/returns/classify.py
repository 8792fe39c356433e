"""One judge of every refusal, whether a server said it at once or sent it back later (RFC 3463, RFC 5321)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from notifier.domain.returns.words import Blame, BounceClass

TEXT_MAX: Final = 4000
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(r"(?:^|[^\d.])([245]\d\d)(?=[ \-#]|$)")
_SPACES: Final = re.compile(r"\s+")
_CONTINUED: Final = re.compile(r"(?<=\s)[245]\d\d-(?:\d\.\d{1,3}\.\d{1,3}\s)?")
_ADDRESS: Final = re.compile(r"[^\s<>:;,()]+@[^\s<>:;,()]+")
_GREYLISTED: Final = re.compile(r"gr[ae]y.?list|postgrey", re.IGNORECASE)
_BY_STATUS: Final = {
    # subject.detail of RFC 3463; what is missing follows its subject, below.
    **dict.fromkeys(("1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10"), BounceClass.BAD_ADDRESS),
    **dict.fromkeys(("1.7", "1.8"), BounceClass.RELAY),
    "2.1": BounceClass.INACTIVE,
    "2.2": BounceClass.FULL,
    "2.3": BounceClass.TOO_BIG,
    "3.4": BounceClass.TOO_BIG,
    "4.4": BounceClass.BAD_ADDRESS,
    "4.6": BounceClass.RELAY,
    "5.2": BounceClass.RELAY,
}
_BY_SUBJECT: Final = {"6": BounceClass.CONTENT, "7": BounceClass.POLICY}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why, by which status, and whether it is final."""

    why: BounceClass
    status: str = ""
    """RFC 3463, such as `5.1.1`; empty where nothing told one."""
    is_final: bool = True

    @property
    def blame(self) -> Blame:
        """Whom it speaks of."""
        return self.why.blame

    @property
    def is_policy(self) -> bool:
        """Whether its status is of the security and policy subject, which never speaks against a reader."""
        return self.status[1:3] == ".7"


def classify(text: str, status: str = "") -> Verdict:
    """Judge a refusal by its words and its status; the words know better, but never turn an X.7.x on the reader.

    `text` is what a server said, codes included; `status` is what a report says beside it (RFC 3464 2.3.4).
    """
    said = _plain(text)
    statuses = list(_statuses(status, said))
    exact = next((one for one in statuses if not one.endswith(".0.0")), statuses[0] if statuses else "")
    policy = next((one for one in statuses if one[1:4] == ".7."), "")
    code = found[1] if (found := _CODE.search(said)) else ""
    is_final = not (exact or code).startswith("4")
    if policy:
        return Verdict(_of_policy(said, policy), policy, not policy.startswith("4"))
    why = _by_words(said) or _by_status(exact) or _by_code(code) or BounceClass.UNKNOWN
    if not is_final and why in {BounceClass.BAD_ADDRESS, BounceClass.INACTIVE, BounceClass.UNKNOWN}:
        # Whoever says 4 does not know yet: a directory that is away has no such user either.
        why = BounceClass.TEMPORARY
    return Verdict(why, exact, is_final)


def _of_policy(said: str, status: str) -> BounceClass:
    if status.startswith("4") and _GREYLISTED.search(said):
        return BounceClass.TEMPORARY
    why = _by_words(said)
    return why if why is not None and why.blame in {Blame.ACCOUNT, Blame.LETTER} else BounceClass.POLICY


def _statuses(status: str, said: str) -> Iterator[str]:
    for one in (*_STATUS.finditer(status), *_STATUS.finditer(said)):
        yield one[0]


def _by_words(said: str) -> BounceClass | None:
    return next((why for why, pattern in _rules() if pattern.search(said)), None)


def _by_status(status: str) -> BounceClass | None:
    if not status or status.startswith("2"):
        return None
    found = _BY_STATUS.get(status[2:]) or _BY_SUBJECT.get(status[2:].partition(".")[0])
    return found or (BounceClass.TEMPORARY if status.startswith("4") else None)


def _by_code(code: str) -> BounceClass | None:
    return BounceClass.TEMPORARY if code.startswith("4") else None


@lru_cache(maxsize=2048)
def _plain(text: str) -> str:
    """On one line, NFC, without the codes that begin the further lines of an answer, and without addresses.

    What somebody is called says nothing about why a letter was refused: `helou@…` is no trouble with HELO.
    """
    line = _SPACES.sub(" ", unicodedata.normalize("NFC", text[:TEXT_MAX])).strip()
    return _CONTINUED.sub("", _ADDRESS.sub("@", line))


@cache
def _rules() -> tuple[tuple[BounceClass, re.Pattern[str]], ...]:
    """The rules in their order: the first that matches decides."""
    told = tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))
    return tuple(
        (BounceClass(rule["class"]), re.compile("|".join(rule["words"]), re.IGNORECASE)) for rule in told["rule"]
    )
