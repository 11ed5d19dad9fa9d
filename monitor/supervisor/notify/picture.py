"""The two loss curves as a small PNG, for services that show pictures: the report's chart, drawn by Pillow."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.run_dir.reader import RunReader
from monitor.view import palette
from monitor.view.report.blocks import Figure, Line
from monitor.view.report.chart import (
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Scale,
    drawn_lines,
    finite_points,
    name_places,
    scale_of,
)
from monitor.view.report.measured import statistics

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

ZOOM = 2
"""Pixels of the picture per unit of the report's chart: sharp on a phone."""
PAPER, INK, GRID = (palette.light(name) for name in ("surface", "muted", "hairline"))
TITLE_HEIGHT = 28


def picture_of(run_dir: Path) -> bytes | None:
    """A PNG of the first figure of the run's report; None where there is nothing to draw. Raises MonitorError."""
    snapshot = RunReader(run_dir).read(time.time())
    figure = next((block for block in statistics(snapshot) if isinstance(block, Figure)), None)
    return None if figure is None or not drawn_lines(figure) else _drawn(figure, snapshot.run_id)


def _drawn(figure: Figure, run_id: str) -> bytes:
    """The figure as a PNG, on white: a message is read wherever its service shows it."""
    # Imported here: only the process that sends ever draws.
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (WIDTH * ZOOM, (HEIGHT + TITLE_HEIGHT) * ZOOM), PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=12 * ZOOM)
    pen.text(_at(8, -TITLE_HEIGHT + 8), f"{run_id} · {figure.title}, by epoch", fill=INK, font=font)
    scale = scale_of(figure)
    _grid(pen, scale, font)
    lines = drawn_lines(figure)
    for line in lines:
        _curve(pen, scale, line, palette.light(palette.curve(line.name)))
    for y, name in name_places(lines, scale):
        pen.text(_at(WIDTH - RIGHT + 8, y), name, fill=palette.light(palette.curve(name)), font=font, anchor="lm")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _grid(pen: ImageDraw, scale: Scale, font: FreeTypeFont | ImageFont) -> None:
    for y, name in scale.levels():
        pen.line([_at(LEFT, y), _at(WIDTH - RIGHT, y)], fill=GRID, width=ZOOM)
        pen.text(_at(LEFT - 8, y), name, fill=INK, font=font, anchor="rm")
    for x, name in scale.epochs():
        pen.text(_at(x, HEIGHT - 16), name, fill=INK, font=font, anchor="mm")


def _curve(pen: ImageDraw, scale: Scale, line: Line, colour: str) -> None:
    points = [_at(scale.x(x), scale.y(y)) for x, y in finite_points(line)]
    pen.line(points, fill=colour, width=(1 if line.dashed else 2) * ZOOM, joint="curve")


def _at(x: float, y: float) -> tuple[float, float]:
    return x * ZOOM, (y + TITLE_HEIGHT) * ZOOM
