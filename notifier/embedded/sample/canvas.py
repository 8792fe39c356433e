"""A small anti-aliased polygon painter that writes PNG, in pure Python."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import ceil

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SUB_ROWS = 4
_LEVELS = 8
"""Shades between a polygon's edge and what lies under it: more would look the same and pack worse."""


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour `share` (0 to 1) of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


class Canvas:
    """Rows of three colour planes: one `bytes.translate` blends a span of a plane, which makes it fast."""

    def __init__(self, width: int, height: int, rows: Iterable[Colour]) -> None:
        self.width = width
        self.height = height
        self.planes = [[bytearray([value]) * width for value in colour] for colour in rows]

    def fill(self, shapes: Sequence[Sequence[Point]], colour: Colour, alpha: float = 1.0) -> None:
        """Paint closed polygons by the even-odd rule: a ring is two of them."""
        crossings = self._crossings(shapes)
        last: list[list[float]] = []
        runs: list[tuple[int, int, int]] = []
        for y in sorted({sub // _SUB_ROWS for sub in crossings}):
            row = self.planes[y]
            met = [sorted(crossings.get(sub, ())) for sub in range(y * _SUB_ROWS, (y + 1) * _SUB_ROWS)]
            if met != last:  # upright sides are the same in every row
                last, runs = met, list(self._runs(met))
            for start, end, level in runs:
                share = round(alpha * 256 * level / _LEVELS)
                for plane, value in zip(row, colour, strict=True):
                    plane[start:end] = plane[start:end].translate(_blend(value, share))

    def _crossings(self, shapes: Sequence[Sequence[Point]]) -> dict[int, list[float]]:
        """Where each sub-row meets an edge, unsorted and not yet cut to the canvas."""
        found: dict[int, list[float]] = {}
        for shape in shapes:
            for (x0, y0), (x1, y1) in zip(shape, (*shape[1:], shape[0]), strict=True):
                low, high = (y0, y1) if y0 < y1 else (y1, y0)
                first, last = (ceil(y * _SUB_ROWS - 0.5) for y in (max(low, 0), min(high, self.height)))
                if first >= last:
                    continue
                slope = (x1 - x0) / (y1 - y0)
                base = x0 + (0.5 / _SUB_ROWS - y0) * slope
                for sub in range(first, last):
                    found.setdefault(sub, []).append(base + sub / _SUB_ROWS * slope)
        return found

    def _runs(self, met: list[list[float]]) -> Iterator[tuple[int, int, int]]:
        """Stretches of equal cover: start, end, level; from the cover's change at each pixel, summed up."""
        changes: dict[int, float] = {}
        for sub_row in met:
            sign = _LEVELS / _SUB_ROWS
            for at in sub_row:
                x = min(max(at, 0.0), self.width)
                pixel = int(x)
                part = (x - pixel) * sign
                changes[pixel] = changes.get(pixel, 0.0) + sign - part
                changes[pixel + 1] = changes.get(pixel + 1, 0.0) + part
                sign = -sign
        cover, start = 0.0, 0
        for pixel, change in sorted(changes.items()):
            level = round(cover)
            if level > 0 and start < self.width:
                yield start, min(pixel, self.width), level
            cover += change
            start = pixel

    def png(self) -> bytes:
        """The picture as an 8-bit RGB PNG file."""
        lines = bytearray()
        line = bytearray(self.width * 3)
        for row in self.planes:
            for channel, plane in enumerate(row):
                line[channel::3] = plane
            lines += b"\0"
            lines += line
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 6)), (b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


@lru_cache(maxsize=4096)
def _blend(value: int, share: int) -> bytes:
    """For each old value of a plane, the new one; `share` of 256."""
    return bytes([(old * (256 - share) + value * share + 128) >> 8 for old in range(256)])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
