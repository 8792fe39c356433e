"""The doctor's sentences: each has a key and stands in every language; in English it is an ordinary text."""

from functools import cache
from typing import Final, Self

from notifier import settings
from notifier.domain.text.strings import Strings, Voice

AREA: Final = "findings"


class Said(str):
    """A sentence in English that can be said in any other language; its values may be sentences themselves."""

    __slots__ = ("key", "values")
    key: str
    values: dict[str, str]

    def __new__(cls, text: str, key: str, values: dict[str, str]) -> Self:
        """`text` is what the English says of key and values."""
        made = super().__new__(cls, text)
        made.key, made.values = key, values
        return made

    def __getnewargs__(self) -> tuple[str, str, dict[str, str]]:  # type: ignore[override]  # a str has its text alone
        return str(self), self.key, self.values


def said(key: str, **values: object) -> Said:
    """The sentence of a key. Raises StringsError for one that is not there."""
    told = {name: value if isinstance(value, Said) else str(value) for name, value in values.items()}
    return Said(strings().say("en", f"{AREA}.{key}", **told), key, told)


def in_words(sentence: str, voice: Voice, around: tuple[str, str] = ("", "")) -> str:
    """A sentence in the language of a voice; whatever is none, such as a record or a server's answer, as it is.

    `around`: what stands before and after a value, such as the marks that isolate its direction.
    """
    if not isinstance(sentence, Said):
        return sentence
    values = {
        name: in_words(one, voice, around) if isinstance(one, Said) else f"{around[0]}{one}{around[1]}"
        for name, one in sentence.values.items()
    }
    return voice.say(f"{AREA}.{sentence.key}", **values)


@cache
def strings() -> Strings:
    """The sentences of all languages."""
    return Strings.load(settings.templates_dir() / "desk" / "strings" / AREA)
