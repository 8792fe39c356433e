"""The sample articles' pictures: geometric compositions over a lattice of stars, made when asked for."""

from functools import lru_cache
from math import cos, pi, sin

from notifier.embedded.sample.canvas import Canvas, Colour, mix
from notifier.embedded.sample.shapes import arch, box, disc, frame, ring, spikes, star, wave

WIDTH, HEIGHT = 1200, 630

_TILE = 100
_BAND = 6
_CREAM = (250, 240, 216)
_SAND = (236, 200, 142)
_COPPER = (196, 104, 56)
_BLUE = (22, 104, 136)
_NIGHT = (10, 44, 70)
_WINE = (84, 30, 44)
_PINE = (14, 74, 56)
_LEAF = (44, 128, 84)
_TEAL = (14, 110, 114)
_VIOLET = (44, 38, 96)
_LILAC = (158, 148, 224)


def picture_names() -> tuple[str, ...]:
    """Every name that `picture` knows."""
    return tuple(_PAINTERS)


@lru_cache
def picture(name: str) -> bytes | None:
    """A PNG of 1200 by 630 pixels, always the same bytes for a name; None for a name nobody painted."""
    painter = _PAINTERS.get(name)
    return painter().png() if painter else None


def _ground(top: Colour, bottom: Colour, line: Colour, strength: float = 0.3) -> Canvas:
    """A gradient under a lattice of stars: one tile is painted, then repeated by copying."""
    canvas = Canvas(WIDTH, HEIGHT, (mix(top, bottom, _step(y)) for y in range(HEIGHT)))
    tile = _tile()
    levels = sorted({value for row in tile for value in row})
    for y, planes in enumerate(canvas.planes):
        pattern = (tile[y % _TILE] * (WIDTH // _TILE + 1))[:WIDTH]
        faded = strength * (1 - 0.7 * _step(y))
        for plane, ink in zip(planes, line, strict=True):
            shades = bytearray(256)
            for level in levels:
                shades[level] = round(plane[0] + (ink - plane[0]) * faded * level / 255)
            plane[:] = pattern.translate(bytes(shades))
    return canvas


def _step(y: int) -> float:
    """How far down a row is, 0 to 1, in steps too fine to see: equal rows pack well."""
    return y // _BAND * _BAND / HEIGHT


@lru_cache
def _tile() -> list[bytes]:
    """How much of each pixel the lattice's lines cover, 0 to 255."""
    tile = Canvas(_TILE, _TILE, [(0, 0, 0)] * _TILE)
    middle = _TILE / 2
    for outer, width in ((middle, 3.2), (middle * 0.6, 2.2)):
        tile.fill([star(middle, middle, outer), star(middle, middle, outer - width)], (255, 255, 255))
    return [bytes(planes[0]) for planes in tile.planes]


def _river() -> Canvas:
    canvas = _ground(_BLUE, _SAND, _CREAM, 0.34)
    for radius, alpha in ((190, 0.14), (150, 0.2), (110, 1.0)):
        canvas.fill([disc(820, 300, radius)], _CREAM, alpha)
    for crest, share in ((330, 0.15), (400, 0.4), (475, 0.7), (550, 1.0)):
        canvas.fill([wave(crest, 22, 620 + crest / 3, crest * 1.7)], mix(_BLUE, _NIGHT, share))
    return canvas


def _bars() -> Canvas:
    """Time runs from right to left, as its readers read."""
    canvas = _ground(_WINE, _COPPER, _SAND, 0.3)
    heights = (120, 165, 150, 215, 255, 240, 310, 365, 430)
    for place, height in enumerate(heights):
        left = 1017 - place * 112
        canvas.fill([box(left, 560 - height, 78, height)], mix(_COPPER, _CREAM, 0.15 + place * 0.1))
        canvas.fill([star(left + 39, 560 - height - 30, 13)], _SAND, 0.9)
    canvas.fill([box(70, 560, 1060, 6)], _CREAM)
    return canvas


def _pitch() -> Canvas:
    canvas = _ground(_LEAF, _PINE, _CREAM, 0.16)
    canvas.fill([box(left, 0, 100, HEIGHT) for left in range(0, WIDTH, 200)], _PINE, 0.35)
    lines = (
        frame(60, 45, 1080, 540, 6),
        [box(597, 45, 6, 540)],
        ring(600, 315, 130, 6),
        frame(60, 155, 170, 320, 6),
        frame(970, 155, 170, 320, 6),
    )
    for line in lines:
        canvas.fill(line, _CREAM, 0.9)
    canvas.fill([star(600, 315, 46)], _SAND)
    canvas.fill([star(600, 315, 24, pi / 8)], _PINE)
    return canvas


def _arches() -> Canvas:
    canvas = _ground(_TEAL, _NIGHT, _SAND, 0.42)
    lefts = [70 + place * 218 for place in range(5)]
    for inset, colour in ((0, _SAND), (14, _NIGHT), (26, _TEAL), (52, mix(_TEAL, _CREAM, 0.45))):
        canvas.fill([arch(left + inset, 590, 188 - inset * 2, 400 - inset * 1.7) for left in lefts], colour)
    canvas.fill([star(left + 94, 330, 24) for left in lefts], _CREAM)
    canvas.fill([box(0, 590, WIDTH, 40)], _SAND)
    return canvas


def _signal() -> Canvas:
    canvas = _ground(_VIOLET, (88, 70, 150), _LILAC, 0.4)
    for radius, alpha in ((540, 0.14), (350, 0.24), (180, 0.4)):
        canvas.fill([disc(600, 470, radius)], _LILAC, alpha)
    canvas.fill([[(600, 440), (655, HEIGHT), (545, HEIGHT)]], _CREAM)
    canvas.fill([star(600, 470, 62)], _SAND)
    canvas.fill([star(600, 470, 34, pi / 8)], _VIOLET)
    return canvas


def _star() -> Canvas:
    canvas = _ground(_NIGHT, _BLUE, _SAND, 0.3)
    layers = ((285, _SAND), (272, _NIGHT), (236, _BLUE), (180, _SAND), (168, _NIGHT), (120, _COPPER), (72, _CREAM))
    for place, (radius, colour) in enumerate(layers):
        canvas.fill([star(600, 315, radius, pi / 8 * (place // 2 % 2))], colour)
    for left in (150, 1050):
        for radius, colour in ((104, _SAND), (96, _NIGHT), (58, _BLUE), (28, _SAND)):
            canvas.fill([star(left, 315, radius)], colour)
    return canvas


def _harbour() -> Canvas:
    canvas = _ground(_SAND, _CREAM, _COPPER, 0.4)
    for left in (250, 800):
        for part in (box(left, 130, 14, 300), box(left + 120, 130, 14, 300), box(left - 130, 150, 400, 16)):
            canvas.fill([part], _WINE)
        canvas.fill([[(left + 67, 60), (left + 262, 150), (left - 122, 150)]], _WINE, 0.22)
    colours = (_TEAL, _COPPER, _NIGHT, _WINE, _BLUE)
    for row, count in enumerate((9, 8, 6)):
        for place in range(count):
            left, top = 105 + place * 112, 372 - row * 54
            canvas.fill([box(left, top, 106, 48)], colours[(place * 2 + row * 3) % 5])
            canvas.fill([box(left + 12 + rib * 18, top + 8, 4, 32) for rib in range(5)], _CREAM, 0.25)
    canvas.fill([[(50, 420), (1160, 420), (1090, 530), (130, 530)]], _NIGHT)
    for crest, share in ((500, 0.0), (545, 0.45), (588, 0.9)):
        canvas.fill([wave(crest, 14, 420, crest * 3)], mix(_BLUE, _NIGHT, share))
    return canvas


def _sun() -> Canvas:
    canvas = _ground(_COPPER, _SAND, _CREAM, 0.42)
    canvas.fill([spikes(600, 300, (290, 190), 16)], _CREAM, 0.3)
    canvas.fill([spikes(600, 300, (230, 160), 16, pi / 16)], _CREAM, 0.45)
    canvas.fill([disc(600, 300, 140)], _CREAM)
    canvas.fill([box(0, 330, WIDTH, 300)], mix(_COPPER, _WINE, 0.45))
    for row, (top, bottom) in enumerate(((340, 400), (412, 492), (506, 616))):
        for place in range(-5, 5):
            near, far = 150 + row * 42, 128 + row * 42
            left, right = place + 0.05, place + 0.95
            panel = [(600 + left * far, top), (600 + right * far, top), (600 + right * near, bottom)]
            canvas.fill([[*panel, (600 + left * near, bottom)]], mix(_BLUE, _NIGHT, 0.25 + row * 0.3))
            middle = [(600 + (place + 0.49) * far, top), (600 + (place + 0.51) * far, top)]
            foot = [(600 + (place + 0.51) * near, bottom), (600 + (place + 0.49) * near, bottom)]
            canvas.fill([[*middle, *foot]], _CREAM, 0.5)
    return canvas


def _assembly() -> Canvas:
    canvas = _ground(_NIGHT, _TEAL, _SAND, 0.3)
    for row in range(5):
        radius = 210 + row * 78
        seats = 9 + row * 4
        shade = mix(_COPPER, _CREAM, row / 4)
        places = [pi * (0.04 + 0.92 * seat / (seats - 1)) for seat in range(seats)]
        canvas.fill([disc(round(600 - cos(a) * radius), round(585 - sin(a) * radius), 23) for a in places], shade)
    canvas.fill([star(600, 520, 78)], _SAND)
    canvas.fill([star(600, 520, 44, pi / 8)], _NIGHT)
    return canvas


_PAINTERS = {
    "river": _river,
    "bars": _bars,
    "pitch": _pitch,
    "arches": _arches,
    "signal": _signal,
    "star": _star,
    "harbour": _harbour,
    "sun": _sun,
    "assembly": _assembly,
}
