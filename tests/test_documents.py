"""What the documents name exists: a reader who types it or follows it is not let down."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from notifier.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMAND = re.compile(r"(?:^ *|`|\.venv/bin/)notifier ((?:[a-z][a-z-]*(?= |`|$) ?){1,2})", re.MULTILINE)
"""One in a block of its own or between backticks."""
BLOCK = re.compile(r"```.*?\n(.*?)```|((?:^    .*\n)+)|(`[^`\n]+`)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def commands(text: str) -> Iterator[list[str]]:
    """The first two words behind `notifier`, wherever code stands."""
    for block in BLOCK.finditer(text):
        for said in COMMAND.finditer(next(filter(None, block.groups()))):
            yield said[1].split()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_every_file_that_it_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    main = typer.main.get_command(app)
    unknown = []
    for words in commands(text):
        at = main
        for word in words:
            known = getattr(at, "commands", None)
            if known is None:
                break
            if word not in known:
                unknown.append(" ".join(words))
                break
            at = known[word]
    missing = [one for one in LINK.findall(text) if not (document.parent / one).exists()]
    assert (unknown, missing) == ([], [])


def test_commands_are_found_in_blocks_and_between_backticks() -> None:
    text = "Say `notifier recount` once.\n\n    notifier issue list\n\n```sh\n.venv/bin/notifier demo --smoke\n```\n"
    assert list(commands(text)) == [["recount"], ["issue", "list"], ["demo"]]
