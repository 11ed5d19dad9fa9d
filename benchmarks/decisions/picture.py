"""Regret against saving, one dot for each policy, as plain SVG: the further right and down, the better."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

WIDTH, HEIGHT, LEFT, TOP = 800, 410, 60, 50
PLOT_WIDTH, PLOT_HEIGHT = 430, 310
INK, FAINT, OURS, PEER = "#12161c", "#5b6675", "#0b6bcb", "#8a94a3"


def draw(found: Mapping[str, Mapping[str, Any]]) -> str:
    """SVG; x: mean share of evaluations saved, y: share of the stops regretted by more than 2 %."""
    most = math.ceil(10 * max(0.1, *(row["saved"] for row in found.values()))) / 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui,sans-serif" font-size="12">',
        "<title>Stopping policies on recorded runs: share of regretted stops against evaluations saved</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" fill="{INK}" font-weight="700" font-size="14">Regretted stops against savings</text>',
        *_axes(most),
    ]
    for number, (name, row) in enumerate(found.items(), 1):
        colour = OURS if name.startswith("our") else PEER
        y = TOP + 16 * number - 8
        label = f'<text x="{LEFT + PLOT_WIDTH + 24}" y="{y}" fill="{INK}">{number}  {html.escape(name)}'
        if not row["stops"]:
            parts.append(f"{label} (never stopped)</text>")
            continue
        across, down = _place(row, most)
        parts += [
            f"{label}</text>",
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="9" fill="{colour}"/>',
            f'<text x="{across:.1f}" y="{down + 4:.1f}" text-anchor="middle" fill="#ffffff" font-size="10">'
            f"{number}</text>",
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _place(row: Mapping[str, Any], most: float) -> tuple[float, float]:
    share = row["regretted"]["2 %"] / row["stops"]
    return LEFT + PLOT_WIDTH * row["saved"] / most, TOP + PLOT_HEIGHT * (1 - share)


def _axes(most: float) -> list[str]:
    bottom, parts = TOP + PLOT_HEIGHT, []
    for at in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, x = bottom - PLOT_HEIGHT * at, LEFT + PLOT_WIDTH * at
        parts += [
            f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + PLOT_WIDTH}" y2="{y}" stroke="#d8dde4"/>',
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="{FAINT}">{100 * at:.0f} %</text>',
            f'<text x="{x}" y="{bottom + 18}" text-anchor="middle" fill="{FAINT}">{100 * at * most:.0f} %</text>',
        ]
    middle = LEFT + PLOT_WIDTH / 2
    return [
        *parts,
        f'<text x="{middle}" y="{bottom + 40}" text-anchor="middle" fill="{FAINT}">evaluations saved (mean)</text>',
        f'<text x="{LEFT}" y="{TOP - 10}" fill="{FAINT}">stops with more than 2 % regret</text>',
    ]
