"""The site's one colour, kept readable: contrast by WCAG 2.2, 1.4.3."""

import re
from dataclasses import dataclass
from typing import Final

CONTRAST_MIN: Final = 4.5
PAPER: Final = "#ffffff"
DARK_PAPER: Final = "#1b1e21"
FALLBACK: Final = "#0f5c7a"
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Accent:
    """A site's colour as grounds and inks that can be read."""

    ground: str
    """For bands and buttons."""
    ink: str
    """For text on the ground."""
    text: str
    """For accented text on white."""
    dark_text: str
    """For accented text on the dark paper."""


def accent(colour: str) -> Accent:
    """What a site's colour becomes; a value that is no `#rrggbb` becomes the fallback."""
    ground = colour.lower() if _HEX.fullmatch(colour) else FALLBACK
    return Accent(
        ground=ground,
        ink=_ink_on(ground),
        text=_until_readable(ground, PAPER, "#000000"),
        dark_text=_until_readable(ground, DARK_PAPER, "#ffffff"),
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _ink_on(ground: str) -> str:
    # One of black and white always reaches 4.58.
    return "#ffffff" if contrast("#ffffff", ground) >= CONTRAST_MIN else "#000000"


def _until_readable(colour: str, ground: str, towards: str) -> str:
    for step in range(_STEPS + 1):
        mixed = _mix(colour, towards, step / _STEPS)
        if contrast(mixed, ground) >= CONTRAST_MIN + 0.3:
            return mixed
    return towards


def _mix(one: str, other: str, share: float) -> str:
    channels = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's curve
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
