"""Each LetterContent rendered once, to a letter whose personal places are still marks."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from jinja2 import Template
from jinja2.exceptions import SecurityError
from markupsafe import Markup

from notifier import observe
from notifier.domain.letter import LetterContent, OwnTemplate, Proof, Rendered, direction
from notifier.domain.pictures import Pictures
from notifier.domain.scenes import proof, values_of
from notifier.domain.text.bidi import RLM
from notifier.domain.text.dates import Dates
from notifier.domain.text.locales import base_language, regional
from notifier.domain.text.strings import Strings, Voice
from notifier.domain.traces import Tracking
from notifier.domain.tracks import Tracks
from notifier.domain.views import Scene
from notifier.domain.weburl import web_url
from notifier.domain.words import LetterKind
from notifier.stages.render.environment import environment
from notifier.stages.render.faces import Faces
from notifier.stages.render.failed import RenderFailed
from notifier.stages.render.lighter import lighter
from notifier.stages.render.marks import are_astray
from notifier.stages.render.own import Environments, own_environments
from notifier.stages.render.personal import weight
from notifier.stages.render.sandbox import allowance
from notifier.stages.render.wording import for_html, for_text, set_subject, set_text, squeezed

OWN_KEPT: Final = 16
"""Templates of editors that are compiled at a time."""
BLOCKS_KEPT: Final = 1000
"""Stories as they were set, about 2 KB each."""
HTML_BYTES_MAX: Final = 100_000  # Gmail clips at 102 KB, and the unsubscribe link of the footer with it

Sources = tuple[tuple[str, str], ...]
"""(name of ours, the text that stands for it)."""

_log = observe.log(__name__)


class _Kept(OrderedDict[object, Markup]):
    """The newest BLOCKS_KEPT blocks."""

    def __setitem__(self, key: object, block: Markup) -> None:
        super().__setitem__(key, block)
        if len(self) > BLOCKS_KEPT:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Templates:
    subject: Template
    text: Template
    html: Template


class Renderer:
    """Every template, compiled once, and the strings of every language that has a file.

    `own` are other environments for HTML and subjects, such as an editor's; then only letters of `kinds` are made.
    Without `pictures` they are shown from wherever they come; without `tracks` no link is followed.
    """

    def __init__(
        self,
        templates: Path,
        own: Environments | None = None,
        kinds: Iterable[LetterKind] = LetterKind,
        pictures: Pictures | None = None,
        tracks: Tracks | None = None,
    ) -> None:
        self._pictures = pictures
        self._tracks = tracks
        self._is_an_editors = own is not None
        self._own = lru_cache(OWN_KEPT)(partial(_of_an_editor, templates, pictures, tracks))
        self._strings = Strings.load(templates / "strings")
        self.languages: frozenset[str] = self._strings.languages
        text = environment(templates / "email", is_html=False)
        html = own.html if own else environment(templates / "email", is_html=True)
        subject = own.subject if own else text
        self._templates = {
            kind: _Templates(
                subject.get_template(f"{kind}/subject.txt"),
                text.get_template(f"{kind}/body.txt"),
                html.get_template(f"{kind}/body.html"),
            )
            for kind in kinds
        }
        self._faces = Faces(html)
        self._blocks = _Kept()

    def language_of(self, content: LetterContent) -> str:
        """The language a letter can be written in: its own, else the site's. Raises RenderFailed."""
        for language in (content.language, content.site.language):
            if base_language(language) in self.languages:
                return language
        raise RenderFailed(content.kind, f"no strings for {content.language!r}")

    def anonymous(self, *languages: str) -> str:
        """What somebody is called who gave no name, in the first of these languages that has strings, else English."""
        known = [one for one in languages if base_language(one) in self.languages]
        return self._strings.voice(regional(known[0], known[0]) if known else "en").say("letters.anonymous")

    def render(self, content: LetterContent) -> Rendered:
        """The letter with marks for what is personal, its HTML under 100,000 bytes once those are filled in.

        Too heavy, it carries fewer items and a higher `more`, never half a page. A letter that the site's own template
        cannot make is made of ours: it is owed all the same. Raises RenderFailed.
        """
        if content.own:
            try:
                return self.render_own(content, content.own)
            except RenderFailed as fault:
                _log.warning("own_template_failed", versions=[one.id for one in content.own], template=fault.template)
        return self._render(replace(content, own=()))

    def render_own(self, content: LetterContent, own: tuple[OwnTemplate, ...]) -> Rendered:
        """The letter by templates of an editor's, in their sandbox. Raises RenderFailed."""
        try:
            with allowance():
                sources = tuple((one.file, one.text) for one in own)
                return self._own(content.kind, sources)._render(replace(content, own=()))  # noqa: SLF001 - one of us
        except RenderFailed:
            raise
        except Exception as error:
            _let_pass(error)
            raise RenderFailed(f"{content.kind}/body.html", f"{type(error).__name__}: {error}") from error

    def _render(self, content: LetterContent) -> Rendered:
        items = content.items
        while True:
            left_out = len(content.items) - len(items)
            rendered = self._render_once(replace(content, items=items, more=content.more + left_out))
            heavy = weight(rendered.html)
            if heavy < HTML_BYTES_MAX:
                return rendered
            items = lighter(items, heavy, HTML_BYTES_MAX, direction(content.language))
            if not items:
                raise RenderFailed(f"{content.kind}/body.html", f"{heavy} bytes without an item to leave out")

    def _render_once(self, content: LetterContent) -> Rendered:
        templates = self._templates[content.kind]
        language = regional(self.language_of(content), content.site.language)
        name = str(content.kind)
        try:
            scene = self._scene(content, self._strings.voice(language, content.site.digits))
            values = {**self._faces.of(content.site.colour, language), **values_of(content, scene)}
            values["is_personal"] = content.kind.is_list_mail
            name = str(templates.subject.name)
            values["proof"] = self._band(content)
            subject = set_subject(templates.subject.render(for_text(values, scene)), scene.direction)
            subject = self._marked(content, subject)
            name = str(templates.text.name)
            text = set_text(templates.text.render(for_text(values, scene)), scene.direction)
            name = str(templates.html.name)
            html = templates.html.render(for_html(values, scene, self._blocks), subject=subject.removeprefix(RLM))
            if self._is_an_editors and are_astray(html):
                raise SecurityError("a personal link stands in another address")  # noqa: TRY301 - a fault like others
        # Whatever a template or its values trip over is one failure: of this letter, not of its readers.
        except Exception as error:
            _let_pass(error)
            raise RenderFailed(name, f"{type(error).__name__}: {error}") from error
        return Rendered(subject, text, self._followed(content, squeezed(html)))

    def _band(self, content: LetterContent) -> proof.Band | None:
        return proof.band(content.proof, self._to(content.proof), content.site) if content.proof else None

    def _marked(self, content: LetterContent, subject: str) -> str:
        if content.proof is None:
            return subject
        return set_subject(proof.marked(subject, self._to(content.proof)), direction(content.proof.language))

    def _to(self, mark: Proof) -> Voice:
        known = base_language(mark.language) in self.languages
        return self._strings.voice(regional(mark.language, mark.language) if known else "en")

    def _followed(self, content: LetterContent, html: str) -> str:
        # The text part stays as it is: who reads it sees where each link leads.
        if content.tracking is Tracking.OFF or self._tracks is None:
            return html
        return self._tracks.followed(html, content.letter_id, is_personal=content.tracking is Tracking.READERS)

    def _scene(self, content: LetterContent, voice: Voice) -> Scene:
        site = content.site
        dates = Dates(voice.language, site.digits, site.time_zone, site.calendar)
        way_to = partial(self._pictures.url, site_url=site.url) if self._pictures else web_url
        return Scene(voice, dates, direction(voice.language), content.at, way_to)


def _let_pass(error: Exception) -> None:
    """Raise what is the process's trouble, or the end of its task's time: the letter may be fine."""
    if isinstance(error, MemoryError) or type(error).__module__.startswith("billiard"):
        raise error


def _of_an_editor(
    templates: Path, pictures: Pictures | None, tracks: Tracks | None, kind: LetterKind, sources: Sources
) -> Renderer:
    return Renderer(templates, own_environments(templates, dict(sources)), [kind], pictures, tracks)
