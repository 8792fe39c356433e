"""Every send with its balance, from the running count, and the letters of one."""

from notifier.stages.sends.key import Send, SendKey
from notifier.stages.sends.listed import PAGE, find, named, sends, some
from notifier.stages.sends.rows import PAGE as PAGE_OF_LETTERS
from notifier.stages.sends.rows import Filter, Row, letters, which

__all__ = [
    "PAGE",
    "PAGE_OF_LETTERS",
    "Filter",
    "Row",
    "Send",
    "SendKey",
    "find",
    "letters",
    "named",
    "sends",
    "some",
    "which",
]
