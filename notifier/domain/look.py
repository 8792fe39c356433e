"""How letters look: fonts, colours in light and dark, and the mirror between right-to-left and left-to-right."""

from typing import Final

from notifier.domain.colour import DARK_PAPER, PAPER, Accent

MIRRORED: Final = {"rtl": "ltr", "ltr": "rtl"}
SIDES: Final = {"rtl": "right", "ltr": "left"}
ARROWS: Final = {"rtl": "←", "ltr": "→"}
INK: Final = "#1d1b18"
SOFT: Final = "#5a5750"
_FONTS: Final = "'Segoe UI',Tahoma,'Geeza Pro','Noto Naskh Arabic','Noto Sans Arabic',Arial,sans-serif"
_NASTALIQ: Final = f"'Noto Nastaliq Urdu','Jameel Noori Nastaleeq','Urdu Typesetting',{_FONTS}"
_DARK_PAGE: Final = "#121416"
_DARK_TINT: Final = "#262a2e"
_DARK_INK: Final = "#ece9e2"
_DARK_SOFT: Final = "#b9b5ac"
_DARK_RULE: Final = "#41464b"


def fonts(language: str) -> str:
    """The font stack of a language."""
    return _NASTALIQ if language == "ur" else _FONTS


def leading(language: str) -> tuple[str, str]:
    """Line heights of running text and of titles; Nastaliq needs room for its slope."""
    return ("2.2", "2.0") if language == "ur" else ("1.75", "1.6")


def text_colours(accent: Accent) -> dict[str, str]:
    """The colour of each tone of text on white."""
    return {"ink": INK, "soft": SOFT, "accent": accent.text, "on": accent.ink, "paper": PAPER}


def dark_rules(accent: Accent, prefix: str = "") -> tuple[str, ...]:
    """CSS rules that turn the letter dark; `prefix` is `[data-ogsc] ` for Outlook's own dark mode."""
    grounds = {"page": _DARK_PAGE, "paper": DARK_PAPER, "tint": _DARK_TINT}
    inks = {"ink": _DARK_INK, "soft": _DARK_SOFT, "accent": accent.dark_text, "on": accent.ink}
    borders = {"rule": _DARK_RULE, "stroke": accent.dark_text}
    return (
        *(f"{prefix}.{name}{{background-color:{value}!important}}" for name, value in grounds.items()),
        *(f"{prefix}.{name}{{color:{value}!important}}" for name, value in inks.items()),
        *(f"{prefix}.{name}{{border-color:{value}!important}}" for name, value in borders.items()),
    )
