"""The log of acts says every one of them in words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier import __file__ as package
from notifier.domain.desk_words import ImportState, Role
from notifier.domain.text.strings import Strings
from tests.desk.conftest import Desk

ROOT = Path(package).parent
STRINGS = Strings.load(ROOT.parent / "templates/desk/strings/log")
NEVER_NOTED = {f"import.{state}" for state in (ImportState.DRAFT, ImportState.CHECKED, ImportState.FAILED)}


@pytest.mark.long
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


@pytest.mark.long
def test_every_act_at_a_site_names_the_site() -> None:
    of_the_house = {"doctor.asked"}
    calls = [
        call for file in ROOT.rglob("*.py") for call in _calls(file, {"note"}) if "audit" in ast.unparse(call.func)
    ]
    without = [call for call in calls if all(one.arg != "site_id" for one in call.keywords)]
    actions = {word for call in without for word in _words(call)}
    assert {one for one in actions if not one.startswith("user.")} == of_the_house
    assert len(calls) > len(without) > 10


def _calls(file: Path, names: set[str]) -> Iterator[ast.Call]:
    for call in ast.walk(ast.parse(file.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in names:
            yield call


def _noted() -> Iterator[str]:
    """What stands as the action in calls of `note` and `_touch`, in either arm of a choice."""
    for file in ROOT.rglob("*.py"):
        of_issues = file.parent.name == "issues" and "web" not in file.parts and "cli" not in file.parts
        for call in _calls(file, {"note", "_note", "_touch"}):
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
