"""`notifier dkim`: from no key to a record that verifies what the key signs."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from notifier import cli, dkim_keys, settings
from notifier.domain.dkim import DkimKind, DkimSigner
from tests.receiver import AT, verdicts
from tests.world import SECRET

HEADERS = b"From: akhbar@aldhifaf.example\r\n"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder that the settings name; it is not there yet."""
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", SECRET)
    monkeypatch.setenv("NOTIFIER_DKIM_FOLDER", str(tmp_path / "dkim"))
    settings.current.cache_clear()
    yield tmp_path / "dkim"
    settings.current.cache_clear()


def dkim(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["dkim", *words])


@pytest.mark.parametrize("kind", list(DkimKind))
def test_a_new_key_is_kept_and_its_record_verifies_what_it_signs(folder: Path, kind: DkimKind) -> None:
    made = dkim("new", "Aldhifaf.example", "--kind", kind)
    assert made.exit_code == 0, made.output
    (key,) = dkim_keys.load(folder)
    assert (key.domain, key.kind) == ("aldhifaf.example", kind)
    assert re.fullmatch(rf"{kind}-20\d\d-[01]\d", key.selector)
    assert abs(int(key.selector[-7:-3]) - datetime.now(UTC).year) <= 1
    strings = re.findall(r'"([^"]*)"', made.output)
    assert "".join(strings) == key.record
    assert f"\n{key.dns_name}\n" in made.output
    assert verdicts(DkimSigner([key]).sign(key.domain, [HEADERS], b"", AT) + HEADERS + b"\r\n", key) == [True]


def test_a_key_stays_what_it_is(folder: Path) -> None:
    assert dkim("new", "aldhifaf.example", "--selector", "s1").exit_code == 0
    (before,) = dkim_keys.load(folder)
    again = dkim("new", "aldhifaf.example", "--selector", "s1")
    assert again.exit_code == 1
    assert "has a key already" in again.output
    (after,) = dkim_keys.load(folder)
    assert after.record == before.record


def test_keys_are_listed_with_their_records(folder: Path) -> None:
    assert dkim("list").exit_code == 1, "there is no folder yet"
    dkim("new", "الضفاف.example", "--selector", "s1")
    dkim("new", "aldhifaf.example", "--selector", "s2", "--kind", "ed25519")
    listed = dkim("list")
    assert listed.exit_code == 0, listed.output
    for key in dkim_keys.load(folder):
        row = next(line for line in listed.output.splitlines() if f" {key.domain} " in line)
        assert [str(word) in row for word in (key.selector, key.kind, key.bits)] == [True] * 3
        assert str(dkim_keys.path_of(folder, key)) in listed.output
        assert " ".join(f'"{string}"' for string in key.record_strings) in listed.output.splitlines()


def test_no_private_key_is_ever_printed(folder: Path) -> None:
    said = dkim("new", "aldhifaf.example").output + dkim("list").output
    (key,) = dkim_keys.load(folder)
    secret = key.pem.decode().splitlines()[1:-1]
    assert [line for line in secret if line in said] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["new", "news@aldhifaf.example"], 2, "no domain"),
        (["new", "localhost"], 2, "no domain"),
        (["new", "aldhifaf.example", "--selector", "../x"], 2, "no selector"),
        (["new", "aldhifaf.example", "--kind", "dsa"], 2, "dsa"),
        (["new", "aldhifaf.example", "--folder", "/dev/null"], 1, "cannot be written to"),
        (["list", "--folder", "/nowhere/at/all"], 1, "cannot be listed"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_right_is_refused_with_a_sentence(words: list[str], code: int, said: str) -> None:
    refused = dkim(*words)
    assert refused.exit_code == code, refused.output
    assert said in refused.output


def test_an_empty_folder_says_how_to_begin(folder: Path) -> None:
    folder.mkdir()
    listed = dkim("list")
    assert listed.exit_code == 1
    assert "notifier dkim new" in listed.output


def test_without_the_setting_a_folder_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFIER_DKIM_FOLDER")
    refused = dkim("new", "aldhifaf.example")
    assert refused.exit_code == 2
    assert "--folder" in refused.output
    monkeypatch.delenv("NOTIFIER_SECRET_KEY")
    assert dkim("new", "aldhifaf.example", "--folder", str(folder)).exit_code == 0, "a key needs no other setting"
