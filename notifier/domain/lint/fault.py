"""A rule that a template breaks, where, and in words an editor understands."""

from dataclasses import dataclass
from typing import Final

_WORDS: Final = {
    "against-direction": "This runs or stands against the letter's own direction.",
    "align-missing": "A cell needs both align and text-align: each mail client drops another one.",
    "align-wrong": "A cell stands at the other side than its direction.",
    "alt": "A picture needs an alternative text (alt).",
    "background-image": "Outlook shows no background pictures: use <img> or a colour.",
    "charset": 'The head needs <meta charset="utf-8">.',
    "colour-missing": "A text needs a colour and a ground to stand on.",
    "conditionals": "An <!--[if mso]> and an <![endif]--> belong together.",
    "contrast": "Text and ground are too much alike: 4.5 to 1 is the least, in light and in dark.",
    "control": "An invisible control character: take it out, direction is set by the letter.",
    "css": "This style sheet cannot be read here.",
    "dark-missing": "The letter has no colours for dark mode.",
    "dir-auto": "Write dir as ltr or rtl: a title that begins with a Latin name would turn the whole block.",
    "dir-on-link": "No dir on a link: put it on a <span> inside.",
    "direction-missing": "Give it dir and an inline direction as well: each mail client drops another one.",
    "doctype": "A letter begins with <!DOCTYPE html>.",
    "extends": 'A letter\'s template begins with {% extends "base.html" %}.',
    "failed": "No letter can be made of this template.",
    "font-family": "The font needs a fallback that every machine has.",
    "font-size": "Too small: text is at least 16 px, the footer 14 px.",
    "forbidden-style": "Mail clients drop or break this style.",
    "forbidden-tag": "Mail clients drop or break this element.",
    "ghost-direction": "Outlook's own tables need dir and direction too.",
    "headings": "Headings go h1, h2, h3, without a gap, and there is one h1.",
    "image-size": "A picture needs its width and height in pixels.",
    "island": "A span with dir also needs unicode-bidi:isolate and the same direction in its style.",
    "lang-missing": "Say the language (lang).",
    "line-height": "Lines are too close: at least 1.6, in Urdu 2.",
    "link": "A link leads to https://, http:// or mailto:.",
    "link-text": "A link needs words or a picture with an alternative text.",
    "mark": "The place of a personal link is left over.",
    "not-isolated": "Words of the other direction stand bare: let them come through {{ … }}, which sets them apart.",
    "physical-side": "Left and right change places with the language: name the letter's start, or treat both alike.",
    "preheader": "The preview line is 40 to 110 characters long.",
    "remote": "A letter loads no styles or pictures by its style sheet.",
    "role": 'A table that sets the page needs role="presentation".',
    "size": "The letter is too large: Gmail cuts it off, and the way to unsubscribe with it.",
    "subject": "A subject is one line of 1 to 200 characters.",
    "syntax": "This is not written as templates are.",
    "title": "The head needs a <title>.",
    "too-large": "The template makes or repeats too much.",
    "unclosed": "An element is not closed, or closed in another order than it was opened.",
    "undefined": "There is no such thing in this letter.",
    "unknown-mark": "There is no such personal link.",
    "unsafe": "Templates may not do this.",
    "unsubscribe": "The way to unsubscribe has to stand near the top and in the footer.",
    "view-in-browser": "The link to read it in the browser is missing.",
    "weak-media": "Without !important this loses against the element's own style.",
}
RULES: Final = frozenset(_WORDS)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One broken rule of a template; `what` is the piece of it that breaks it."""

    file: str
    line: int
    rule: str
    what: str = ""

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        return _WORDS[self.rule]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.words}" + (f" ({self.what})" if self.what else "")
