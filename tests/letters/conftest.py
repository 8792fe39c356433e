"""One renderer for all letters: compiling the templates is the slow part."""

import pytest

from notifier.settings import templates_dir
from notifier.stages.render import Renderer


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(templates_dir())
