"""Sentences by key, per language, with their plural forms: a missing key or value is an error, never a gap."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final, Self

from notifier.domain.text.digits import digit_system, number
from notifier.domain.text.locales import LANGUAGES, base_language, plural_category
from notifier.domain.words import Digits

_CATEGORIES: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
Forms = dict[str, str]


class StringsError(LookupError):
    """A sentence that is not there, or that was given the wrong values."""


class Strings:
    """The strings of every language that has a file."""

    def __init__(self, tables: dict[str, dict[str, str | Forms]]) -> None:
        self._tables = tables
        self.languages = frozenset(tables)

    @classmethod
    def load(cls, *folders: Path) -> Self:
        """Read `<language>.toml` of each known language, from all folders; the ones without a file are not offered.

        Raises StringsError for an unreadable file.
        """
        tables: dict[str, dict[str, str | Forms]] = {}
        for language in sorted(LANGUAGES):
            for file in (folder / f"{language}.toml" for folder in folders):
                if file.is_file():
                    tables.setdefault(language, {}).update(_read(file, file.stat().st_mtime_ns))
        return cls(tables)

    def keys(self, language: str) -> frozenset[str]:
        """Every key of a language, dotted: `letters.alert.read_more`."""
        return frozenset(self._tables[language])

    def form(self, language: str, key: str) -> str | Forms:
        """A sentence as written, or its plural forms. Raises StringsError."""
        found = self._tables.get(base_language(language), {}).get(key)
        if found is None:
            message = f"no string {key!r} in {language!r}"
            raise StringsError(message)
        return found

    def say(self, language: str, key: str, **values: object) -> str:
        """The sentence with its values, numbers in the digits of the language. Raises StringsError."""
        return self.voice(language).say(key, **values)

    def voice(self, language: str, digits: Digits = Digits.LOCALE) -> "Voice":
        """The strings of one language under a site's digit policy."""
        return Voice(self, language, digits)


@dataclass(frozen=True, slots=True)
class Voice:
    """One language and one digit policy."""

    strings: Strings
    language: str
    digits: Digits

    def say(self, key: str, **values: object) -> str:
        """The sentence with its values; `count` chooses the plural form. Raises StringsError."""
        return self.compose(key, str, **values)

    def compose(self, key: str, wrap: Callable[[str], str], **values: object) -> str:
        """The same, with `wrap` laid around each value and each piece between them: that is where HTML isolates."""
        pieces, used = [], {"count"}
        for literal, name in _pieces(self._pattern(key, values)):
            if literal:
                pieces.append(_wrapped(literal, wrap))
            if name is not None:
                pieces.append(wrap(self._value(key, name, values)))
                used.add(name)
        if unknown := values.keys() - used:
            message = f"{key!r} has no place for {', '.join(sorted(unknown))}"
            raise StringsError(message)
        return "".join(pieces)

    def number(self, value: float) -> str:
        """A number in the site's digits."""
        return number(value, digit_system(self.digits, self.language))

    def _pattern(self, key: str, values: dict[str, object]) -> str:
        form = self.strings.form(self.language, key)
        if isinstance(form, str):
            return form
        count = values.get("count")
        if not isinstance(count, int | float):
            message = f"{key!r} needs a count"
            raise StringsError(message)
        return form[plural_category(self.language, count)]

    def _value(self, key: str, name: str, values: dict[str, object]) -> str:
        if name not in values:
            message = f"{key!r} needs {name!r}"
            raise StringsError(message)
        value = values[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.number(value) if is_number else _as_text(value)  # type: ignore[arg-type]  # a bool is no number here


@lru_cache(maxsize=2048)
def _pieces(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """The words of a sentence, and after each stretch of them the name of the value that follows."""
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(pattern))


def _wrapped(literal: str, wrap: Callable[[str], str]) -> str:
    # The spaces around a value belong to the sentence, whatever `wrap` does to edges.
    inner = literal.strip(" ")
    start = literal.index(inner)
    return literal if not inner else literal[:start] + wrap(inner) + literal[start + len(inner) :]


def _as_text(value: object) -> str:
    # A str keeps its class: a Phrase knows its direction.
    return value if isinstance(value, str) else str(value)


@lru_cache
def _read(file: Path, _written_ns: int) -> dict[str, str | Forms]:
    # Letters, pages and the inbox say their sentences from the same tables; parsing them takes 15 ms.
    try:
        return dict(_flatten(tomllib.loads(file.read_text("utf-8")), ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        message = f"{file.name}: {error}"
        raise StringsError(message) from error


def _flatten(table: dict[str, Any], prefix: str) -> list[tuple[str, str | Forms]]:
    flat: list[tuple[str, str | Forms]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            flat.append((key, value))
        elif isinstance(value, dict) and value and set(value) <= _CATEGORIES:
            flat.append((key, {category: str(form) for category, form in value.items()}))
        elif isinstance(value, dict):
            flat += _flatten(value, f"{key}.")
        else:
            message = f"{key} is neither a sentence nor a table"
            raise TypeError(message)
    return flat
