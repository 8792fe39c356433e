"""The folder of keys: what is in it signs, and what does not belong there is named before anything starts."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from notifier import assembly, cli, dkim_keys
from notifier.dkim_keys import DkimFolderError
from notifier.settings import Settings
from tests.cli.test_commands import forget
from tests.letters import fixtures
from tests.receiver import DOMAIN, ED25519, RSA, signatures
from tests.world import SECRET

NAME = f"r1._domainkey.{DOMAIN}.pem"


def settings(folder: Path | str) -> Settings:
    return Settings(secret_key=SECRET, dkim_folder=folder)  # type: ignore[arg-type]  # pydantic wraps and converts


def put(folder: Path, name: str, content: bytes, mode: int = 0o600) -> None:
    (folder / name).write_bytes(content)
    (folder / name).chmod(mode)


def test_what_was_written_is_loaded_and_signs(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    written = [dkim_keys.write(folder, key) for key in (RSA, ED25519)]
    assert [path.name for path in written] == [NAME, f"e1._domainkey.{DOMAIN}.pem"]
    assert [path.stat().st_mode & 0o777 for path in (folder, *written)] == [0o700, 0o600, 0o600]
    (folder / ".kept").touch()
    (folder / "lost+found").mkdir()
    assert [key.record for key in dkim_keys.load(folder)] == [ED25519.record, RSA.record]
    parts = assembly.assemble(settings(folder))
    parts.close()
    content = replace(fixtures.ALERT, site=replace(fixtures.SITE, sender_address=f"news@{DOMAIN}"))
    assert len(signatures(parts.press.stencil(content).message(fixtures.personal()).data)) == 2


def test_without_a_folder_nothing_is_signed() -> None:
    assert dkim_keys.load(None) == []
    assert settings("").dkim_folder is None, "an empty variable is none, not the directory we stand in"


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = dkim_keys.write(tmp_path, RSA)
    with pytest.raises(FileExistsError):
        dkim_keys.write(tmp_path, RSA)
    assert path.read_bytes() == RSA.pem


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_key_that_could_not_be_written_whole_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> int:
        return os.write(os.open("/dev/full", os.O_WRONLY), b"x")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        dkim_keys.write(tmp_path, RSA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    put(tmp_path, NAME, RSA.pem, mode)
    with pytest.raises(DkimFolderError, match=f"chmod 600 {tmp_path / NAME}"):
        dkim_keys.load(tmp_path)


@pytest.mark.parametrize(
    "name", ["r1.private", "README", "r1._domainkey.pem", f"{DOMAIN}.pem", f"R1._domainkey.{DOMAIN}.pem"]
)
def test_a_file_that_is_named_wrongly_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, RSA.pem)
    with pytest.raises(DkimFolderError, match=name):
        dkim_keys.load(tmp_path)


def test_a_key_that_cannot_sign_is_named_with_its_reason(tmp_path: Path) -> None:
    password = BestAvailableEncryption(b"opensesame")
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    refused = {
        "encrypted": RSA.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, password),
        "public key": RSA.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "1024": short.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        "no private key": b"v=DKIM1; k=rsa; p=\n",
    }
    for said, pem in refused.items():
        put(tmp_path, NAME, pem)
        with pytest.raises(DkimFolderError, match=rf"{NAME}: .*{said}"):
            dkim_keys.load(tmp_path)


def test_a_folder_or_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkimFolderError, match="nowhere cannot be listed: No such file"):
        dkim_keys.load(tmp_path / "nowhere")
    (tmp_path / NAME).symlink_to(tmp_path / "gone")
    with pytest.raises(DkimFolderError, match=f"{NAME} cannot be read: No such file"):
        dkim_keys.load(tmp_path)


@pytest.mark.parametrize("command", ["worker", "beat", "serve", "status"])
def test_no_process_starts_beside_a_bad_key(
    command: str,
    tmp_path: Path,
    database_url: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "dkim"
    folder.mkdir()
    put(folder, NAME, RSA.pem, 0o644)
    knobs = {"SECRET_KEY": SECRET, "DATABASE_URL": database_url, "DKIM_FOLDER": str(folder)}
    for name, value in knobs.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    monkeypatch.setattr("sys.argv", ["notifier", command])
    # A command that went on would become Celery, in place of these tests.
    monkeypatch.setattr("os.execv", lambda *_: pytest.fail("it started"))
    forget()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    forget()
    found = capfd.readouterr()
    assert (ended.value.code, found.out) == (2, "")
    assert f"{NAME}: others may read it" in found.err
    assert found.err.count("\n") == 1, found.err
