"""The environment of one template of an editor's own: theirs in its place, ours around it."""

from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader

from notifier.domain.words import LetterKind
from notifier.stages.render.environment import Compiled, Read, compiled
from notifier.stages.render.sandbox import sandbox


def own_environment(templates: Path, kind: LetterKind, source: str, read: Read = compiled) -> Environment:
    """A sandbox in which `source` is the `body.html` of this kind. It renders within `sandbox.allowance`."""
    name = f"{kind}/body.html"
    shelf = FileSystemLoader(templates / "email")
    ours = frozenset(shelf.list_templates()) - {name}
    return sandbox(Compiled(ChoiceLoader([DictLoader({name: source}), shelf]), read), ours)
