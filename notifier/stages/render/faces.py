"""How letters of one site and language look: the values that say so, and the macros set for them."""

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import Environment, Template
from jinja2.runtime import Macro
from markupsafe import Markup

from notifier.domain.colour import accent
from notifier.domain.letter import PersonalMark, direction
from notifier.domain.look import ARROWS, MIRRORED, SIDES, dark_rules, fonts, leading, text_colours
from notifier.domain.text.locales import base_language
from notifier.stages.render.environment import trusted

FACES_KEPT: Final = 64
MEASURES_KEPT: Final = 64
"""Of each frame; the templates use fewer."""
_GAP: Final = trusted("\ue020")
"""Stands in a frame where its content goes: a private-use character, which no cleaned text holds."""


class Faces:
    """The values each letter's look adds to its template, by the site's colour and the language."""

    def __init__(self, html: Environment) -> None:
        self._frames = html.get_template("frames.html")
        self._macros = html.get_template("macros.html")
        self.of: Callable[[str, str], dict[str, Any]] = lru_cache(FACES_KEPT)(self._made)

    def _made(self, colour: str, language: str) -> dict[str, Any]:
        values = look(colour, language)
        values["frame"] = _frames(self._frames, values)
        values["m"] = self._macros.make_module(values)
        return values


def look(colour: str, language: str) -> dict[str, Any]:
    """Direction, fonts and colours, as the templates name them."""
    colours, way = accent(colour), direction(language)
    line, title_line = leading(base_language(language))
    return {
        "lang": trusted(language.replace("_", "-")),
        "dir": trusted(way),
        "start": trusted(SIDES[way]),
        "end": trusted(SIDES[MIRRORED[way]]),
        "ways": {way: trusted(way) for way in SIDES},
        "side": {way: trusted(side) for way, side in SIDES.items()},
        "arrow": trusted(ARROWS[way]),
        "font": trusted(fonts(base_language(language))),
        "font_mso": trusted("Tahoma,Arial,sans-serif"),
        "leading": trusted(line),
        "leading_title": trusted(title_line),
        "accent": {name: trusted(getattr(colours, name)) for name in ("ground", "ink", "text", "dark_text")},
        "colour": {tone: trusted(value) for tone, value in text_colours(colours).items()},
        "dark_rules": [trusted(rule) for rule in dark_rules(colours)],
        "ogsc_rules": [trusted(rule) for rule in dark_rules(colours, "[data-ogsc] ")],
        "mark": {mark.name: trusted(mark.value) for mark in PersonalMark},
    }


def _frames(template: Template, values: dict[str, Any]) -> SimpleNamespace:
    macros = vars(template.make_module(values)).items()
    return SimpleNamespace(**{name: _framed(macro) for name, macro in macros if isinstance(macro, Macro)})


def _framed(macro: Macro) -> Callable[..., Markup]:
    """The macro, set once for its measures and then only laid around what it is called with."""
    if not macro.caller:
        return lru_cache(MEASURES_KEPT)(lambda *measures: trusted(macro(*measures)))

    @lru_cache(MEASURES_KEPT)
    def halves(*measures: object, **more: object) -> tuple[str, str]:
        before, _, after = str(macro(*measures, caller=lambda: _GAP, **more)).partition(_GAP)
        return before, after

    def frame(*measures: object, caller: Callable[[], Markup], **more: object) -> Markup:
        before, after = halves(*measures, **more)
        return trusted(f"{before}{caller()}{after}")

    return frame
