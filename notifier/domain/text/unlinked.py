"""A stranger's words without addresses that a mail client would make links of."""

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?:https?://|ftp://|www\.)[^\s<>\"]+"
    # A host without a scheme is a link to many clients once a path follows.
    r"|(?<![\w@.-])(?:[^\W_][\w-]*\.)+[a-z]{2,24}/[^\s<>\"]*",
    re.IGNORECASE,
)
_AFTER: Final = ".,;:!?)]}»”’\"'،؛؟۔"
"""What ends the sentence, not the address."""


def unlinked(text: str, word: str) -> str:
    """The text with `word`, such as "[link]", in the place of each web address."""
    return _ADDRESS.sub(lambda found: word + _rest(found[0]), text)


def _rest(address: str) -> str:
    return address[len(address.rstrip(_AFTER)) :]
