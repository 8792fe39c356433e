"""What an editor should know before an issue is sent: each check says whether it is good, doubtful or bad."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from notifier.domain.lint import lint
from notifier.issues.letters import Made
from notifier.issues.reading import Shown
from notifier.models import Issue
from notifier.parts import Parts
from notifier.sources.fetch import Fetcher, FetchRefused

CLIPPED: Final = 102 * 1024
"""Gmail shows no more bytes of a letter than these."""
HEAVY: Final = 90_000
SUBJECT_LONG: Final = 70
LINKS_MAX: Final = 30
LINK_S: Final = 5.0
AT_ONCE: Final = 6
SPAM_S: Final = 30
_SCORE: Final = re.compile(r"score=(-?[\d.]+) required=([\d.]+)")
_ANSWERS: Final = frozenset({"too_large"})
"""Refusals of ours that tell that somebody answered."""


class Level(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `key` names its sentence, `detail` what it is about."""

    level: Level
    key: str
    values: dict[str, object] = field(default_factory=dict)
    detail: str = ""


def quick(issue: Issue, items: Sequence[Shown], made: Made) -> list[Finding]:
    """What the letter itself tells, in milliseconds."""
    return [_size(made), *_subjects(issue), *_pictures(issue, items), *_taken_back(items), *_contrast(made)]


def thorough(parts: Parts, made: Made) -> list[Finding]:
    """What takes seconds: whether its links answer, and what SpamAssassin thinks, where that is installed."""
    return [*_links(parts, made), _spam(made.data)]


def _size(made: Made) -> Finding:
    size = len(made.html.encode())
    level = Level.BAD if size >= CLIPPED else Level.WARN if size >= HEAVY else Level.GOOD
    return Finding(level, "size" if level is Level.GOOD else "size_large", {"count": size // 1024})


def _subjects(issue: Issue) -> Iterator[Finding]:
    subjects = issue.subjects or [issue.title]
    long = [one for one in subjects if len(one) > SUBJECT_LONG]
    for one in long:
        yield Finding(Level.WARN, "subject_long", {"count": len(one)}, one)
    if not long:
        yield Finding(Level.GOOD, "subject", {"count": max(map(len, subjects))})


def _pictures(issue: Issue, items: Sequence[Shown]) -> Iterator[Finding]:
    silent = [item.title for item in items if item.image_url and not item.image_alt]
    if issue.cover_url and not issue.cover_alt:
        yield Finding(Level.WARN, "cover_alt")
    elif issue.cover_url:
        yield Finding(Level.GOOD, "alt")
    if silent:
        # An issue shows its cover only, but the same item stands in digests with its picture.
        yield Finding(Level.WARN, "items_alt", {"count": len(silent)}, silent[0])


def _taken_back(items: Sequence[Shown]) -> Iterator[Finding]:
    gone = [item.title for item in items if not item.is_live]
    if gone:
        yield Finding(Level.WARN, "gone", {"count": len(gone)}, gone[0])


def _contrast(made: Made) -> Iterator[Finding]:
    found = lint(made.html, made.content.language)
    hard = [one for one in found if one.rule == "contrast"]
    yield (
        Finding(Level.BAD, "contrast_low", {"count": len(hard)}, hard[0].where)
        if hard
        else Finding(Level.GOOD, "contrast")
    )
    for one in [one for one in found if one.rule not in {"contrast", "size"}][:5]:
        yield Finding(Level.WARN, "rule", {"rule": one.rule}, one.where)


def _links(parts: Parts, made: Made) -> Iterator[Finding]:
    ours = parts.settings.base_url
    hrefs = (node.attributes.get("href") or "" for node in LexborHTMLParser(made.html).css("a[href]"))
    urls = [one for one in dict.fromkeys(hrefs) if one.startswith("http") and not one.startswith(f"{ours}/")]
    fetch = replace(parts.fetch, timeout_s=LINK_S, bytes_max=200_000, accept="text/html, */*;q=0.5")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(urls, pool.map(lambda url: _fault(fetch, url), urls[:LINKS_MAX]), strict=False))
    for url, fault in answers.items():
        if fault:
            yield Finding(Level.BAD, "link_dead", {"fault": fault}, url)
    good = sum(not fault for fault in answers.values())
    if good or not urls:
        yield Finding(Level.GOOD, "links", {"count": good})
    if len(urls) > LINKS_MAX:
        yield Finding(Level.WARN, "links_many", {"count": len(urls) - LINKS_MAX})


def _fault(fetch: Fetcher, url: str) -> str:
    try:
        fetch.get(url)
    except FetchRefused as refusal:
        return "" if refusal.key in _ANSWERS else str(refusal)
    return ""


def _spam(data: bytes) -> Finding:
    assassin = shutil.which("spamassassin")
    if assassin is None:
        return Finding(Level.WARN, "spam_unknown")
    command = [assassin, "--local", "--test-mode"]
    try:
        told = subprocess.run(  # noqa: S603 - our own command line; the letter goes in by a pipe
            command, input=data.replace(b"\r\n", b"\n"), capture_output=True, check=True, timeout=SPAM_S
        )
    except (OSError, subprocess.SubprocessError):
        return Finding(Level.WARN, "spam_unknown")
    score = _SCORE.search(" ".join(told.stdout.decode(errors="replace").split()))
    if score is None:
        return Finding(Level.WARN, "spam_unknown")
    points, most = float(score[1]), float(score[2])
    level = Level.GOOD if points < most / 2 else Level.WARN if points < most else Level.BAD
    return Finding(level, "spam", {"score": points, "most": most})
