"""Reads the TOML files beside it, each once per process."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

Table = dict[str, Any]


@lru_cache
def table(name: str) -> Table:
    """The parsed file; callers share it and must not change it."""
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
