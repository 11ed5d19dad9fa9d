"""Severity and errors are told apart by people who see no or few colours: drawn as they see it, and measured."""

import io

import numpy as np
import pytest
from PIL import Image, ImageChops

from monitor.writer import RunWriter
from tests.browser.test_page_states import open_run

pytestmark = pytest.mark.browser

REFERENCES = ["MORGEN REGEN NORD SUED"] * 3
SAID = ["MORGEN WOLKE ABER NORD", "MORGEN REGEN NORD", "MORGEN"]
BORDERS = {"s": "solid", "d": "dashed", "i": "solid"}
SEVERITIES = {"critical": "⬣", "warning": "▲", "info": "○"}


@pytest.fixture(scope="module")
def spread(dashboard):
    """A run with a flag of each severity, and a prediction with each kind of error."""
    with RunWriter(dashboard.runs / "spread", gap_basis="eval", epochs=40) as run:
        for epoch in range(1, 41):
            run.log_decodes(epoch, SAID, references=REFERENCES)
            val = 5.0 / epoch + 0.1 if epoch < 12 else 0.55 + 0.03 * epoch
            train, lr = 3.0 / epoch, 1e-3 if epoch < 12 else 1e-4
            run.log_epoch(epoch, train_loss=train, train_eval_loss=train, val_loss=val, val_wer=0.5, lr=lr)
    return "spread"


def seen_by(page, deficiency, locator):
    """The element's pixels as somebody with this deficiency sees them."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    picture = Image.open(io.BytesIO(locator.screenshot())).convert("RGB")
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    return picture


def contrast(picture):
    """Between the lightest and the darkest pixel, as WCAG counts it."""

    value = np.asarray(picture) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    return (light.max() + 0.05) / (light.min() + 0.05)


def unlike(one, other):
    """Share of the pixels in which two pictures differ clearly, the smaller one laid over the middle of the other."""
    size = (max(one.width, other.width), max(one.height, other.height))
    pair = []
    for picture in (one, other):
        laid = Image.new("L", size, picture.convert("L").getpixel((0, 0)))
        laid.paste(picture.convert("L"), ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
        pair.append(laid)
    difference = ImageChops.difference(*pair).point(lambda value: 255 * (value > 60))
    return difference.histogram()[255] / (size[0] * size[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("deficiency", ["achromatopsia", "deuteranopia", "protanopia", "tritanopia"])
def test_errors_and_severities_differ_in_shape_for_every_eye(dashboard, tab, spread, scheme, deficiency):
    page = tab(color_scheme=scheme)
    open_run(page, dashboard, spread)
    glyphs = {}
    for severity, glyph in SEVERITIES.items():
        node = page.locator(f"[data-testid=flags] [data-severity={severity}] .vs-glyph").first
        assert node.inner_text() == glyph
        glyphs[severity] = seen_by(page, deficiency, node)
    if deficiency == "achromatopsia":
        assert np.ptp(np.asarray(glyphs["critical"]), axis=2).max() == 0, "colours were not taken away"
    for severity, picture in glyphs.items():
        assert contrast(picture) >= 3, f"{severity} is not seen"
        others = [other for name, other in glyphs.items() if name != severity]
        assert min(unlike(picture, other) for other in others) > 0.03, f"{severity} looks like another"

    page.get_by_test_id("tab-predictions").click()
    for kind, style in BORDERS.items():
        chip = page.locator(f"[data-testid=predictions] .vs-kind-{kind} .vs-said").first
        assert chip.evaluate("node => getComputedStyle(node).borderTopStyle") == style
        assert chip.text_content()[0] == {"s": "≠", "d": "∅", "i": "+"}[kind]
        assert contrast(seen_by(page, deficiency, chip)) >= 4.5
    underlined = page.locator("[data-testid=predictions] .vs-kind-s .vs-said").first
    assert "dotted" in underlined.evaluate("node => getComputedStyle(node).textDecoration")


def test_words_in_one_line_keep_their_borders(dashboard, tab, spread):
    page = tab()
    open_run(page, dashboard, spread)
    chips = page.get_by_test_id("three").locator(".vs-kind-s .vs-said, .vs-kind-i .vs-said")
    chips.first.wait_for()
    colours = "node => [getComputedStyle(node).borderTopColor, getComputedStyle(node).color]"
    for chip in chips.all():
        border, ink = chip.evaluate(colours)
        assert border == ink
