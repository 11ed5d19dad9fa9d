"""What the page shows when there is little, odd or hostile to show, and to whom."""

import contextlib
import os
import signal
import time

import psutil
import pytest

from monitor.run_dir import Floors
from monitor.writer import Metric, RunWriter
from tests.browser.conftest import ROOT, wait_until

pytestmark = pytest.mark.browser

EPOCHS = 12
HOSTILE = (
    "<img src=x onerror=window.hacked=1> <script>window.hacked=2</script> "
    "[a](javascript:window.hacked=3) **bold** $x^2$ :smile: " + "W" * 3000
)


def write_run(dashboard, name, epochs=EPOCHS, hypothesis="MORGEN SONNE", reference="MORGEN REGEN SONNE"):
    """A finished run of a script of somebody else, as the writer leaves it."""
    floors = Floors(wer_constant=0.9, loss_unigram=4.0, blank_ratio=0.7)
    with RunWriter(dashboard.runs / name, floors=floors, gap_basis="eval", epochs=epochs) as run:
        for epoch in range(1, epochs + 1):
            run.log_decodes(epoch, [hypothesis] * 3, references=[reference] * 3)
            run.log_epoch(
                epoch,
                train_loss=4.0 / epoch,
                train_eval_loss=3.9 / epoch,
                val_loss=3.0 + 0.05 * epoch,
                val_wer=0.8 - 0.01 * epoch,
                length_ratio=0.9,
            )
    return name


@pytest.fixture(scope="module")
def written(dashboard):
    return write_run(dashboard, "written")


def open_run(page, dashboard, run, **how):
    page.goto(dashboard.link(run, **how))
    page.get_by_test_id("vitalsigns").wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=flags]')?.dataset.seq")


def sideways(page):
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [400, 1360, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_fits_every_width_in_both_themes(dashboard, tab, written, width, scheme):
    page = tab(width=width, color_scheme=scheme)
    open_run(page, dashboard, written)
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')._fullLayout")
    root = page.get_by_test_id("vitalsigns")
    assert root.get_attribute("data-theme") == scheme
    assert sideways(page) == 0
    for place in ["verdict", "tile-val_wer", "tile-gap", "tile-val_loss", "tile-words", "flags"]:
        box = page.get_by_test_id(place).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    clipped = page.evaluate(
        "() => [...document.querySelectorAll('.vs-tile-yard, .vs-tile-value, .vs-button')]"
        ".filter((n) => n.offsetWidth && n.scrollWidth > n.clientWidth + 1).map((n) => n.textContent)"
    )
    assert clipped == []


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(entry.value)))
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize("width", [400, 1360, 3840])
def test_nothing_moves_from_the_first_words_to_the_last_chart(dashboard, tab, written, width):
    page = tab(width=width)
    page.add_init_script(SHIFTS)
    open_run(page, dashboard, written)
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')._fullLayout")
    at_first = page.get_by_test_id("chart-loss").bounding_box()
    time.sleep(1)
    assert page.get_by_test_id("chart-loss").bounding_box() == at_first
    assert sum(page.evaluate("() => window.shifts")) < 0.001


def test_the_verdict_stands_in_the_document_before_any_script_has_run(dashboard, browser):
    folder = dashboard.runs / "reference-copy"
    folder.mkdir(exist_ok=True)
    for file in (ROOT / "examples" / "reference-run").glob("*.json*"):
        (folder / file.name).write_bytes(file.read_bytes())
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(dashboard.link("reference-copy"))
    words = page.locator("#vs-first").inner_text()
    context.close()
    assert "STOP" in words and "92.1 %" in words and "MORGEN WOLKE REGION REGEN scores 91.2 %" in words


def test_the_words_of_the_document_go_when_the_page_is_drawn(dashboard, tab, written):
    page = tab()
    open_run(page, dashboard, written)
    assert page.locator("#vs-first").count() == 0


