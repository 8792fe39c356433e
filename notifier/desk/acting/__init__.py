"""Acts on many readers: what each does to some of them, and how it is taken back."""

from notifier.desk.acting.doing import do
from notifier.desk.acting.undoing import undo

__all__ = ["do", "undo"]
