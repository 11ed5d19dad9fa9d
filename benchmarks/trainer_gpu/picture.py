"""The results as pictures, plain SVG: a bar for each setting, a curve for each run of the study."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from monitor.view.palette import light
from monitor.view.report.blocks import Figure, Line
from monitor.view.report.chart import BOTTOM, HEIGHT, TOP, WIDTH, drawn_lines, finite_points, name_places, scale_of

ROW, LEFT, BARS = 24, 230, 470
STYLE = f"<style>text{{fill:{light('muted')}}} .axis{{stroke:{light('hairline')}}}</style>"
ACROSS = HEIGHT + TOP + BOTTOM


def _svg(height: int, title: str, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-size="12" '
        f'font-family="system-ui,sans-serif"><title>{html.escape(title)}</title>{STYLE}'
        f'<rect width="{WIDTH}" height="{height}" fill="{light("surface")}"/>' + "\n".join(parts) + "</svg>\n"
    )


def bars(result: dict[str, Any]) -> str:
    """Clips a second of each setting; the bars of a network are as long as its fastest allows."""
    parts, y = [], 30
    for network, rows in result["speed"].items():
        speeds = {setting: row.get("clips_per_sec") for setting, row in rows.items()}
        most = max((speed for speed in speeds.values() if speed), default=1.0)
        parts.append(f'<text x="12" y="{y}" font-weight="700">{html.escape(network)}, clips/s</text>')
        for setting, speed in speeds.items():
            y += ROW
            parts.extend(_bar(y, setting, speed, BARS * (speed or 0.0) / most))
        y += 2 * ROW
    title = f"Clips a second by setting, {result['device']}"
    return _svg(y, title, parts)


def _bar(y: int, setting: str, speed: float | None, length: float) -> Iterator[str]:
    yield f'<text x="{LEFT - 10}" y="{y}" text-anchor="end">{html.escape(setting)}</text>'
    yield f'<rect x="{LEFT}" y="{y - 11}" width="{max(length, 0.5):.1f}" height="14" fill="{light("train")}"/>'
    said = "failed" if speed is None else f"{speed:.3g}"
    # Long bars hold their figure inside.
    inside = length > BARS / 2
    x, anchor, fill = (LEFT + length - 6, "end", light("surface")) if inside else (LEFT + length + 6, "start", "")
    yield f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}"{f" style={chr(34)}fill:{fill}{chr(34)}" if fill else ""}>'
    yield f"{said}</text>"


def curves(figures: list[Figure]) -> str:
    """One chart under the other; solid lines are blue, dashed ones orange."""
    parts: list[str] = []
    for place, figure in enumerate(figures):
        lines = drawn_lines(figure)
        body = [*scale_of(figure).grid(), *_lines(figure, lines)] if lines else []
        title = f'<text x="12" y="0" font-weight="700">{html.escape(figure.title)}</text>'
        parts.append(f'<g transform="translate(0 {place * ACROSS + 20})">{title}{"".join(body)}</g>')
    return _svg(len(figures) * ACROSS, ", ".join(figure.title for figure in figures), parts)


def _lines(figure: Figure, lines: list[Line]) -> Iterator[str]:
    scale = scale_of(figure)
    colours = {line.name: light("val" if line.dashed else "train") for line in lines}
    for line in lines:
        path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in finite_points(line))
        dash = ' stroke-dasharray="5 5"' if line.dashed else ""
        yield f'<polyline points="{path}" fill="none" stroke="{colours[line.name]}" stroke-width="2"{dash}/>'
    for y, name in name_places(lines, scale):
        yield f'<text x="{WIDTH - 142}" y="{y + 4:.1f}" style="fill:{colours[name]}">{html.escape(name)}</text>'
