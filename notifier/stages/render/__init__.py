"""From a LetterContent to a Rendered letter, once; and from that to each reader's Message, cheaply."""

from notifier.stages.render.failed import RenderFailed
from notifier.stages.render.personal import mail_html, mail_text, personalise, public_page
from notifier.stages.render.press import Press
from notifier.stages.render.renderer import HTML_BYTES_MAX, Renderer
from notifier.stages.render.stencil import Draft, Stencil, letterhead

__all__ = [
    "HTML_BYTES_MAX",
    "Draft",
    "Press",
    "RenderFailed",
    "Renderer",
    "Stencil",
    "letterhead",
    "mail_html",
    "mail_text",
    "personalise",
    "public_page",
]
