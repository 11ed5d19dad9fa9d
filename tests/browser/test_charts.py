"""The charts of a live run: smoothing with the raw line behind, ranges, forecast, goal, one cursor over all."""

import pytest

from monitor.run_dir import Floors
from monitor.writer import RunWriter
from tests import fake_runs
from tests.browser.conftest import ROOT, wait_until
from tests.browser.test_page_states import open_run

pytestmark = pytest.mark.browser


FLOORS = Floors(wer_constant=0.9, loss_unigram=4.0)
CURSORS = """() => ["loss", "metric", "words"].map((id) =>
  !document.querySelector(`[data-testid=chart-${id}]`).parentNode.querySelector(".vs-cursor").hidden)"""


def chart(name):
    return f"document.querySelector('[data-testid=chart-{name}]')"


@pytest.fixture
def live(dashboard, request):
    """Twenty evaluations of a run that goes on; its first loss is ten times the rest."""
    name = request.node.name[-40:]
    with RunWriter(dashboard.runs / name, floors=FLOORS, epochs=80) as run:
        for epoch in range(1, 21):
            loss = 44.6 if epoch == 1 else 2 + 3 / epoch
            run.log_epoch(epoch, train_loss=loss, val_loss=loss + 0.2, val_wer=0.95 - 0.02 * epoch, length_ratio=0.9)
        yield name


def test_what_can_be_set_about_the_charts_does_what_it_says(dashboard, tab, live):
    page = tab()
    open_run(page, dashboard, live)
    page.wait_for_function(f"() => {chart('metric')}._fullLayout")
    names = page.evaluate(f"() => {chart('metric')}.data.map((trace) => trace.name)")
    assert "expected" in names, "a live run's WER has no forecast"
    assert page.evaluate(f"() => {chart('metric')}._fullLayout.xaxis.range[1]") > 20
    labels = page.get_by_test_id("chart-metric").locator("xpath=..").locator(".vs-chart-label")
    said = set(labels.all_inner_texts())
    # A goal is drawn only where somebody set one.
    assert "chance 90.0" in said and not any(text.startswith("goal") for text in said)

    assert page.evaluate(f"() => {chart('loss')}._fullLayout.yaxis.range[1]") < 10
    assert "Above this range: 44.6 and 44.8 at epoch 1" in page.locator(".vs-chart-note").first.inner_text()
    page.get_by_test_id("scale-everything").click()
    assert page.evaluate(f"() => {chart('loss')}._fullLayout.yaxis.range[1]") > 44.8
    page.get_by_test_id("smooth-0.6").click()
    names = page.evaluate(f"() => {chart('loss')}.data.map((trace) => trace.name)")
    assert {"val, raw", "val, smoothed", "train, raw", "train, smoothed"} <= set(names)


def test_the_pointer_in_one_chart_draws_a_line_at_the_same_place_in_the_others(dashboard, tab, live):
    page = tab()
    open_run(page, dashboard, live)
    page.wait_for_function(f"() => {chart('words')}._fullLayout")
    page.get_by_test_id("chart-metric").scroll_into_view_if_needed()
    box = page.get_by_test_id("chart-metric").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    wait_until(lambda: page.evaluate(CURSORS) == [True, False, True], why="the other charts show no cursor")
    page.mouse.move(5, 5)
    wait_until(lambda: not any(page.evaluate(CURSORS)), why="the cursor stayed")


def bands(tab):
    """The function of the page itself, in an empty tab."""
    folder = ROOT / "monitor" / "ui" / "static"
    source = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("words.js", "bands.js"))
    page = tab()
    return lambda *given: page.evaluate(f"(given) => {{ {source}; return banded(...given); }}", list(given))


def test_a_step_series_with_more_points_than_pixels_is_least_most_and_median(tab):
    banded = bands(tab)
    x = list(range(1000))
    y = [float(place % 10) for place in x]
    assert banded(x, y, None, 1000) is None, "a line had room for every point"
    found = banded(x, y, None, 100)
    assert len(found["x"]) == 50
    assert (set(found["low"]), set(found["high"]), set(found["mid"])) == ({0.0}, {9.0}, {4.5})
    assert found["x"] == sorted(found["x"])
    spike = banded(x, [*y[:500], 1e6, *y[501:]], None, 100)
    assert max(spike["high"]) == 1e6, "a single bad step is never thinned away"
    assert set(spike["mid"]) <= {4.0, 4.5, 5.0}
    assert banded(x, ["nan"] * 1000, None, 100) is None
    assert banded(x, y, [100, 150], 100) is None, "what a zoom shows has room for every point"


