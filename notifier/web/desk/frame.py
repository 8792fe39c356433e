"""How a page of the desk is made: its template, its sentences, and the frame around every one of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from notifier.domain.desk_words import Role
from notifier.domain.letter import direction
from notifier.domain.text.dates import Dates
from notifier.domain.text.strings import Strings
from notifier.domain.words import Digits
from notifier.staff import Seat
from notifier.web.look import PLAIN_HEADERS, STATIC

FILES: Final = ("pages.css", "desk.css", "correction.js", "issues.js", "live.js", "setup.js")
CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A site as the desk's head names it."""

    slug: str
    name: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of the desk's menu; `path` stands below the site's, or below `/desk` for what is of all sites."""

    key: str
    path: str
    role: Role
    is_of_site: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """Whom a page speaks to and where they are: `seat` is None before the login, `place` on pages of all sites."""

    language: str
    seat: Seat | None = None
    csrf: str = ""
    place: Place | None = None
    places: tuple[Place, ...] = ()
    here: str = ""
    """The key of the menu's entry that this page belongs to."""
    alarms: int = 0
    """Of this site, that nobody said they know."""


class Frame:
    """Templates and sentences of the desk; makes every page of it."""

    def __init__(self, templates: Path, menu: Sequence[Part]) -> None:
        self.strings = Strings.load(*sorted((templates / "desk" / "strings").iterdir()))
        self._menu = tuple(menu)
        self._jinja = Environment(
            loader=FileSystemLoader(templates / "desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def page(self, name: str, scene: Scene, /, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - a template takes what it says
        """A page, with the headers that keep it private and let nothing foreign run in it."""
        spoken = self.spoken(scene)
        html = self._jinja.get_template(f"{name}.html").render(
            values, scene=scene, seat=scene.seat, place=scene.place, menu=self._open_to(scene), version=self.version,
            say=spoken.html, plain=spoken.plain, number=spoken.number, dates=spoken.dates,
            direction=direction(scene.language), csrf=_csrf_field(scene.csrf),
        )  # fmt: skip
        return HTMLResponse(html, status, headers={**PLAIN_HEADERS, "Content-Security-Policy": CSP})

    def spoken(self, scene: Scene) -> "Spoken":
        """The sentences of whom a page speaks to."""
        return Spoken(self.strings, scene.language, scene.place.time_zone if scene.place else "UTC")

    @cached_property
    def version(self) -> str:
        """Changes with the files that browsers may keep for ever."""
        return hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in FILES)).hexdigest()[:12]

    def _open_to(self, scene: Scene) -> list[Part]:
        if scene.seat is None or not scene.seat.is_complete:
            return []
        may = scene.seat.role.may_act_as
        return [part for part in self._menu if may(part.role) and (scene.place or not part.is_of_site)]


class Spoken:
    """Sentences, numbers and dates in one language, days and hours in one time zone."""

    def __init__(self, strings: Strings, language: str, time_zone: str) -> None:
        self._voice = strings.voice(language)
        self.dates = Dates(language, Digits.LOCALE, time_zone)

    def plain(self, key: str, **values: object) -> str:
        """The sentence as text, for titles and attributes."""
        return self._voice.say(key, **values)

    def html(self, key: str, **values: object) -> Markup:
        """The sentence as HTML: every value is escaped and keeps its own direction."""
        isolated = {name: value if name == "count" else _Isolated(str(value)) for name, value in values.items()}
        return Markup(self._voice.compose(key, _wrapped, **isolated))  # noqa: S704 - _wrapped escapes every piece

    def number(self, value: float) -> str:
        """A number in the digits of the language."""
        return self._voice.number(value)


class _Isolated(str):
    """A value inside a sentence, not the sentence itself."""

    __slots__ = ()


def _wrapped(piece: str) -> str:
    return f"<bdi>{escape(str(piece))}</bdi>" if isinstance(piece, _Isolated) else str(escape(piece))


def _csrf_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)
