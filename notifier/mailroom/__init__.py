"""The room where mail comes in, by whichever way, and from which readers' replies are handed to their sites."""

from notifier.mailroom.handing import hand_over
from notifier.mailroom.taking import take_in, take_raw
from notifier.mailroom.verdict import Verdict

__all__ = ["Verdict", "hand_over", "take_in", "take_raw"]
