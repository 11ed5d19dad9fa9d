"""Each colour stands once, in monitor/view/palette.py; what is drawn anywhere takes it from there."""

import re
import tomllib
from pathlib import Path

import pytest

from monitor.ui import assets
from monitor.ui.door import DOOR
from monitor.ui.firstpaint import STYLE as FIRST_STYLE
from monitor.view import palette
from monitor.view.report.blocks import Figure, Line
from monitor.view.report.chart import chart
from monitor.view.report.page import STYLE as REPORT_STYLE

ROOT = Path(__file__).resolve().parent.parent.parent
HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b(?![-\w])")
SHADOWS = re.compile(r"rgba?\((?!0, ?0, ?0, ?[\d.]+\))")
"""Black that lets light through is a shadow, or no paint at all; it has no name in the palette."""
NAMED = re.compile(r"var\(--vs-([\w-]+)\)")


def written():
    kinds = {".py", ".js", ".css", ".html", ".svg", ".json"}
    return [path for path in sorted((ROOT / "monitor").rglob("*")) if path.suffix in kinds]


def test_no_colour_stands_outside_the_palette():
    for path in written():
        if path != Path(palette.__file__):
            text = path.read_text(encoding="utf-8")
            assert HEX.findall(text) + SHADOWS.findall(text) == [], path


def test_every_colour_that_is_used_has_a_name_in_the_palette_and_every_name_is_used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in written())
    inks = set(re.findall(r"\bink\.(\w+)", text))
    used = set(NAMED.findall(text))
    assert set(palette.COLOURS) == used | inks


@pytest.mark.parametrize("name", sorted(palette.COLOURS))
def test_a_colour_is_six_digits_in_both_schemes(name):
    """The charts put two more behind them, for an area that lets the grid through."""
    assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in palette.COLOURS[name])


@pytest.mark.parametrize("style", [DOOR, FIRST_STYLE, REPORT_STYLE], ids=["door", "first paint", "report"])
def test_a_page_of_its_own_brings_every_colour_that_it_names(style):
    given = dict(re.findall(r"--vs-([\w-]+):([^;]+);", style))
    assert set(NAMED.findall(style)) <= set(given)
    assert "{colours}" not in style
    for name, value in given.items():
        assert any(each in value for each in palette.COLOURS[name])


def test_the_page_has_all_colours_of_both_schemes_before_its_own_rules():
    head = assets.styles().partition("/*")[0]
    for pair in palette.COLOURS.values():
        assert all(value in head for value in pair)


def test_train_and_val_have_the_colours_of_the_page_in_the_report_whatever_their_order():
    val, train = Line("val", ((1.0, 2.0), (2.0, 1.0))), Line("train", ((1.0, 1.5), (2.0, 0.5)))
    yard = Line("chance loss", ((1.0, 3.0), (2.0, 3.0)), dashed=True)
    for lines in ((val, train, yard), (train, yard, val), (yard, train)):
        drawn = chart(Figure("Loss", lines))
        strokes = re.findall(r'stroke="var\(--vs-([\w-]+)\)"', drawn)
        assert strokes == [{"chance loss": "muted"}.get(line.name, line.name) for line in lines]
        named = dict(re.findall(r'style="fill:var\(--vs-([\w-]+)\)">([^<]+)<', drawn))
        assert all(colour == {"chance loss": "muted"}.get(name, name) for colour, name in named.items())


THEME = {"primaryColor": "accent", "backgroundColor": "page", "textColor": "text", "borderColor": "hairline"}
FILL = {"light": "sunken", "dark": "surface"}
"""What Streamlit fills its fields with: darker than the page in the light scheme, lighter in the dark one."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_streamlits_theme_agrees(scheme):
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][scheme]
    wanted = {**THEME, "secondaryBackgroundColor": FILL[scheme]}
    place = ("light", "dark").index(scheme)
    assert {key: value.lower() for key, value in theme.items()} == {
        key: palette.COLOURS[name][place] for key, name in wanted.items()
    }
