"""How large a picture is, by the first bytes of its file: of the kinds that mail clients show."""

import struct
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def size_of(picture: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP; None for anything else, or what is cut short."""
    try:
        if picture.startswith(_PNG):
            return _whole(struct.unpack_from(">II", picture, 16))
        if picture[:6] in (b"GIF87a", b"GIF89a"):
            return _whole(struct.unpack_from("<HH", picture, 6))
        if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
            return _whole(_webp(picture))
        if picture.startswith(b"\xff\xd8"):
            return _whole(_jpeg(picture))
    except (struct.error, IndexError):
        return None
    return None


def _whole(sides: tuple[int, ...]) -> tuple[int, int] | None:
    width, height = sides
    return (width, height) if width > 0 and height > 0 else None


def _jpeg(picture: bytes) -> tuple[int, int]:
    """The first frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while True:
        while picture[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        marker = picture[at + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return width, height
        (length,) = (0,) if marker in _JPEG_BARE else struct.unpack_from(">H", picture, at + 2)
        at += 2 + length


def _webp(picture: bytes) -> tuple[int, int]:
    """The three layouts of a WebP (RFC 9649, section 2)."""
    kind = picture[12:16]
    if kind == b"VP8X":
        low, high, low_too, high_too = struct.unpack_from("<HBHB", picture, 24)
        return 1 + low + (high << 16), 1 + low_too + (high_too << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", picture, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", picture, 26)
    return width & 0x3FFF, height & 0x3FFF
