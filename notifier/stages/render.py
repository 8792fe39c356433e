"""From a LetterContent to a Rendered letter, once; and from that to each reader's Message, cheaply."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.domain.address import check_address
from notifier.domain.colour import accent
from notifier.domain.letter import LetterContent, Personal, PersonalMark, Rendered, direction
from notifier.domain.look import ARROWS, SIDES, dark_rules, fonts, leading, text_colours
from notifier.domain.mail import Envelope, Letterhead, build
from notifier.domain.message import Message
from notifier.domain.scenes import values_of
from notifier.domain.text.bidi import LRM, RLM, isolate, mark_line, mark_subject
from notifier.domain.text.clean import clean
from notifier.domain.text.dates import Dates
from notifier.domain.text.locales import base_language
from notifier.domain.text.strings import Strings, Voice
from notifier.domain.views import Remark, Scene
from notifier.domain.weburl import web_url
from notifier.domain.words import LetterKind

HTML_BYTES_MAX: Final = 100_000  # Gmail clips at 102 KB, and the unsubscribe link of the footer with it
MARK_BYTES: Final = 600
"""Room kept for each personal link that is spliced in later."""
_CSS: Final = re.compile(r"[\w\s.:;%#(),'!-]*")
_MARKS: Final = re.compile("([" + "".join(PersonalMark) + "])")
_IMPERSONAL: Final = re.compile(f"{PersonalMark.OPEN}.*?{PersonalMark.CLOSE}", re.DOTALL)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_URL_START: Final = ("http://", "https://", *PersonalMark)


class RenderFailed(Exception):  # noqa: N818 - it reads as what happened, like State.FAILED
    """A letter could not be made; the message names the template and the fault, never a reader."""

    def __init__(self, template: str, fault: str) -> None:
        super().__init__(f"{template}: {fault}")
        self.template = template


@dataclass(frozen=True, slots=True)
class _Templates:
    subject: Template
    text: Template
    html: Template


class Renderer:
    """Every template, compiled once, and the strings of every language that has a file."""

    def __init__(self, templates: Path) -> None:
        self._strings = Strings.load(templates / "strings")
        self.languages: frozenset[str] = self._strings.languages
        text, html = (_environment(templates / "email", is_html=is_html) for is_html in (False, True))
        self._templates = {
            kind: _Templates(
                text.get_template(f"{kind}/subject.txt"),
                text.get_template(f"{kind}/body.txt"),
                html.get_template(f"{kind}/body.html"),
            )
            for kind in LetterKind
        }

    def language_of(self, content: LetterContent) -> str:
        """The language a letter can be written in: its own, else the site's. Raises RenderFailed."""
        for language in (content.language, content.site.language):
            if base_language(language) in self.languages:
                return language
        raise RenderFailed(content.kind, f"no strings for {content.language!r}")

    def render(self, content: LetterContent) -> Rendered:
        """The letter with marks for what is personal, its HTML under 100,000 bytes once those are filled in.

        Too heavy, it carries fewer items and a higher `more`, never half a page. Raises RenderFailed.
        """
        fitting = content
        while True:
            rendered = self._render_once(fitting)
            weight = _weight(rendered.html)
            if weight < HTML_BYTES_MAX:
                return rendered
            kept = min(len(fitting.items) - 1, len(fitting.items) * HTML_BYTES_MAX // weight)
            if kept < 1:
                raise RenderFailed(f"{content.kind}/body.html", f"{weight} bytes without an item to leave out")
            left_out = len(content.items) - kept
            fitting = replace(content, items=content.items[:kept], more=content.more + left_out)

    def _render_once(self, content: LetterContent) -> Rendered:
        templates = self._templates[content.kind]
        language = self.language_of(content)
        name = str(content.kind)
        try:
            scene = _scene(content, self._strings.voice(language, content.site.digits))
            values = {**_look(content, scene), **values_of(content, scene)}
            name = str(templates.subject.name)
            subject = _subject(templates.subject.render(_for_text(values, scene)), scene.direction)
            name = str(templates.text.name)
            text = _set_text(templates.text.render(_for_text(values, scene)), scene.direction)
            name = str(templates.html.name)
            html = templates.html.render(_for_html(values, scene), subject=subject.removeprefix(RLM))
        # Whatever a template or its values trip over is one failure: of this letter, not of its readers.
        except Exception as error:
            raise RenderFailed(name, f"{type(error).__name__}: {error}") from error
        return Rendered(subject, text, _squeezed(html))


def personalise(rendered: Rendered, content: LetterContent, personal: Personal) -> Message:
    """The message for one reader.

    Raises AddressInvalid for an address no server can take, HeaderInvalid or RenderFailed for a missing link.
    """
    site, to = content.site, check_address(personal.address)
    is_confirmation = content.kind is LetterKind.CONFIRM
    links = _links(personal)
    head = Letterhead(
        kind=content.kind,
        letter_id=content.letter_id,
        slug=site.slug,
        language=content.language,
        sender_name=site.sender_name,
        sender_address=site.sender_address,
        subject=rendered.subject,
        subject_id=content.subject_id,
    )
    envelope = Envelope(
        to=to,
        # Nobody has confirmed the name yet: it may be somebody's message to a stranger.
        name="" if is_confirmation else personal.name,
        message_id=personal.message_id,
        sent_at=personal.sent_at,
        unsubscribe_url=links[PersonalMark.UNSUBSCRIBE],
        preferences_url=links[PersonalMark.PREFERENCES],
    )
    data = build(head, envelope, _spliced(rendered.text, links, is_html=False), _spliced(rendered.html, links))
    needs_smtputf8 = to.needs_smtputf8 or not site.sender_address.rpartition("@")[0].isascii()
    return Message(personal.delivery_id, personal.mail_from, to.wire, data, needs_smtputf8)


def mail_html(rendered: Rendered, personal: Personal) -> str:
    """The HTML one reader gets, decoded: for previews and pictures. Raises RenderFailed for a missing link."""
    return _spliced(rendered.html, _links(personal)).decode()


def mail_text(rendered: Rendered, personal: Personal) -> str:
    """The same for the text part."""
    return _spliced(rendered.text, _links(personal), is_html=False).decode()


def public_page(rendered: Rendered) -> str:
    """The letter's HTML for "view in browser", without a single personal link."""
    return _MARKS.sub("", _IMPERSONAL.sub("", rendered.html))


def _links(personal: Personal) -> dict[str, str]:
    return {
        PersonalMark.UNSUBSCRIBE: web_url(personal.unsubscribe_url),
        PersonalMark.PREFERENCES: web_url(personal.preferences_url),
        PersonalMark.VIEW: web_url(personal.view_url),
        PersonalMark.CONFIRM: web_url(personal.confirm_url),
    }


def _spliced(part: str, links: dict[str, str], *, is_html: bool = True) -> bytes:
    pieces = []
    for piece, mark in _segments(part):
        pieces.append(piece)
        if mark:
            url = links[mark]
            if not url:
                raise RenderFailed("personalise", f"no link for {PersonalMark(mark).name}")
            pieces.append((escape(url) if is_html else url).encode())
    return b"".join(pieces)


# Keyed by the very string that a whole chunk of deliveries shares: its hash is kept in it, its equality is identity.
@lru_cache(maxsize=64)
def _segments(part: str) -> tuple[tuple[bytes, str], ...]:
    bare = part.replace(PersonalMark.OPEN, "").replace(PersonalMark.CLOSE, "").replace("\n", "\r\n")
    pieces = _MARKS.split(bare)
    return tuple(
        (pieces[at].encode(), pieces[at + 1] if at + 1 < len(pieces) else "") for at in range(0, len(pieces), 2)
    )


def _weight(html: str) -> int:
    # Every line end becomes two bytes on the wire.
    return len(html.encode()) + html.count("\n") + MARK_BYTES * len(_MARKS.findall(html))


def _scene(content: LetterContent, voice: Voice) -> Scene:
    site = content.site
    dates = Dates(voice.language, site.digits, site.time_zone)
    return Scene(voice, dates, direction(voice.language), content.at)


def _look(content: LetterContent, scene: Scene) -> dict[str, Any]:
    colours = accent(content.site.colour)
    line, title_line = leading(base_language(scene.voice.language))
    return {
        "lang": Markup(scene.voice.language.replace("_", "-")),
        "dir": Markup(scene.direction),
        "start": Markup(SIDES[scene.direction]),
        "ways": {way: Markup(way) for way in SIDES},
        "side": {way: Markup(side) for way, side in SIDES.items()},
        "arrow": ARROWS[scene.direction],
        "font": Markup(fonts(base_language(scene.voice.language))),
        "font_mso": Markup("Tahoma,Arial,sans-serif"),
        "leading": Markup(line),
        "leading_title": Markup(title_line),
        "accent": {name: Markup(getattr(colours, name)) for name in ("ground", "ink", "text", "dark_text")},
        "colour": {tone: Markup(value) for tone, value in text_colours(colours).items()},
        "dark_rules": [Markup(rule) for rule in dark_rules(colours)],
        "ogsc_rules": [Markup(rule) for rule in dark_rules(colours, "[data-ogsc] ")],
        "is_personal": content.kind is not LetterKind.CONFIRM,
        "mark": {mark.name: Markup(mark.value) for mark in PersonalMark},
    }


def _for_html(values: dict[str, Any], scene: Scene) -> dict[str, Any]:
    def wrap(piece: str) -> Markup:
        return piece if isinstance(piece, Markup) else Markup(isolate(piece, scene.direction))

    def say(key: str, **given: object) -> Markup:
        return Markup(scene.voice.compose(key, wrap, **given))

    def sources_line(sources: tuple[str, ...]) -> Markup:
        return say("letters.counts.sources", sources=Markup(scene.voice.say("common.comma")).join(map(wrap, sources)))

    return {**values, "say": say, "sources_line": sources_line}


def _for_text(values: dict[str, Any], scene: Scene) -> dict[str, Any]:
    def joined(parts: tuple[str, ...]) -> str:
        return " · ".join(parts)

    def lines(remark: Remark) -> Markup:
        return Markup("\n\n".join(_own_way(line, remark.direction, scene.direction) for line in remark.text))

    def sources_line(sources: tuple[str, ...]) -> str:
        return scene.voice.say("letters.counts.sources", sources=scene.voice.say("common.comma").join(sources))

    return {**values, "say": scene.voice.say, "joined": joined, "lines": lines, "sources_line": sources_line}


def _own_way(line: str, way: str, base: str) -> str:
    # A comment runs in its own direction, so its paragraph begins with that mark whenever the letter's differs.
    return mark_line(line, way) if way == base else {"rtl": RLM, "ltr": LRM}[way] + line


def _environment(folder: Path, *, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=_isolated if is_html else _plain,
    )
    environment.globals.clear()
    environment.filters.update(attr=_attribute, css=_css, href=_href, within=_within)
    return environment


@pass_context
def _isolated(context: Context, value: object) -> object:
    # Every plain text that reaches the page passes here, so no template can forget to isolate it.
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return Markup(isolate(value, context["dir"]))


def _plain(value: object) -> object:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _within(text: str, way: str) -> Markup:
    return Markup(isolate(text, way))


def _attribute(text: str) -> Markup:
    return Markup(escape(clean(text)))


def _href(url: str) -> Markup:
    return url if isinstance(url, Markup) else Markup(escape(url))


def _css(value: str) -> Markup:
    if not _CSS.fullmatch(value):
        message = f"not a style: {value!r}"
        raise ValueError(message)
    return Markup(value)


def _subject(rendered: str, base: str) -> str:
    return mark_subject(clean(rendered), base)


def _set_text(rendered: str, base: str) -> str:
    lines = (line.strip() for line in rendered.splitlines())
    marked = (line if line.startswith((*_URL_START, RLM, LRM)) else mark_line(line, base) for line in lines)
    return _BLANK_LINES.sub("\n\n", "\n".join(marked)).strip() + "\n"


def _squeezed(html: str) -> str:
    return "\n".join(line for line in (line.strip() for line in html.splitlines()) if line) + "\n"
