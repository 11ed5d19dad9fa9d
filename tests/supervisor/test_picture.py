"""The picture of a message: the two loss curves in the report's colours, or none."""

import io

import pytest
from PIL import Image

from monitor.run_dir.errors import MonitorError
from monitor.supervisor.notify import picture
from monitor.view import palette
from monitor.view.report.blocks import Figure
from monitor.view.report.chart import HEIGHT, LEFT, RIGHT, WIDTH, drawn_lines
from monitor.view.report.measured import statistics
from monitor.writer import RunWriter
from tests.fake_runs import empty, newer_schema, overfitting, read


def colours_of(image):
    return {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in image.getcolors(1_000_000)}


@pytest.fixture
def drawn(tmp_path):
    image = Image.open(io.BytesIO(picture.picture_of(overfitting(tmp_path))))
    assert image.format == "PNG"
    return image.convert("RGB")


def test_both_curves_are_drawn_in_the_colours_of_the_report(drawn):
    assert drawn.size == (WIDTH * picture.ZOOM, (HEIGHT + picture.TITLE_HEIGHT) * picture.ZOOM)
    names = ("train", "val")
    assert {palette.light(palette.curve(name)).lower() for name in names} <= colours_of(drawn)
    assert {picture.PAPER.lower(), picture.GRID.lower(), picture.INK.lower()} <= colours_of(drawn)


def test_the_title_names_of_curves_and_levels_stand_outside_the_plot(drawn):
    zoom, top = picture.ZOOM, picture.TITLE_HEIGHT * picture.ZOOM
    bottom = top + (HEIGHT - 28) * zoom
    for part in (
        (0, 0, drawn.width, top),
        (0, top, (LEFT - 8) * zoom, bottom),
        ((WIDTH - RIGHT + 8) * zoom, top, drawn.width, bottom),
        (LEFT * zoom, bottom, (WIDTH - RIGHT) * zoom, drawn.height),
    ):
        assert len(colours_of(drawn.crop(part))) > 1, part


def test_a_curve_passes_through_its_points(tmp_path, drawn):
    figure = next(each for each in statistics(read(tmp_path / "overfitting")) if isinstance(each, Figure))
    scale = picture.scale_of(figure)
    for line in drawn_lines(figure):
        wanted = palette.light(palette.curve(line.name)).lower()
        for x, y in list(picture.finite_points(line))[1:-1:7]:
            left, upper = (round(place) for place in picture._at(scale.x(x), scale.y(y)))
            around = drawn.crop((left - 3, upper - 3, left + 4, upper + 4))
            assert wanted in colours_of(around), (line.name, x)


def test_where_there_is_nothing_to_draw_there_is_no_picture(tmp_path):
    assert picture.picture_of(empty(tmp_path)) is None
    with RunWriter(tmp_path / "young") as run:
        run.log_epoch(1, train_loss=1.0, val_loss=2.0)
    assert picture.picture_of(tmp_path / "young") is None, "one evaluation is no curve"
    with pytest.raises(MonitorError):
        picture.picture_of(newer_schema(tmp_path))
