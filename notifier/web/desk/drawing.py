"""The geometry of charts: numbers in, places on a sheet out; where one reads from the right, time runs so too."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

WIDE, HIGH = 720, 220
START, END, TOP, FOOT = 56, 8, 10, 26
"""Room around the drawing: for the scale at its start, and for the days below."""
LINES: Final = 4
GAP: Final = 0.25
DAYS_LABELLED: Final = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, or a day below it."""

    at: float
    value: int = 0
    day: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of days."""

    pieces: tuple[Piece, ...]
    scale: tuple[Mark, ...]
    days: tuple[Mark, ...]
    path: str = ""
    """Of a line, where it is one."""
    is_mirrored: bool = False

    @property
    def start(self) -> int:
        """Where the scale's numbers stand."""
        return WIDE - START + 6 if self.is_mirrored else START - 6

    @property
    def edges(self) -> tuple[int, int]:
        """From where to where the lines of the scale go."""
        return (END, WIDE - START) if self.is_mirrored else (START, WIDE - END)


def days_until(last: date, count: int) -> list[str]:
    """So many days, the last one last, as `2026-11-23`."""
    return [(last - timedelta(days=back)).isoformat() for back in range(count - 1, -1, -1)]


def stacked(days: Sequence[str], values: Mapping[str, Mapping[str, int]], kinds: Sequence[str], *, rtl: bool) -> Chart:
    """A column a day, its kinds on top of each other, the first at the foot."""
    top = ceiling(max((sum(values.get(day, {}).get(kind, 0) for kind in kinds) for day in days), default=0))
    step = (WIDE - START - END) / max(1, len(days))
    pieces = []
    for n, day in enumerate(days):
        foot = float(HIGH - FOOT)
        for kind in kinds:
            value = max(0, values.get(day, {}).get(kind, 0))
            height = value / top * (HIGH - TOP - FOOT)
            foot -= height
            x = START + n * step + step * GAP / 2
            width = step * (1 - GAP)
            if value:
                place = round(_mirrored(x, width, rtl=rtl), 1), round(foot, 1), round(width, 1), round(height, 1)
                pieces.append(Piece(*place, kind, day, value))
    return Chart(tuple(pieces), _scale(top), _days(days, step, rtl=rtl), is_mirrored=rtl)


def line(days: Sequence[str], values: Mapping[str, int], *, rtl: bool) -> Chart:
    """A line through one number a day; days without one are passed over."""
    top = ceiling(max(values.values(), default=0))
    step = (WIDE - START - END) / max(1, len(days))
    points = [
        (_mirrored(START + (n + 0.5) * step, 0, rtl=rtl), HIGH - FOOT - values[day] / top * (HIGH - TOP - FOOT), day)
        for n, day in enumerate(days)
        if day in values
    ]
    path = " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y, _) in enumerate(points))
    dots = tuple(Piece(round(x, 1), round(y, 1), 0, 0, "dot", day, values[day]) for x, y, day in points)
    return Chart(dots, _scale(top), _days(days, step, rtl=rtl), path, rtl)


def ceiling(most: int) -> int:
    """The end of a scale whose lines are at round numbers."""
    if most <= LINES:
        return LINES
    size = 10 ** (len(str(most)) - 1)
    units = (size // 2 or 1, size, 2 * size, (5 * size + 1) // 2)
    return LINES * next(one for one in units if one * LINES >= most)


def _scale(top: int) -> tuple[Mark, ...]:
    room = HIGH - TOP - FOOT
    return tuple(Mark(round(HIGH - FOOT - n / LINES * room, 1), top * n // LINES) for n in range(LINES + 1))


def _days(days: Sequence[str], step: float, *, rtl: bool) -> tuple[Mark, ...]:
    every = max(1, math.ceil(len(days) / DAYS_LABELLED))
    return tuple(
        Mark(round(_mirrored(START + (n + 0.5) * step, 0, rtl=rtl), 1), day=day)
        for n, day in enumerate(days)
        if (len(days) - 1 - n) % every == 0
    )


def _mirrored(x: float, width: float, *, rtl: bool) -> float:
    return WIDE - x - width if rtl else x
