"""What a template is given beside the items and the look: sentences for HTML and for plain text."""

from collections.abc import MutableMapping
from typing import Any, Final

from jinja2.runtime import Macro
from markupsafe import Markup

from notifier.domain.identity import identity
from notifier.domain.letter import PersonalMark
from notifier.domain.prose import Paragraph, Passage
from notifier.domain.text.bidi import LRM, RLM, Phrase, mark_line, mark_subject
from notifier.domain.text.clean import clean
from notifier.domain.views import Remark, Scene
from notifier.stages.render.environment import trusted, within

_MARKED: Final = ("http://", "https://", *PersonalMark, RLM, LRM)
"""What a line of the text part may begin with as it stands: a link alone on it, or a mark of direction."""


Blocks = MutableMapping[object, Markup]
"""Parts of letters as they were set, by all that they are made of."""


def for_html(values: dict[str, Any], scene: Scene, blocks: Blocks) -> dict[str, Any]:
    """Each value of a sentence isolated on its own, so that a title cannot pull the words around it along."""
    look_of = scene.voice.language, tuple(values["accent"].values())

    def wrap(piece: str) -> Markup:
        return piece if isinstance(piece, Markup) else within(piece, scene.direction)

    def say(key: str, **given: object) -> Markup:
        return trusted(scene.voice.compose(key, wrap, **given))

    def sources_line(sources: tuple[str, ...]) -> Markup:
        return say("letters.counts.sources", sources=trusted(scene.voice.say("common.comma")).join(map(wrap, sources)))

    def once(macro: Macro, what: object, *more: object) -> Markup:
        # The articles of one day stand in hundreds of digests: each is set once for all of them.
        key = macro.name, look_of, identity(what), more
        if key not in blocks:
            blocks[key] = trusted(macro(what, *more))
        return blocks[key]

    return {**values, "say": say, "sources_line": sources_line, "once": once}


def for_text(values: dict[str, Any], scene: Scene) -> dict[str, Any]:
    """Plain sentences, and comments with the mark of their own direction."""

    def joined(parts: tuple[str, ...]) -> str:
        return " · ".join(parts)

    def lines(remark: Remark) -> Markup:
        return trusted("\n\n".join(_own_way(line, remark.direction, scene.direction) for line in remark.text))

    def own(phrase: Phrase) -> Markup:
        return trusted(_own_way(clean(phrase), phrase.direction, scene.direction))

    def quoted(words: str, way: str) -> Markup:
        return own(Phrase(f"> {words}", way))

    def written(passages: tuple[Passage, ...]) -> Markup:
        whole, before = "", None
        for one in (one for passage in passages for one in passage.paragraphs):
            is_next_item = before is not None and before.marker and one.marker
            whole += ("\n" if is_next_item else "\n\n") + "\n".join((own(_with_marker(one)), *one.links))
            before = one
        return trusted(whole)

    def sources_line(sources: tuple[str, ...]) -> str:
        return scene.voice.say("letters.counts.sources", sources=scene.voice.say("common.comma").join(sources))

    wordings = {"joined": joined, "lines": lines, "own": own, "quoted": quoted, "written": written}
    return {**values, "say": scene.voice.say, "sources_line": sources_line, **wordings}


def _with_marker(one: Paragraph) -> Phrase:
    marker = {"quote": "> "}.get(one.kind, f"{one.marker} " if one.marker else "")
    return Phrase(f"{marker}{one.plain}", one.direction)


def _own_way(line: str, way: str, base: str) -> str:
    # A comment runs in its own direction, so its paragraph begins with that mark whenever the letter's differs.
    return mark_line(line, way) if way == base else {"rtl": RLM, "ltr": LRM}[way] + line


def set_subject(rendered: str, base: str) -> str:
    """The rendered subject as one clean line."""
    return mark_subject(clean(rendered), base)


def set_text(rendered: str, base: str) -> str:
    """The rendered text part: no line flips its paragraph, no gap is wider than one line."""
    text = "\n".join(_marked(line, base) for line in rendered.splitlines())
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"


def _marked(line: str, base: str) -> str:
    bare = line.strip()
    return bare if not bare or bare.startswith(_MARKED) else mark_line(bare, base)


def squeezed(html: str) -> str:
    """Without the empty lines that templates leave."""
    while "\n\n" in html:
        html = html.replace("\n\n", "\n")
    return html.strip() + "\n"
