"""How a page is made: one template, one language, one set of headers."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from notifier.domain.colour import FALLBACK, accent
from notifier.domain.letter import SiteFace, direction
from notifier.domain.text.dates import weekday_name
from notifier.domain.text.digits import convert, digit_system
from notifier.domain.words import Digits
from notifier.web.sentences import Sentences

STATIC: Final = Path(__file__).parent / "static"
PLAIN_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_BETWEEN: Final = re.compile(r"\s*([{};:,>])\s*")
NOON: Final = 12
STILL_MAX: Final = 500
_PARTS_OF_DAY: Final = {0: "midnight", NOON: "noon"}
LETTER_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
"""For a letter in the browser: its inline styles and pictures, its links by a click, and nothing that runs."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Whom a page speaks to: a language, and whose page it is (None: nobody's)."""

    language: str
    face: SiteFace | None = None
    asked: str = ""
    """The language that the address of the page asks for, if it does: links to further pages pass it on."""
    others: tuple[tuple[str, str, str], ...] = ()
    """The languages a page can be had in, its own too: tag, name, and the address of the page in it."""

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return direction(self.language)

    @property
    def colour(self) -> str:
        """The site's colour, or ours."""
        return self.face.colour if self.face else FALLBACK

    def digits(self, text: str) -> str:
        """Numbers in the digits of the site."""
        policy = self.face.digits if self.face and self.direction == "rtl" else Digits.LOCALE
        return convert(text, digit_system(policy, self.language))

    def weekday(self, weekday: int) -> str:
        """The name of a weekday; 0 is Monday."""
        return weekday_name(weekday, self.language)


class Look:
    """Templates and sentences; makes every page."""

    def __init__(self, templates: Path) -> None:
        self.sentences = Sentences(templates / "strings")
        self._jinja = _environment(templates / "pages")
        self._still: dict[tuple[str, Voice], HTMLResponse] = {}

    def page(self, name: str, voice: Voice, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - a template takes what it says
        """A page, with the headers that keep it private and let nothing run in it."""
        html = self.text(f"{name}.html", voice, **values)
        return HTMLResponse(
            html, status, headers={**PLAIN_HEADERS, "Content-Security-Policy": _csp(_style(voice.colour))}
        )

    def letter(self, html: str, head: str, foot: str, voice: Voice, **values: Any) -> str:  # noqa: ANN401 - as above
        """A letter's page with something of ours at the end of its head and of its body."""
        values["accent"] = accent(voice.colour)
        html = html.replace("</head>", f"{self.text(f'{head}.html', voice, **values)}</head>", 1) if head else html
        before, end, after = html.rpartition("</body>")
        return f"{before}{self.text(f'{foot}.html', voice, **values)}{end}{after}"

    def text(self, template: str, voice: Voice, **values: Any) -> str:  # noqa: ANN401 - as above
        """A template as this voice says it."""

        def say(key: str, **words: object) -> str:
            return self.sentences.html(voice.language, key, **words)

        def plain(key: str, **words: object) -> str:
            return self.sentences.plain(voice.language, key, **words)

        def counted(key: str, count: int) -> str:
            return self.sentences.counted(voice.language, key, count, voice.digits(str(count)))

        def hour(number: int) -> str:
            return plain(f"hour_{_PARTS_OF_DAY.get(number, _half(number))}", hour=voice.digits(str(number % 12 or 12)))

        own = f"?lang={voice.asked}" if voice.asked else ""
        return self._jinja.get_template(template).render(
            values, voice=voice, face=voice.face, say=say, plain=plain, counted=counted, hour=hour,
            style=_style(voice.colour), css=self.css_version, own_language=own,
        )  # fmt: skip

    def still(self, name: str, voice: Voice) -> HTMLResponse:
        """A page that says the same to everybody of one voice: made once."""
        made = self._still.get((name, voice))
        if made is None:
            made = self.page(name, voice)
            if len(self._still) >= STILL_MAX:
                self._still.clear()
            self._still[name, voice] = made
        return HTMLResponse(made.body, headers=dict(made.headers))

    @cached_property
    def css_version(self) -> str:
        """Changes with the style sheet, so that browsers may keep it for ever."""
        return hashlib.sha256((STATIC / "pages.css").read_bytes()).hexdigest()[:12]


@lru_cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _half(hour: int) -> str:
    return "morning" if hour < NOON else "evening"


@lru_cache(maxsize=256)
def _style(colour: str) -> Markup:
    """The style sheet and the site's colour, in the page itself: on a slow line a second question costs half a second.

    The same text for the same colour, so that CSP can name it by its hash.
    """
    readable = accent(colour)
    tint = f":root{{--accent:{readable.text};--accent-dark:{readable.dark_text}}}"
    sheet = _COMMENT.sub("", (STATIC / "pages.css").read_text("utf-8"))
    return Markup(_BETWEEN.sub(r"\1", sheet).strip() + tint)  # noqa: S704 - our own file, and two colours


def _csp(inline_style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(inline_style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'self' 'sha256-{digest}'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
