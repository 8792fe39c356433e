"""`notifier correct`, driven as an editor would."""

from pathlib import Path

from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]


def publish(run: Command, tmp_path: Path, title: str) -> None:
    file = tmp_path / "item.json"
    file.write_text(f'{{"kind": "article", "guid": "7", "title": "{title}", "html": "<p>x</p>", "categories": ["p"]}}')
    assert run("item", "add", str(file)).exit_code == 0


def test_it_refuses_in_a_sentence(run: Command, tmp_path: Path) -> None:
    add_site(run)
    unknown = run("correct", "8", "--note", "x")
    assert (unknown.exit_code, "no item with this guid" in unknown.output) == (1, True)
    publish(run, tmp_path, "one")
    unchanged = run("correct", "7", "--note", "x")
    assert (unchanged.exit_code, "publish the corrected article" in unchanged.output) == (1, True)
