"""The gallery shows every letter in every language, with pictures where they can be taken."""

import re
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from typer.testing import CliRunner, Result

from notifier import cli
from notifier.domain.lint import lint
from notifier.domain.words import LetterKind
from notifier.embedded.gallery import LOOKS, PicturesImpossible, editions, pictures
from notifier.stages.render import Renderer, mail_html
from tests.letters import fixtures
from tests.letters.wellformed import faults


def gallery(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli.app, ["letters", "gallery", "--folder", str(folder), *words])


def test_it_has_every_letter_in_every_language(tmp_path: Path) -> None:
    told = gallery(tmp_path / "new" / "folder", "--no-pictures")
    assert told.exit_code == 0, told.output
    folder = tmp_path / "new" / "folder"
    named = {f"{kind}-{language}" for kind in LetterKind for language in fixtures.LANGUAGES}
    for ending in ("eml", "html"):
        assert {path.stem for path in folder.glob(f"*.{ending}")} - {"index"} == named
    index = LexborHTMLParser((folder / "index.html").read_text("utf-8"))
    links = {node.attributes["href"] or "" for node in index.css("article a")}
    assert links == {f"{name}.{ending}" for name in named for ending in ("eml", "html")}
    assert len(index.css("section")) == len(LetterKind)


def test_its_files_open_in_a_mail_client_and_in_a_browser(tmp_path: Path) -> None:
    gallery(tmp_path, "--no-pictures", "--kind", "digest", "--language", "ar")
    raw = (tmp_path / "digest-ar.eml").read_bytes()
    assert message_from_bytes(raw).get_content_type() == "multipart/alternative"
    assert not re.search(rb"(?<!\r)\n", raw)
    page = LexborHTMLParser((tmp_path / "digest-ar.html").read_text("utf-8"))
    sources = [node.attributes["src"] or "" for node in page.css("img")]
    assert sources
    assert (tmp_path / sources[0]).is_file(), "the photograph stands beside the page"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "digest-ar.eml", "digest-ar.html", "index.html", "photograph.png",
    ]  # fmt: skip


def test_without_a_browser_it_says_what_is_missing_and_writes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    told = gallery(tmp_path, "--kind", "alert", "--language", "ar")
    assert told.exit_code == 1
    assert "pip install 'notifier[browser]'" in told.output
    assert (tmp_path / "alert-ar.eml").is_file()
    assert (tmp_path / "index.html").is_file()
    with pytest.raises(PicturesImpossible):
        next(pictures.take_pictures([]))


@pytest.mark.parametrize("words", [("--language", "xx"), ("--look", "watch-dark"), ("--kind", "poem")])
def test_it_refuses_what_there_is_not(tmp_path: Path, words: tuple[str, str]) -> None:
    told = gallery(tmp_path, *words)
    assert told.exit_code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_every_edition_keeps_the_rules(renderer: Renderer, kind: LetterKind, language: str) -> None:
    html = mail_html(renderer.render(editions.letter(kind, language)), fixtures.personal())
    assert lint(html, language) == []
    assert faults(html) == []


def test_an_edition_is_written_in_its_language(renderer: Renderer) -> None:
    for language in set(fixtures.LANGUAGES) - {"ar"}:
        content = editions.letter(LetterKind.DIGEST, language)
        assert renderer.render(content).subject not in {renderer.render(fixtures.DIGEST).subject, ""}
        ours = [item for item in content.items if item.language == language]
        assert len(ours) > len(content.items) / 2
        assert content.site.name != fixtures.SITE.name


@pytest.mark.browser
def test_it_takes_pictures_of_each_look(tmp_path: Path) -> None:
    # By itself: a process can drive but one browser.
    words = ["letters", "gallery", "--folder", str(tmp_path), "--kind", "confirm", "--language", "ar"]
    told = subprocess.run([sys.executable, "-m", "notifier", *words], capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if "Chromium does not start" in told.stderr:
        pytest.skip(told.stderr)
    assert told.returncode == 0, told.stderr
    taken = {path.name for path in tmp_path.glob("confirm-*.png")}
    assert taken == {f"confirm-ar-{look}.png" for look in LOOKS}
    for name in taken:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / name).stat().st_size < 200_000
    assert all(name in (tmp_path / "index.html").read_text("utf-8") for name in taken)
