"""The polygons that the sample pictures are made of."""

from math import cos, pi, sin

from notifier.embedded.sample.canvas import Point

Shape = list[Point]

_WAIST = cos(pi / 4) / cos(pi / 8)
"""Of an eight-pointed star made of two squares: the inner radius for an outer one of 1."""


def star(x: float, y: float, radius: float, turn: float = 0.0) -> Shape:
    """The eight-pointed star of two squares, its first point up; `turn` in radians."""
    return spikes(x, y, (radius, radius * _WAIST), 8, turn)


def spikes(x: float, y: float, radii: tuple[float, float], points: int, turn: float = 0.0) -> Shape:
    """A star of so many points: outer and inner radius."""
    angles = [(turn + k * pi / points, radii[k % 2]) for k in range(points * 2)]
    return [(x + sin(angle) * radius, y - cos(angle) * radius) for angle, radius in angles]


def disc(x: float, y: float, radius: float) -> Shape:
    """A circle, with corners enough to look like one."""
    corners = max(16, int(radius / 2))
    return [(x + radius * sin(2 * pi * k / corners), y - radius * cos(2 * pi * k / corners)) for k in range(corners)]


def ring(x: float, y: float, radius: float, thickness: float) -> list[Shape]:
    """A circle's line, inside its radius."""
    return [disc(x, y, radius), disc(x, y, radius - thickness)]


def box(x: float, y: float, width: float, height: float) -> Shape:
    """An upright rectangle from its top left corner."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def frame(x: float, y: float, width: float, height: float, thickness: float) -> list[Shape]:
    """A rectangle's line, inside its sides."""
    inner = box(x + thickness, y + thickness, width - 2 * thickness, height - 2 * thickness)
    return [box(x, y, width, height), inner]


def arch(x: float, base: float, width: float, height: float) -> Shape:
    """A pointed arch standing on `base`: two arcs, each about the other's springing point."""
    spring = base - height + width * sin(pi / 3)
    arc = [(width * cos(k * pi / 36), width * sin(k * pi / 36)) for k in range(13)]
    right = [(x + along, spring - up) for along, up in arc]
    left = [(x + width - along, spring - up) for along, up in reversed(arc)]
    return [(x + width, base), *right, *left, (x, base)]


def wave(crest: float, height: float, length: float, shift: float) -> Shape:
    """Everything below a sine line, across a 1200 by 630 picture."""
    line = [(float(x), crest + height * sin(2 * pi * (x + shift) / length)) for x in range(0, 1220, 20)]
    return [*line, (1220.0, 630.0), (0.0, 630.0)]
