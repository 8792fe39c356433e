"""A desk without a provider runs without what the extra `oidc` brings."""

import ast
from pathlib import Path

import notifier

ROOT = Path(notifier.__file__).parent
BROUGHT = {"authlib", "joserfc"}


def imported(tree: ast.Module) -> set[str]:
    """The modules that are imported as soon as this one is."""
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_only_the_client_of_a_provider_imports_it_and_nothing_imports_the_client_at_once() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    imports = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): imported(ast.parse(text))
        for path, text in texts.items()
        # Reading them all takes long, and who names neither imports neither.
        if any(word in text for word in (*BROUGHT, "notifier.desk.provider"))
    }
    needy = {name for name, found in imports.items() if {one.partition(".")[0] for one in found} & BROUGHT}
    assert needy, "the client imports it"
    while more := {name for name, found in imports.items() if found & needy} - needy:
        needy |= more
    assert {name.rpartition(".")[0] for name in needy} == {"notifier.desk.provider"}
