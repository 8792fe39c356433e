"""Every letter is what somebody read last: a change shows as a diff, and stays red until `make golden` is committed."""

from difflib import unified_diff

import pytest

from notifier.stages.render import Renderer
from tests.letters import golden


@pytest.mark.parametrize("name", golden.NAMES)
def test_a_letter_is_the_one_that_was_read(renderer: Renderer, name: str) -> None:
    kept = (golden.FOLDER / name).read_text("utf-8").splitlines()
    made = golden.told(renderer, *golden.NAMES[name]).splitlines()
    changed = "\n".join(unified_diff(kept, made, "kept", "made", n=0, lineterm=""))
    assert not changed, f"{name} differs; if it should, run `make golden` and read the diff:\n{changed}"


def test_no_letter_is_kept_that_nobody_makes() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == set(golden.NAMES)
