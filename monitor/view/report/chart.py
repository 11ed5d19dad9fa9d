"""A small line chart as SVG text: no script, no library, readable in both themes of the page around it."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator

from monitor.view import palette
from monitor.view.report.blocks import Figure, Line

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 150, 14, 34
SPREAD = 16
"""Pixels that two names at the right edge keep between them."""


def chart(figure: Figure) -> str:
    """The figure, or nothing where no curve has two finite points."""
    lines = drawn_lines(figure)
    if not lines:
        return ""
    scale = scale_of(figure)
    parts = [*scale.grid(), *(_curve(line, scale) for line in lines), *_names(lines, scale)]
    title = html.escape(figure.title + (" (wild values at the edge)" if scale.cut else "") + ", by epoch")
    return (
        f'<figure><figcaption>{title}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}">{"".join(parts)}</svg></figure>'
    )


def picture(figure: Figure) -> str:
    """The same as a file of its own: on white, with the light colours as plain values, for a paper or a slide."""
    lines = drawn_lines(figure)
    scale = scale_of(figure)
    parts = "".join([*scale.grid(), *(_curve(line, scale) for line in lines), *_names(lines, scale)])
    coloured = re.sub(r"var\(--vs-(\w+)\)", lambda name: palette.light(name[1]), parts)
    style = f"text{{fill:{palette.light('muted')};font:12px sans-serif}}.axis{{stroke:{palette.light('hairline')}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{html.escape(figure.title)}, by epoch</title><style>{style}</style>{coloured}</svg>\n"
    )


def drawn_lines(figure: Figure) -> list[Line]:
    """The lines with at least two finite points."""
    return [line for line in figure.lines if len(finite_points(line)) > 1]


def scale_of(figure: Figure) -> Scale:
    """The scale for the lines that are drawn; there must be one."""
    return Scale([point for line in drawn_lines(figure) for point in finite_points(line)], figure.percent)


def finite_points(line: Line) -> list[tuple[float, float]]:
    """Its (epoch, value) without NaN and infinity."""
    return [(x, y) for x, y in line.points if math.isfinite(x) and math.isfinite(y)]


class Scale:
    """Epochs and values → pixels. Single wild values are drawn at the edge: the axis ends at four times the median."""

    def __init__(self, points: list[tuple[float, float]], percent: bool) -> None:
        xs, ys = [x for x, _ in points], sorted(y for _, y in points)
        self.percent = percent
        self.left = min(xs)
        self.right = max(max(xs), self.left + max(1e-9, 1e-9 * abs(self.left)))
        usual = 4 * abs(ys[len(ys) // 2])
        # Zero is on the axis, also above a curve that is negative throughout.
        top = max(1e-9, max((y for y in ys if y <= usual), default=ys[-1]))
        lowest = min(0.0, max(ys[0], -usual))
        self.step = _round_step((top - lowest) / 4)
        self.low = self.step * math.floor(lowest / self.step)
        self.high = self.step * math.ceil(top / self.step - 1e-9)
        self.cut = ys[-1] > self.high or ys[0] < self.low

    def x(self, value: float) -> float:
        """Pixels from the left edge, of an epoch."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.left) / (self.right - self.left)

    def y(self, value: float) -> float:
        """Pixels from the upper edge; a value that is off the axis lies at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def levels(self) -> Iterator[tuple[float, str]]:
        """(y, its name) of each line across."""
        for place in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + self.step * place
            yield self.y(value), f"{100 * value:.0f} %" if self.percent else f"{value:.6g}"

    def epochs(self) -> Iterator[tuple[float, str]]:
        """(x, its name) of some epochs, evenly spaced."""
        step = _round_step((self.right - self.left) / 6)
        for place in range(math.ceil(self.left / step), math.floor(self.right / step) + 1):
            yield self.x(place * step), f"{place * step:.6g}"

    def grid(self) -> Iterator[str]:
        """SVG of the lines across and the names of both axes."""
        for y, name in self.levels():
            yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
        for x, name in self.epochs():
            yield f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{name}</text>'


def name_places(lines: list[Line], scale: Scale) -> Iterator[tuple[float, str]]:
    """(y, name) of each curve's name at its end, moved apart where they would overlap."""
    ends = sorted((scale.y(finite_points(line)[-1][1]), line.name) for line in lines)
    last = -math.inf
    for y, name in ends:
        last = max(y, last + SPREAD)
        yield last, name


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is no less."""
    # Epochs that a foreign writer places within a hair, or at the ends of all numbers, have a logarithm too.
    least = min(max(least, 1e-300), 1e308)
    power = 10 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least * (1 - 1e-9))


def _curve(line: Line, scale: Scale) -> str:
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in finite_points(line))
    dash = ' stroke-dasharray="5 5"' if line.dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{_colour(line.name)}" stroke-width="2"{dash}/>'


def _names(lines: list[Line], scale: Scale) -> Iterator[str]:
    for y, name in name_places(lines, scale):
        yield f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}" style="fill:{_colour(name)}">{html.escape(name)}</text>'


def _colour(name: str) -> str:
    return f"var(--vs-{palette.curve(name)})"