def test_what_a_run_says_stays_text(dashboard, tab):
    run = write_run(dashboard, "hostile", hypothesis=HOSTILE, reference="<b>MORGEN</b> SONNE")
    page = tab()
    open_run(page, dashboard, run)
    page.get_by_test_id("tab-predictions").click()
    clips = page.get_by_test_id("predictions")
    clips.locator(".vs-word", has_text="onerror").first.wait_for()
    assert clips.locator("img, script, a, b").count() == 0
    assert page.evaluate("() => window.hacked") is None
    assert "<b>MORGEN</b>" in clips.inner_text()
    assert sideways(page) == 0


def test_the_reference_run_reads_stop_and_offers_no_button_it_could_not_keep(dashboard, tab):
    folder = dashboard.runs / "reference-run"
    folder.mkdir(exist_ok=True)
    for file in (ROOT / "examples" / "reference-run").glob("*.json*"):
        (folder / file.name).write_bytes(file.read_bytes())
    page = tab()
    open_run(page, dashboard, "reference-run")
    verdict = page.get_by_test_id("verdict")
    assert "STOP" in verdict.inner_text()
    assert "MORGEN WOLKE REGION REGEN scores 91.2 %" in verdict.inner_text()
    assert "wrong on 0 of 56 recorded runs" in verdict.inner_text()
    page.get_by_test_id("btn-what").click()
    assert "More regularisation is not suggested" in page.get_by_test_id("try").inner_text()
    wait_until(lambda: page.title().startswith("STOP · 92.1 %"), why="the tab is not named")  # Streamlit names it first
    for button in ("btn-stop", "btn-restart", "btn-resume", "btn-fix"):
        assert not page.get_by_test_id(button).is_visible()


def test_a_run_that_is_not_there_offers_the_nearest(dashboard, tab, written):
    page = tab()
    page.goto(dashboard.link("writen"))
    missing = page.get_by_test_id("missing")
    missing.wait_for()
    assert "writen" in missing.inner_text()
    missing.get_by_role("button", name="Open written").click()
    page.get_by_test_id("verdict").wait_for()


def test_a_long_name_of_a_metric_stays_in_its_tile_its_chart_and_its_column(dashboard, tab):
    name = "val_mean_intersection_over_union_of_all_classes_but_background"
    with RunWriter(dashboard.runs / "long_metric", metrics=[Metric(name, "score", primary=True)], epochs=9) as run:
        for epoch in range(1, 9):
            run.log_epoch(epoch, train_loss=1 / epoch, val_loss=2 / epoch, **{name: epoch / 10})
    page = tab(390)
    open_run(page, dashboard, "long_metric")
    wide = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
    page.locator(".vs-tile-label").first.wait_for()
    assert page.locator(".vs-tile-label, .vs-card-head").evaluate_all(wide) == []
    page.set_viewport_size({"width": 1360, "height": 900})
    page.get_by_test_id("btn-home").click()
    page.locator(".vs-run-score", has_text="intersection").wait_for()
    assert page.locator(".vs-run-score").evaluate_all(wide) == []


