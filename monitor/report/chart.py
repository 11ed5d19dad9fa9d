"""A small line chart as SVG text: no script, no library, readable in both themes of the page around it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator

from monitor.report.blocks import Figure, Line

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 150, 14, 34
COLOURS = ("var(--a)", "var(--b)", "var(--c)", "var(--c)")
SPREAD = 16
"""Pixels that two names at the right edge keep between them."""


def chart(figure: Figure) -> str:
    """The figure, or nothing where no curve has two finite points."""
    lines = [line for line in figure.lines if len(_finite(line)) > 1]
    if not lines:
        return ""
    scale = _Scale([point for line in lines for point in _finite(line)], figure.percent)
    parts = [*scale.grid(), *(_curve(line, place, scale) for place, line in enumerate(lines)), *_names(lines, scale)]
    title = html.escape(figure.title + (" (wild values at the edge)" if scale.cut else "") + ", by epoch")
    return (
        f'<figure><figcaption>{title}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}">{"".join(parts)}</svg></figure>'
    )


def _finite(line: Line) -> list[tuple[float, float]]:
    return [(x, y) for x, y in line.points if math.isfinite(x) and math.isfinite(y)]


class _Scale:
    """Epochs and values → pixels. Single wild values are drawn at the edge: the axis ends at four times the median."""

    def __init__(self, points: list[tuple[float, float]], percent: bool) -> None:
        xs, ys = [x for x, _ in points], sorted(y for _, y in points)
        self.percent = percent
        self.left, self.right = min(xs), max(max(xs), min(xs) + 1e-9)
        usual = 4 * abs(ys[len(ys) // 2])
        top = max((y for y in ys if y <= usual), default=ys[-1])
        lowest = min(0.0, max(ys[0], -usual))
        self.step = _round_step(max(top - lowest, 1e-9) / 4)
        self.low = self.step * math.floor(lowest / self.step)
        self.high = self.step * math.ceil(max(top, 1e-9) / self.step - 1e-9)
        self.cut = ys[-1] > self.high or ys[0] < self.low

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.left) / (self.right - self.left)

    def y(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def grid(self) -> Iterator[str]:
        for place in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + self.step * place
            label = f"{100 * value:.0f} %" if self.percent else f"{value:.6g}"
            y = self.y(value)
            yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        step = _round_step((self.right - self.left) / 6)
        for place in range(math.ceil(self.left / step), math.floor(self.right / step) + 1):
            at = f'x="{self.x(place * step):.1f}" y="{HEIGHT - 12}"'
            yield f'<text {at} text-anchor="middle">{place * step:.6g}</text>'


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is no less."""
    power = 10 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least * (1 - 1e-9))


def _curve(line: Line, place: int, scale: _Scale) -> str:
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in _finite(line))
    dash = ' stroke-dasharray="5 5"' if line.dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{_colour(place)}" stroke-width="2"{dash}/>'


def _names(lines: list[Line], scale: _Scale) -> Iterator[str]:
    """Each curve's name at its end, moved apart where they would overlap."""
    ends = sorted((scale.y(_finite(line)[-1][1]), place, line.name) for place, line in enumerate(lines))
    last = -math.inf
    for y, place, name in ends:
        last = max(y, last + SPREAD)
        yield (
            f'<text x="{WIDTH - RIGHT + 8}" y="{last + 4:.1f}" style="fill:{_colour(place)}">{html.escape(name)}</text>'
        )


def _colour(place: int) -> str:
    return COLOURS[min(place, len(COLOURS) - 1)]
