"""SpamAssassin, without the network, finds nothing to hold against any letter."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures

ASSASSIN = shutil.which("spamassassin")
SCORE = re.compile(r"^X-Spam-Status: \w+, score=(-?[\d.]+).*?tests=(.*?)\s+autolearn", re.MULTILINE | re.DOTALL)
ENVELOPE = b"From news@aldhifaf.example Mon Nov 23 05:03:00 2026\n"
STUB = b"""From: News <news@aldhifaf.example>\nTo: layla@example.org\nSubject: FREE MONEY, ACT NOW!!!\nMIME-Version: 1.0
Content-Type: text/html; charset=utf-8\n\n<html><body><a href="https://x.example/">CLICK HERE</a></body></html>\n"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ASSASSIN is None, reason="needs SpamAssassin (apt install spamassassin)"),
]


def judged(letters: list[bytes], home: Path) -> list[tuple[float, str]]:
    """(score, the rules that gave it) of each letter: one process for all, since starting it is the slow part."""
    mailbox = b"".join(ENVELOPE + letter.replace(b"\r\n", b"\n") + b"\n" for letter in letters)
    command = [str(ASSASSIN), "--local", "--test-mode", "--mbox"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    told = subprocess.run(  # noqa: S603 - our own command line
        command, input=mailbox, env=environment, capture_output=True, check=True, timeout=100
    )
    found = SCORE.findall(told.stdout.decode("utf-8", "replace"))
    return [(float(score), " ".join(rules.split())) for score, rules in found]


def test_no_letter_looks_like_spam(renderer: Renderer, tmp_path: Path) -> None:
    names, letters = [], []
    for kind in fixtures.KINDS:
        for language in fixtures.LANGUAGES:
            content = fixtures.sample(kind, language)
            letters.append(personalise(renderer.render(content), content, fixtures.personal()).data)
            names.append(f"{kind}-{language}")
    *ours, (stub, _) = judged([*letters, STUB], tmp_path)
    assert len(ours) == len(names)
    assert [(name, verdict) for name, verdict in zip(names, ours, strict=True) if verdict[0] > 0] == []
    assert stub > 1, "what deserves points gets them here"
