"""Lists of readers taken in: tens of thousands of rows a transaction, each step one statement over all of them."""

from notifier.consent.merging.judging import judge
from notifier.consent.merging.making import make
from notifier.consent.merging.staging import Staged, stage

__all__ = ["Staged", "judge", "make", "stage"]
