"""Each letter rendered once a process, and kept while its readers come by."""

from collections import OrderedDict
from typing import Final

from notifier.domain.dkim import DkimSigner
from notifier.domain.letter import LetterContent
from notifier.domain.traces import Tracking
from notifier.stages.render.failed import RenderFailed
from notifier.stages.render.renderer import Renderer
from notifier.stages.render.stencil import UNSIGNED, Encoding, Stencil

KEPT: Final = 16
"""Stencils at a time: deliveries come in the order of their letters. Each is some times its letter's size."""

_Key = tuple[int, tuple[int, ...], Tracking]


class Press:
    """Makes stencils, and gives the same one again as long as the content is the same. Not for threads."""

    def __init__(self, renderer: Renderer, encoding: Encoding = "base64", dkim: DkimSigner = UNSIGNED) -> None:
        self._renderer = renderer
        self._dkim = dkim
        self._encoding: Encoding = encoding
        self._kept: OrderedDict[_Key, tuple[LetterContent, Stencil | ValueError | RenderFailed]] = OrderedDict()

    def apart(self) -> "Press":
        """Another that makes and signs the same, for a thread of its own."""
        return Press(self._renderer, self._encoding, self._dkim)

    def stencil(self, content: LetterContent) -> Stencil:
        """The stencil of a letter. Raises RenderFailed or HeaderInvalid."""
        key = content.letter_id, tuple(item.id for item in content.items), content.tracking
        known = self._kept.get(key)
        # Compared whole: an item that was corrected since, or the site's new colours, make another letter.
        if known is None or known[0] != content:
            known = self._kept[key] = content, self._made(content)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        if isinstance(known[1], Stencil):
            return known[1]
        # Without the frames of whoever asked before: they would be kept, with all that is in them.
        raise known[1].with_traceback(None)

    def _made(self, content: LetterContent) -> Stencil | ValueError | RenderFailed:
        try:
            return Stencil(self._renderer.render(content), content, self._encoding, self._dkim)
        except (ValueError, RenderFailed) as fault:
            # Kept as well: a letter that cannot be made is not tried anew for each of its readers.
            return fault
