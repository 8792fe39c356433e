"""What pages and errors say, in the language of whoever reads them."""

from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from notifier.domain.letter import direction
from notifier.domain.text.locales import plural_category
from notifier.domain.text.strings import Strings

RIGHT_TO_LEFT: Final = "ar"
LEFT_TO_RIGHT: Final = "en"
TAG_MAX: Final = 16
_PREFIX: Final = "pages."


class Sentences:
    """The `[pages]` table of every strings file that has one."""

    def __init__(self, folder: Path) -> None:
        self._strings = Strings.load(folder)
        ours = {language: self._keys(language) for language in self._strings.languages}
        self.languages = tuple(sorted(language for language, keys in ours.items() if keys))

    def supported(self, tag: str | None) -> str | None:
        """The pages' language for a tag such as `ar-IQ`; None where there are no pages in it."""
        primary = (tag or "")[:TAG_MAX].replace("_", "-").partition("-")[0].lower()
        return primary if primary in self.languages else None

    def nearest(self, tag: str) -> str:
        """The pages' language for a tag, or one of the same direction."""
        return self.supported(tag) or (RIGHT_TO_LEFT if direction(tag) == "rtl" else LEFT_TO_RIGHT)

    def accepted(self, header: str) -> str:
        """The best language for an Accept-Language header (RFC 9110, section 12.5.4)."""
        ranked = sorted(header[:500].split(","), key=_weight, reverse=True)
        found = (self.supported(part.partition(";")[0].strip()) for part in ranked if _weight(part) > 0)
        return next((language for language in found if language), LEFT_TO_RIGHT)

    def has(self, key: str) -> bool:
        """Whether there is a sentence of this name."""
        return f"{_PREFIX}{key}" in self._keys(LEFT_TO_RIGHT)

    def plain(self, language: str, key: str, **values: object) -> str:
        """The sentence as text, for JSON, titles and attributes."""
        return self._pattern(language, key).format_map({name: str(value) for name, value in values.items()})

    def html(self, language: str, key: str, **values: object) -> Markup:
        """The sentence as HTML: every value is escaped and keeps its own direction."""
        isolated = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
        return escape(self._pattern(language, key)).format_map(isolated)

    def counted(self, language: str, key: str, count: int, shown: str) -> str:
        """The sentence for a number in its plural form (CLDR), the number written as `shown`."""
        forms = self._strings.form(language, f"{_PREFIX}{key}")
        pattern = forms if isinstance(forms, str) else forms[plural_category(language, count)]
        return pattern.format_map({"count": shown})

    def _pattern(self, language: str, key: str) -> str:
        return str(self._strings.form(language, f"{_PREFIX}{key}"))

    def _keys(self, language: str) -> frozenset[str]:
        return frozenset(key for key in self._strings.keys(language) if key.startswith(_PREFIX))


def _weight(part: str) -> float:
    _, _, quality = part.partition(";q=")
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
