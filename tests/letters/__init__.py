"""The sample letters stand in the package, for the gallery shows them too; to tests they are `fixtures`."""

from notifier.embedded.gallery import samples as fixtures

__all__ = ["fixtures"]
