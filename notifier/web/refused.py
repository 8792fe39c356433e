"""Domains whose addresses this installation does not take: of throw-away mailboxes, and of a list of its own."""

from collections.abc import Callable
from pathlib import Path


def refusing(is_disposable_refused: bool, file: Path | None) -> Callable[[str], bool]:  # noqa: FBT001 - a setting
    """Whether a domain (in A-labels) or one that it lies under is refused. Raises OSError for a file that is away."""
    names = set(_disposable()) if is_disposable_refused else set()
    if file is not None:
        lines = (line.partition("#")[0].strip().lower().rstrip(".") for line in file.read_text("utf-8").splitlines())
        names.update(line for line in lines if line)
    return lambda domain: bool(names) and any(name in names for name in _above(domain))


def _above(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]


def _disposable() -> frozenset[str]:
    import disposable_email_domains  # noqa: PLC0415 - ten thousand names, only where they are asked for

    return frozenset(disposable_email_domains.blocklist)