def test_thousands_of_steps_are_drawn_as_a_band_and_a_zoom_shows_the_points(dashboard, tab):
    with RunWriter(dashboard.runs / "long_steps", epochs=20) as run:
        for step in range(1, 6001):
            run.log_step(step, epoch=step // 1000, train_loss=3 + (step % 7) / 7, lr=1e-3, grad_norm=1 + step % 5)
            if step % 1000 == 0:
                run.log_epoch(step // 1000, step=step, train_loss=3.5, val_loss=3.6, val_wer=0.9)
    page = tab()
    open_run(page, dashboard, "long_steps")
    page.get_by_test_id("machine").locator("summary").click()
    page.wait_for_function(f"() => {chart('norm')}._fullLayout")
    low, high = page.evaluate(f"() => {chart('lr')}._fullLayout.yaxis.range")
    assert 0 < low < 1e-3 < high < 2e-3, "a constant lies where it is, not on 0"
    shapes = page.evaluate(f"() => {chart('norm')}.data.map((trace) => [trace.name, trace.x.length])")
    assert [name for name, _ in shapes] == ["", "norm, least to most", "norm, median"]
    assert max(length for _, length in shapes) <= page.get_by_test_id("chart-norm").bounding_box()["width"]
    page.evaluate(f"() => Plotly.relayout({chart('norm')}, {{'xaxis.range[0]': 1000, 'xaxis.range[1]': 1040}})")
    page.wait_for_function(f"() => {chart('norm')}.data.length === 1")
    page.get_by_test_id("reset-norm").click()
    page.wait_for_function(f"() => {chart('norm')}.data.length === 3")

    page.get_by_test_id("axis-step").click()
    page.wait_for_function(f"() => {chart('loss')}.data.some((trace) => trace.name === 'train, each step, median')")


def log_what_turns_bad(run, epoch):
    """One evaluation of a run whose val loss turns at epoch 10 while its WER comes to rest."""
    train = max(0.1, 3.0 - 0.2 * epoch)
    val = 3.2 - 0.15 * epoch if epoch <= 10 else 1.7 + 0.06 * (epoch - 10)
    wer = max(0.5, 0.95 - 0.05 * epoch)
    run.log_epoch(epoch, train_loss=train, train_eval_loss=train, val_loss=val, val_wer=wer)


def test_under_stop_in_a_low_window_320_px_of_the_loss_chart_are_above_the_fold(dashboard, tab):
    with RunWriter(
        dashboard.runs / "folded", floors=Floors(wer_constant=0.9, loss_unigram=4.0), gap_basis="eval", epochs=60
    ) as run:
        for epoch in range(1, 31):
            log_what_turns_bad(run, epoch)
        page = tab(height=768)
        open_run(page, dashboard, "folded")
        page.get_by_test_id("verdict").get_by_text("STOP", exact=True).wait_for()
        page.get_by_test_id("gap-alarm").wait_for()
        top = page.get_by_test_id("chart-loss").bounding_box()["y"]
        assert 768 - top >= 320
        verdict = page.get_by_test_id("verdict")
        cut = verdict.evaluate("(node) => node.scrollHeight - node.clientHeight")
        assert cut <= 0, "something of the verdict is cut"


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(entry.value)))
  .observe({type: "layout-shift", buffered: true});
"""


def test_hardly_anything_moves_while_a_healthy_run_turns_bad_under_the_eyes_and_ends(dashboard, tab):
    page = tab(height=768)
    page.add_init_script(SHIFTS)
    words = []
    with RunWriter(
        dashboard.runs / "shifting", floors=Floors(wer_constant=0.9, loss_unigram=4.0), gap_basis="eval", epochs=30
    ) as run:
        for epoch in range(1, 31):
            log_what_turns_bad(run, epoch)
            if epoch == 3:
                open_run(page, dashboard, "shifting")
                page.wait_for_function(f"() => {chart('loss')}._fullLayout")
            if epoch >= 3:
                page.locator(".vs-header").get_by_text(f"epoch {epoch}/30").wait_for()
                words.append(page.locator(".vs-verdict-word").inner_text())
    page.locator(".vs-verdict-word").get_by_text("ENDED").wait_for()
    assert {"KEEP GOING", "STOP"} <= set(words)
    assert sum(page.evaluate("() => window.shifts")) < 0.02


@pytest.mark.parametrize("width", [390, 1360])
def test_no_name_of_a_flag_beside_the_chart_is_cut(dashboard, tab, width):
    if not (dashboard.runs / "overfitting").exists():
        fake_runs.overfitting(dashboard.runs)
    page = tab(width, 1400)
    open_run(page, dashboard, "overfitting")
    labels = page.get_by_test_id("chart-loss").locator("xpath=..").locator(".vs-chart-label")
    labels.filter(has_text="Gap between").wait_for()
    said = [text.replace("\n", " ") for text in labels.all_inner_texts()]
    assert {"Gap between train and val loss", "Overfitting", "Val loss rising"} <= set(said)
    assert labels.evaluate_all("nodes => nodes.filter((node) => node.scrollWidth > node.clientWidth + 1).length") == 0
    inside = "nodes => nodes.every((node) => node.getBoundingClientRect().right <= innerWidth)"
    assert labels.evaluate_all(inside)
