"""docs/letters.md names a test for every rule, and each of them is there."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "letters.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_named_test_exists() -> None:
    named = NAMED.findall(TABLE)
    assert len(named) > 60
    assert [f"{file}::{test}" for file, test in named if test not in names_in(file)] == []


def test_every_rule_names_its_test_and_what_others_do() -> None:
    rules = [line for line in TABLE.splitlines() if line.startswith("| ") and "`tests/" in line]
    for rule in rules:
        columns = [column.strip() for column in rule.strip("|").split(" | ")]
        assert NAMED.search(columns[1]), rule
        assert all(columns), rule
    assert len(rules) > 35


def test_every_source_is_used_and_every_use_has_a_source() -> None:
    used = {int(number) for number in re.findall(r" \[(\d+)\](?!\()", TABLE)}
    given = {int(number) for number in re.findall(r"^(\d+)\. ", TABLE, re.MULTILINE)}
    assert used == given
