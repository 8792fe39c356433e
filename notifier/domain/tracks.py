"""The links and the pixel of a letter whose opens and clicks are counted: signed, so that they lead nowhere else."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

from notifier.domain.letter import PersonalMark
from notifier.domain.tokens import Signer
from notifier.domain.weburl import web_url

CLICK: Final = "click"
OPEN: Final = "open"
READER: Final = "trace"
"""The purpose of what tells whose open or click it was: a delivery, under the letter it is of."""
_LINK: Final = re.compile(r"""(<a\b[^>]*?\shref=")(https?://[^"]+)(")""", re.IGNORECASE)
_END: Final = "</body>"


@dataclass(frozen=True, slots=True)
class Tracks:
    """Writes and reads them. No row is needed for either: the address is in the token, and the token is signed."""

    base_url: str
    signer: Signer

    def link(self, letter_id: int, url: str) -> str:
        """Our own address that leads on to `url`."""
        return f"{self.base_url}/c/{self.signer.seal(CLICK, f'{letter_id} {url}')}"

    def pixel(self, letter_id: int) -> str:
        """The address of the picture that is loaded when the letter is opened."""
        return f"{self.base_url}/o/{self.signer.sign(OPEN, letter_id)}"

    def personal(self, letter_id: int, delivery_id: int) -> str:
        """What stands behind either of them in the letter of a reader who agreed to it."""
        return f"?r={self.signer.sign(READER, letter_id, delivery_id)}"

    def read_link(self, token: str) -> tuple[int, str] | None:
        """The letter, and where to go on to; None for what we have not signed."""
        letter, _, url = (self.signer.open(CLICK, token) or "").partition(" ")
        # Signed by us; but what is sent to a browser is looked at where it is sent.
        return (int(letter), url) if url and letter.isdecimal() and web_url(url) == url else None

    def read_pixel(self, token: str) -> int | None:
        """The letter; None for what we have not signed."""
        ids = self.signer.read(OPEN, token)
        return ids[0] if ids else None

    def read_reader(self, letter_id: int, token: str) -> int:
        """The delivery of a letter's reader; 0 where there is none, or it is another letter's."""
        ids = self.signer.read(READER, token) if token else None
        return ids[1] if ids and ids[0] == letter_id else 0

    def followed(self, html: str, letter_id: int, *, is_personal: bool) -> str:
        """A letter's HTML with its links leading through us, and the pixel at its end.

        Our own links stay as they are: what they do is theirs to tell. `is_personal` leaves a mark in each.
        """
        mark = PersonalMark.TRACE if is_personal else ""

        def through(found: re.Match[str]) -> str:
            url = web_url(unescape(found[2]))
            if not url or url.startswith(f"{self.base_url}/"):
                return found[0]
            return f"{found[1]}{self.link(letter_id, url)}{mark}{found[3]}"

        pixel = f'<img src="{self.pixel(letter_id)}{mark}" width="1" height="1" alt="" style="display:block;border:0">'
        before, end, after = _LINK.sub(through, html).rpartition(_END)
        return f"{before}{pixel}\n{end}{after}"
