"""The environments of a site's own templates: theirs in their places, ours around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader

from notifier.stages.render.environment import Compiled, Read, compiled
from notifier.stages.render.sandbox import sandbox


@dataclass(frozen=True, slots=True)
class Environments:
    """Of the HTML parts, and of the subjects."""

    html: Environment
    subject: Environment


def own_environments(templates: Path, sources: Mapping[str, str], read: Read = compiled) -> Environments:
    """Sandboxes in which `sources`, by the names of ours, stand for ours. They render within `sandbox.allowance`."""
    shelf = FileSystemLoader(templates / "email")
    ours = frozenset(shelf.list_templates()) - sources.keys()
    loader = Compiled(ChoiceLoader([DictLoader(dict(sources)), shelf]), read)
    return Environments(sandbox(loader, ours), sandbox(loader, ours, is_html=False))
