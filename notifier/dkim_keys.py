"""The folder of DKIM keys: each file is named as the DNS name that publishes its key, `….pem` added."""

import os
from pathlib import Path
from typing import Final

from notifier.domain.dkim import DkimKey, DkimKeyInvalid

SUFFIX: Final = ".pem"
_OTHERS: Final = 0o077
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class DkimFolderError(ValueError):
    """A folder or a key file that cannot be used; the message names it and says what is wrong."""


def load(folder: Path | None) -> list[DkimKey]:
    """Every key of the folder, by name; none where there is no folder set.

    Raises DkimFolderError at the first file that is no good key: a letter that leaves unsigned by mistake is worse
    than a process that does not start. Folders, and names that begin with a dot, are left alone.
    """
    if folder is None:
        return []
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_dir())
    except OSError as fault:
        raise DkimFolderError(f"DKIM keys: {folder} cannot be listed: {fault.strerror}") from fault
    return [_load(path) for path in paths]


def write(folder: Path, key: DkimKey) -> Path:
    """Keep a new key, for its owner's eyes only; gives the file, which did not exist before.

    Raises FileExistsError where there is one of this name, OSError where the folder cannot be written to.
    """
    if not folder.exists():
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    path = path_of(folder, key)
    path.touch(mode=_FILE_MODE, exist_ok=False)
    try:
        path.write_bytes(key.pem)
    except OSError:
        # Half a key would keep every process from starting.
        path.unlink()
        raise
    return path


def path_of(folder: Path, key: DkimKey) -> Path:
    """The file that holds this key."""
    return folder / f"{key.dns_name}{SUFFIX}"


def _load(path: Path) -> DkimKey:
    if path.suffix != SUFFIX:
        raise DkimFolderError(f"DKIM key {path}: name it <selector>._domainkey.<domain>{SUFFIX}, or move it elsewhere")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise DkimFolderError(f"DKIM key {path}: others may read it: chmod 600 {path}")
            pem = file.read()
    except OSError as fault:
        raise DkimFolderError(f"DKIM key {path} cannot be read: {fault.strerror}") from fault
    try:
        return DkimKey.read(path.name.removesuffix(SUFFIX), pem)
    except DkimKeyInvalid as fault:
        raise DkimFolderError(f"DKIM key {path}: {fault}") from fault
