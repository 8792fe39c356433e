"""SpamAssassin, without the network, finds nothing to hold against any letter."""

import os
import re
import shutil
import subprocess
from email import message_from_bytes
from itertools import product
from pathlib import Path

import pytest

from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures

ASSASSIN = shutil.which("spamassassin")
SCORE = re.compile(r"score=(-?[\d.]+).*tests=(.*?)\s+autolearn", re.DOTALL)
ENVELOPE = b"From news@aldhifaf.example Mon Nov 23 05:03:00 2026\n"
STUB = b"""From: News <news@aldhifaf.example>\nTo: layla@example.org\nSubject: FREE MONEY, ACT NOW!!!\nMIME-Version: 1.0
Message-ID: <stub@aldhifaf.example>\nContent-Type: text/html; charset=utf-8\n
<html><body><a href="https://x.example/">CLICK HERE</a></body></html>\n"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ASSASSIN is None, reason="needs SpamAssassin (apt install spamassassin)"),
]


def judged(letters: list[bytes], home: Path) -> dict[str, tuple[float, str]]:
    """Message-ID -> (score, the rules that gave it). One process for all, since starting it is the slow part."""
    mailbox = b"".join(ENVELOPE + letter.replace(b"\r\n", b"\n") + b"\n" for letter in letters)
    command = [str(ASSASSIN), "--local", "--test-mode", "--mbox"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    told = subprocess.run(  # noqa: S603 - our own command line
        command, input=mailbox, env=environment, capture_output=True, check=True, timeout=100
    )
    verdicts = {}
    for one in told.stdout.split(ENVELOPE)[1:]:
        message = message_from_bytes(one)
        found = SCORE.search(message["X-Spam-Status"])
        assert found
        verdicts[message["Message-ID"]] = float(found[1]), " ".join(found[2].split())
    return verdicts


def test_no_letter_looks_like_spam(renderer: Renderer, tmp_path: Path) -> None:
    names, letters = {}, []
    for number, (kind, language) in enumerate(product(fixtures.KINDS, fixtures.LANGUAGES)):
        content, reader = fixtures.sample(kind, language), fixtures.personal(number)
        letters.append(personalise(renderer.render(content), content, reader).data)
        names[reader.message_id] = f"{kind}-{language}"
    verdicts = judged([*letters, STUB], tmp_path)
    stub, _ = verdicts.pop("<stub@aldhifaf.example>")
    assert verdicts.keys() == names.keys()
    assert {names[one]: verdict for one, verdict in verdicts.items() if verdict[0] > 0} == {}
    assert stub > 1, "what deserves points gets them here"