@pytest.mark.parametrize("names", [["train_loss"], ["train_loss", "lr"], ["train_loss", "val_loss"]])
def test_a_run_with_few_tiles_leaves_no_hole_in_their_row(dashboard, tab, names):
    run_name = "few_" + "_".join(names)
    with RunWriter(dashboard.runs / run_name) as run:
        for epoch in range(1, 9):
            run.log_epoch(epoch, **dict.fromkeys(names, 2 / epoch))
    page = tab(1360)
    open_run(page, dashboard, run_name)
    page.locator(".vs-tile").first.wait_for()
    assert page.locator(".vs-tile").count() < 4
    for width in (1360, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until(
            lambda: page.locator(".vs-tiles").evaluate(
                "(row) => Math.abs(row.lastChild.getBoundingClientRect().right - row.getBoundingClientRect().right) < 1"
            ),
            why=f"at {width} px the last tile does not end where the row ends",
        )


def test_the_list_shows_runs_finds_one_by_search_and_opens_it(dashboard, tab, written):
    write_run(dashboard, "another")
    page = tab()
    page.goto(dashboard.link())
    rows = page.get_by_test_id("runs")
    rows.get_by_text("written", exact=True).wait_for()
    page.get_by_test_id("search").fill("writt")
    wait_until(lambda: not rows.get_by_text("another", exact=True).is_visible(), why="the search filters nothing")
    rows.get_by_text("written", exact=True).click()
    page.get_by_test_id("verdict").wait_for()
    assert "run=written" in page.url
    page.get_by_test_id("btn-home").click()
    page.get_by_test_id("runs").wait_for()


def test_who_may_only_look_has_no_buttons(dashboard, tab, written):
    page = tab()
    open_run(page, dashboard, written, look=True)
    assert "read-only" in page.locator(".vs-header").inner_text()
    for button in ("btn-stop", "btn-restart", "btn-resume", "btn-fix"):
        assert page.get_by_test_id(button).count() == 0
    assert page.get_by_role("button", name="Restart with this…").count() == 0


def test_without_a_token_there_is_a_door_that_takes_the_link(dashboard, tab, written):
    page = tab()
    answer = page.goto(dashboard.address("written"))
    assert answer.status == 401
    page.get_by_label("Token or link").fill("wrong")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("not one of this server's").wait_for()
    page.get_by_label("Token or link").fill(dashboard.control)
    page.get_by_role("button", name="Open").click()
    page.get_by_test_id("runs").wait_for()
    assert "token" not in page.url


def test_a_dashboard_that_dies_is_said_and_comes_back_without_a_reload(dashboard, tab, written):
    page = tab()
    open_run(page, dashboard, written)
    page.evaluate("() => { window.sameDocument = true; }")
    servers = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == dashboard.port]
    os.kill(servers[0].pid, signal.SIGKILL)
    try:
        page.get_by_test_id("connection").filter(has_text="not connected").wait_for(timeout=60_000)
        wait_until(
            lambda: page.title().startswith("⏸ page offline"), why="the tab does not say that the page is offline"
        )
        assert "68.0 %" in page.get_by_test_id("tile-val_wer").inner_text(), "the last data were not kept"
        told = page.get_by_test_id("offline").inner_text()
        assert "What is shown is of" in told and f"ssh -N -L {dashboard.port}:127.0.0.1:{dashboard.port}" in told
    finally:
        dashboard.serve("--port", dashboard.port)  # the other tests of the session look at it too
    page.get_by_test_id("connection").filter(has_text="last record").wait_for(timeout=60_000)
    assert page.evaluate("() => window.sameDocument")
    assert not page.get_by_test_id("offline").is_visible()
    wait_until(lambda: "offline" not in page.title(), why="the title still says offline")


def test_an_empty_folder_says_what_to_do(tab, tmp_path, dashboard):
    from tests.browser.conftest import Dashboard

    empty = Dashboard(tmp_path / "none", {**dashboard.env, "XDG_STATE_HOME": str(tmp_path / "state")})
    empty.runs.mkdir()
    empty.serve()
    try:
        page = tab()
        page.goto(empty.link())
        page.get_by_test_id("empty").wait_for()
        assert "python -m monitor start" in page.get_by_test_id("empty").inner_text()
        write_run(empty, "first")
        page.get_by_test_id("runs").get_by_text("first", exact=True).wait_for(timeout=60_000)
    finally:
        empty.stop_serving()


def test_a_run_that_failed_at_once_says_its_error_in_the_banner_and_draws_no_empty_tile_or_chart(dashboard, tab):
    with contextlib.suppress(ValueError), RunWriter(dashboard.runs / "crashed", epochs=9):
        raise ValueError("no such corpus")
    page = tab()
    page.goto(dashboard.link("crashed"))
    page.get_by_test_id("verdict").get_by_text("ValueError: no such corpus").wait_for()
    page.get_by_test_id("nothing").get_by_text("No evaluation was recorded").wait_for()
    assert not page.get_by_test_id("chart-loss").is_visible() and not page.locator(".vs-tile").count()
    page.get_by_text("Nothing to report.", exact=True).wait_for()


def test_charts_without_an_evaluation_say_so_until_the_first_one(dashboard, tab):
    with RunWriter(dashboard.runs / "early", epochs=9) as run:
        page = tab()
        page.goto(dashboard.link("early"))
        page.locator('[data-testid="chart-loss"][data-why="No evaluation so far."]').wait_for()
        run.log_epoch(1, train_loss=3.0, val_loss=3.2)
        page.locator('[data-testid="chart-loss"]:not([data-why])').wait_for()
