"""The log of acts says every one of them in words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from notifier import __file__ as package
from notifier.domain.desk_words import ImportState, Role
from notifier.domain.text.strings import Strings
from tests.desk.conftest import Desk

ROOT = Path(package).parent
STRINGS = Strings.load(ROOT.parent / "templates/desk/strings/log")
NEVER_NOTED = {f"import.{state}" for state in (ImportState.DRAFT, ImportState.CHECKED, ImportState.FAILED)}


def test_it_has_words_for_every_act_that_is_noted() -> None:
    noted = set(_noted())
    assert {"user.invited", "issue.item_unpinned", "issue.created", "endpoint.disabled"} <= noted
    noted |= {f"import.{state.value}" for state in ImportState} - NEVER_NOTED
    for language in STRINGS.languages:
        assert {f"log.{one.replace('.', '_')}" for one in noted} <= STRINGS.keys(language), language


def test_it_says_who_did_what_in_the_readers_language(desk: Desk) -> None:
    page = desk.add(Role.OWNER).get("/log").text
    assert STRINGS.say("ar", "log.user_invited") in page
    assert STRINGS.say("ar", "log.by_command_line") in page
    assert "user.invited" in page


def _noted() -> Iterator[str]:
    """What stands as the action in calls of `note` and `_touch`, in either arm of a choice."""
    for file in ROOT.rglob("*.py"):
        of_issues = file.parent.name == "issues" and "web" not in file.parts and "cli" not in file.parts
        for call in ast.walk(ast.parse(file.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] not in {
                "note",
                "_note",
                "_touch",
            }:
                continue
            for word in _words(call):
                if re.fullmatch(r"[a-z]+\.[a-z_]+", word):
                    yield word
                elif of_issues and re.fullmatch(r"[a-z_]+", word):
                    yield f"issue.{word}"


def _words(call: ast.Call) -> Iterator[str]:
    for given in call.args:
        for one in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
