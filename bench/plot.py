"""Lines over two logarithmic axes, as SVG that is legible in the light and in the dark, without a library.

Strategy: a panel has its own axes, from the decade below its least to the decade above its greatest value; a line is named at
its end, and names that would cover each other are moved apart. Rule: the picture follows from what is given alone, so that
the same figures draw the same file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 860
_HEIGHT: Final = 400
"""Of one panel."""

_LEFT: Final = 70
_RIGHT: Final = 240
"""Room for the names of the lines."""

_TOP: Final = 50
_BOTTOM: Final = 40
_GAP: Final = 15
"""Between two names."""

_COLOURS: Final = ("#2f81d6", "#d9730d", "#1f9d6b", "#c2528b", "#8a63d2", "#a98500", "#d1494b", "#5b8291")

_STYLE: Final = """\
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.ground { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.thin { stroke-width: 1.3; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.ground { fill: #0d1117 }
.grid { stroke: #30363d }
}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        name: what it is of; lines of the same name have the same colour, and the name is written once.
        points: where it goes, from the left; all above 0.
        thin: whether it is dashed, and not named.
    """

    name: str
    points: Sequence[tuple[float, float]]
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes and its lines; *x* and *y* write a value of theirs."""

    title: str
    lines: Sequence[Line]
    x: Callable[[float], str]
    y: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Decades of values onto a stretch of the picture."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def decades(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(panels: Sequence[Panel], said: str) -> str:
    """The picture of *panels*, one below the other; *said* is what it shows, for those who do not see it."""
    height = _HEIGHT * len(panels)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
    ground = f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>'
    body = [each for at, panel in enumerate(panels) for each in _panel(panel, at * _HEIGHT)]
    return "\n".join([head, f"<title>{escape(said)}</title>", f"<style>\n{_STYLE}</style>", ground, *body, "</svg>\n"])


def _panel(panel: Panel, top: int) -> Iterator[str]:
    across = _scale([x for line in panel.lines for x, _ in line.points], _LEFT, WIDTH - _RIGHT)
    down = _scale([y for line in panel.lines for _, y in line.points], top + _HEIGHT - _BOTTOM, top + _TOP)
    yield f'<text class="title" x="{_LEFT}" y="{top + 28}">{escape(panel.title)}</text>'
    for value in across.decades():
        x = across.place(value)
        yield f'<path class="grid" d="M{x} {down.start}V{down.end}"/>'
        yield f'<text x="{x}" y="{down.start + 20}" text-anchor="middle">{escape(panel.x(value))}</text>'
    for value in down.decades():
        y = down.place(value)
        yield f'<path class="grid" d="M{across.start} {y}H{across.end}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(panel.y(value))}</text>'
    names = list(dict.fromkeys(line.name for line in panel.lines))
    for line in panel.lines:
        yield _path(line, across, down, _COLOURS[names.index(line.name) % len(_COLOURS)])
    yield from _names([line for line in panel.lines if not line.thin and line.points], names, across, down)


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    low = math.floor(math.log10(min(values)) + 1e-9)
    return _Scale(low, max(low + 1, math.ceil(math.log10(max(values)) - 1e-9)), start, end)


def _path(line: Line, across: _Scale, down: _Scale, colour: str) -> str:
    way = "L".join(f"{across.place(x)} {down.place(y)}" for x, y in line.points)
    dots = "" if line.thin else "".join(
        f'<circle cx="{across.place(x)}" cy="{down.place(y)}" r="3" fill="{colour}"/>' for x, y in line.points
    )  # fmt: skip
    return f'<path class="line{" thin" if line.thin else ""}" stroke="{colour}" d="M{way}"/>{dots}'


def _names(lines: Sequence[Line], names: Sequence[str], across: _Scale, down: _Scale) -> Iterator[str]:
    """Each line's name at its end, from the top; those too near are moved down, and all up again if the last is too low."""
    ends = sorted((down.place(line.points[-1][1]), line.name) for line in lines)
    places: list[float] = []
    for wanted, _ in ends:
        places.append(max(wanted, places[-1] + _GAP) if places else wanted)
    for at in range(len(places) - 1, -1, -1):
        most = down.start if at == len(places) - 1 else places[at + 1] - _GAP
        places[at] = min(places[at], most)
    for (_, name), y in zip(ends, places, strict=True):
        colour = _COLOURS[names.index(name) % len(_COLOURS)]
        yield f'<text x="{across.end + 12}" y="{y + 4:.1f}" style="fill:{colour}">{escape(name)}</text>'
