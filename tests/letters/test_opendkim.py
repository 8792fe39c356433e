"""OpenDKIM, which many mail servers verify with, finds our signatures good, where Debian's package is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from notifier.domain.dkim import DkimSigner
from notifier.stages.render import Renderer, personalise
from tests.letters import fixtures
from tests.receiver import AT, RSA

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(OPENDKIM is None, reason="no opendkim here")


def verified(data: bytes, folder: Path) -> str:
    """What OpenDKIM says of a message, with our key in place of the DNS."""
    (folder / "keys").write_text(f"{RSA.selector}._domainkey.{RSA.domain} {RSA.record}\n", encoding="ascii")
    (folder / "conf").write_text(f"Mode v\nTestPublicKeys {folder / 'keys'}\n", encoding="ascii")
    (folder / "letter").write_bytes(data)
    command = [str(OPENDKIM), "-x", str(folder / "conf"), "-t", str(folder / "letter"), "-v"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - Debian's own program
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", ["ar", "en"])
def test_opendkim_verifies_what_we_sign(renderer: Renderer, tmp_path: Path, language: str) -> None:
    content = fixtures.sample(fixtures.KINDS[1], language)
    personal = fixtures.personal(sent_at=AT, leave_address="unsubscribe+1.abc@in.rafidain.example")
    data = personalise(renderer.render(content), content, personal, DkimSigner([RSA])).data
    assert "verification" in verified(data, tmp_path)
    assert "succeeded" in verified(data, tmp_path)
    forged = data.replace(b"unsubscribe+1.abc", b"unsubscribe+1.abd")
    assert forged != data
    assert "succeeded" not in verified(forged, tmp_path), "List-Unsubscribe is signed"
