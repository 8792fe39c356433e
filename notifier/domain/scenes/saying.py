"""What all scenes share: their shape, the room for a preheader, and having nothing to say."""

from typing import Any, Final

from notifier.domain.text.clean import clip

SUBJECT_TITLE_MAX: Final = 140
PREHEADER_LEAST: Final = 40
PREHEADER_MOST: Final = 110
Values = dict[str, Any]


class NothingToSay(ValueError):  # noqa: N818 - it says what is wrong, as AddressInvalid does
    """A letter about items or words that holds none of them."""


def preheader(text: str, filler: str) -> str:
    """Between 40 and 110 characters: shorter, and the client fills up with the first links it finds."""
    if len(text) < PREHEADER_LEAST:
        text = f"{text} · {filler}"
    return clip(text, PREHEADER_MOST)
