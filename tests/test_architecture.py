"""Walls have tests: what the design forbids is looked for in the source."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier import settings
from notifier.domain.text.locales import LANGUAGES, plural_categories
from notifier.domain.words import LetterKind, Reason, State
from notifier.queue import Task
from notifier.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("notifier", "workers")
LINES_MAX = 250
FUNCTION_LINES_MAX = 40
VAGUE = {"utils", "helpers", "managers", "services", "handlers", "util", "helper", "manager", "service", "handler"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_task_name_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", "tests-only-0123456789-abcdefghijklmnop")
    settings.current.cache_clear()
    from workers import app  # noqa: PLC0415 - the app reads the environment when it is imported

    settings.current.cache_clear()
    app.app.loader.import_default_modules()
    registered = {name for name in app.app.tasks if name.startswith("notifier.")}
    assert registered == {task.value for task in Task}


def test_only_record_writes_a_deliverys_state() -> None:
    writers = {
        path.relative_to(ROOT).as_posix()
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "update"
        and any(isinstance(argument, ast.Name) and argument.id == "Delivery" for argument in node.args)
    }
    assert {Path(path).parent.as_posix() for path in writers} == {"notifier/stages/record"}


def test_only_settings_reads_the_environment() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers <= {"notifier/settings.py"}


def test_every_letter_has_its_three_parts() -> None:
    letters = ROOT / "templates" / "email"
    folders = {path.name for path in letters.iterdir() if path.is_dir()}
    assert folders == {kind.value for kind in LetterKind}
    for folder in folders:
        assert {path.name for path in (letters / folder).iterdir()} == {"subject.txt", "body.txt", "body.html"}


def keys_of(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted key, sentence or plural forms)."""
    for name, value in table.items():
        if isinstance(value, dict) and not ("other" in value and all(isinstance(v, str) for v in value.values())):
            yield from keys_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def test_every_language_has_the_same_keys_and_its_own_plural_forms() -> None:
    desk = (ROOT / "templates" / "desk" / "strings").iterdir()
    for folder in (ROOT / "templates" / "strings", *desk):
        languages = {
            path.stem: dict(keys_of(tomllib.loads(path.read_text(encoding="utf-8")))) for path in folder.glob("*.toml")
        }
        assert languages.keys() == LANGUAGES.keys(), folder
        for language, strings in languages.items():
            assert strings.keys() == languages["ar"].keys(), (folder, language)
            for key, forms in strings.items():
                if isinstance(forms, dict):
                    assert set(forms) == set(plural_categories(language)), (folder, language, key)


def test_the_readme_mentions_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"NOTIFIER_{name.upper()}" not in readme]
    assert missing == []


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_module_opens_with_one_sentence() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path, tree in sources()
        if not ast.get_docstring(tree) and path.read_text(encoding="utf-8").strip()
    ]
    assert silent == []


def test_no_file_is_named_for_nothing_and_none_is_long() -> None:
    paths = [path for path, _ in sources() if "versions" not in path.parts]
    assert [path for path in paths if path.stem in VAGUE] == []
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in paths}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_MAX} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 120, "the median file is short"


def test_functions_are_short_enough_to_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path, tree in sources()
        if "versions" not in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_registry_or_address_stands_in_a_lock_file() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|index-url", text), lock


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    lost = [
        f"{document.relative_to(ROOT)}: {path}"
        for document in documents
        for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not (document.parent / path).exists()
    ]
    assert lost == []


def test_the_desk_has_words_for_every_reason_and_state() -> None:
    words = tomllib.loads(
        (ROOT / "templates" / "desk" / "strings" / "overview" / "en.toml").read_text(encoding="utf-8")
    )
    known = {name for name, _ in keys_of(words)}
    assert {f"overview.reason_{one.value}" for one in Reason} - known == set()
    assert {f"overview.{one.value}" for one in State} - known == set()
