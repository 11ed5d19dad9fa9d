"""The table as one picture: a dot with its interval for each alarm and each figure, as plain SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

PANELS = (
    ("precision", "precision", "of its alarms, how many were right"),
    ("recall", "recall", "of the runs that overfit, how many it flagged"),
    ("false_alarm_rate", "false alarms", "of the runs that do not, how many it accused"),
)
ROW, LEFT, PANEL, GAP, TOP = 26, 210, 190, 40, 56
INK, FAINT, OURS, PEER = "#12161c", "#5b6675", "#0b6bcb", "#8a94a3"


def draw(ours: Mapping[str, Any], peers: Mapping[str, Mapping[str, Any]]) -> str:
    """SVG of `overfitting` beside the peers; the x axis of each panel runs from 0 to 1."""
    rows = [("overfitting (ours)", ours, OURS), *((name, found, PEER) for name, found in peers.items())]
    width = LEFT + len(PANELS) * (PANEL + GAP)
    height = TOP + ROW * len(rows) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui,sans-serif" font-size="13">',
        "<title>Alarms for overfitting on labelled training curves: ours beside other tools' defaults</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for panel, (_, title, meaning) in enumerate(PANELS):
        parts.extend(_frame(LEFT + panel * (PANEL + GAP), title, meaning, TOP + ROW * len(rows)))
    for number, (name, _, colour) in enumerate(rows):
        y = TOP + ROW * number + ROW / 2
        weight = ' font-weight="700"' if number == 0 else ""
        parts.append(
            f'<text x="{LEFT - 16}" y="{y + 4}" text-anchor="end" fill="{INK}"{weight}>{html.escape(name)}</text>'
        )
        for panel, (figure, _, _) in enumerate(PANELS):
            parts.extend(_dot(rows[number][1], figure, LEFT + panel * (PANEL + GAP), y, colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(x: float, title: str, meaning: str, bottom: float) -> list[str]:
    ticks = [
        f'<line x1="{x + PANEL * at}" y1="{TOP - 4}" x2="{x + PANEL * at}" y2="{bottom}" stroke="#d8dde4"/>'
        f'<text x="{x + PANEL * at}" y="{bottom + 18}" text-anchor="middle" fill="{FAINT}" font-size="11">{at:g}</text>'
        for at in (0, 0.5, 1)
    ]
    return [
        *ticks,
        f'<text x="{x}" y="{TOP - 34}" fill="{INK}" font-weight="700">{title}</text>',
        f'<text x="{x}" y="{TOP - 18}" fill="{FAINT}" font-size="10">{html.escape(meaning)}</text>',
    ]


def _dot(found: Mapping[str, Any], figure: str, x: float, y: float, colour: str) -> list[str]:
    value, interval = found[figure], found[f"{figure}_interval"]
    if value is None:
        return [f'<text x="{x}" y="{y + 4}" fill="{FAINT}" font-size="11">never spoke</text>']
    low, high = interval
    return [
        f'<line x1="{x + PANEL * low:.1f}" y1="{y}" x2="{x + PANEL * high:.1f}" y2="{y}" stroke="{colour}" '
        'stroke-width="3" stroke-linecap="round" opacity=".45"/>',
        f'<circle cx="{x + PANEL * value:.1f}" cy="{y}" r="5" fill="{colour}"/>',
    ]
