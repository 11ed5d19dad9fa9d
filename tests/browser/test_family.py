"""A run, its resume and its children: marks on the loss chart, and several runs beside each other."""

import itertools
import json
import time

import pytest

from monitor.run_dir import LAUNCH_FILE
from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_page_states import open_run, sideways

pytestmark = pytest.mark.browser

LOSS = "document.querySelector('[data-testid=chart-loss]')"
OVERLAY = "document.querySelector('[data-testid=chart-overlay-metric]')"


def log(run, first, last, *, secs=60.0, better=0.0):
    for epoch in range(first, last + 1):
        run.log_epoch(
            epoch, train_loss=3 / epoch, val_loss=1 + 3 / epoch, val_wer=0.9 - 0.02 * epoch - better, seconds=secs
        )


def write(dashboard, name, count, *, parent=None, **how):
    with RunWriter(dashboard.runs / name, epochs=count) as run:
        log(run, 1, count, **how)
    if parent is not None:
        launch = dashboard.runs / name / LAUNCH_FILE
        told = json.loads(launch.read_text())
        told |= {"how": "restart", "parent": {"run_id": parent, "how": "restart", "changes": {"dropout": [0.1, 0.5]}}}
        launch.write_text(json.dumps(told))
    return name


@pytest.fixture(scope="module")
def family(dashboard):
    """A run that was interrupted and resumed from an older checkpoint, and three children of it."""
    folder = dashboard.runs / "kin"
    with pytest.raises(KeyboardInterrupt), RunWriter(folder, epochs=20) as run:
        log(run, 1, 10)
        raise KeyboardInterrupt
    with RunWriter(folder, epochs=20, resume=True) as run:
        log(run, 8, 20)
    time.sleep(0.05)
    write(dashboard, "kin_fast", 20, parent="kin", secs=30.0)
    write(dashboard, "kin_wide", 20, parent="kin", better=0.1)
    write(dashboard, "kin_late", 20, parent="kin")
    return "kin"


def test_resume_overlap_and_children_are_marked_on_the_loss_chart(dashboard, tab, family):
    page = tab()
    open_run(page, dashboard, family)
    labels = page.get_by_test_id("chart-loss").locator("xpath=..").locator(".vs-chart-label")
    labels.get_by_text("↻ resumed at 8").wait_for()
    labels.get_by_text("⎇ 3 children").wait_for()
    hatched = page.evaluate(f"() => {LOSS}.data.find((trace) => trace.fillpattern?.shape === '/').x")
    assert hatched == [7.5, 10.5, 10.5, 7.5]


def test_a_child_that_starts_after_its_parent_has_ended_is_marked_on_the_open_page(dashboard, tab):
    write(dashboard, "over", 5)
    page = tab()
    open_run(page, dashboard, "over")
    labels = page.get_by_test_id("chart-loss").locator("xpath=..").locator(".vs-chart-label")
    labels.get_by_text("val").first.wait_for()
    write(dashboard, "over_2", 2, parent="over")
    labels.get_by_text("⎇ over_2").wait_for()


def test_a_child_that_starts_while_the_page_is_open_is_marked_with_the_next_record(dashboard, tab):
    with RunWriter(dashboard.runs / "alone", epochs=9) as run:
        log(run, 1, 5)
        page = tab()
        open_run(page, dashboard, "alone")
        labels = page.get_by_test_id("chart-loss").locator("xpath=..").locator(".vs-chart-label")
        labels.get_by_text("val").first.wait_for()
        assert labels.get_by_text("⎇").count() == 0
        write(dashboard, "alone_2", 2, parent="alone")
        time.sleep(2.1)
        log(run, 6, 6)
        labels.get_by_text("⎇ alone_2").wait_for()


def test_more_runs_are_drawn_beside_the_two_and_left_out_again(dashboard, tab, family):
    page = tab()
    open_run(page, dashboard, "kin_fast")
    page.get_by_test_id("tab-compare").click()
    page.get_by_test_id("compare-rows").locator("tbody tr").first.wait_for()
    page.get_by_test_id("compare-more").select_option("kin_wide")
    page.wait_for_function(f"() => {OVERLAY}.data?.length === 3")
    page.get_by_test_id("compare-more").select_option("kin_late")
    page.wait_for_function(f"() => {OVERLAY}.data?.length === 4")
    drawn = page.evaluate(f"() => {OVERLAY}.data.map((trace) => [trace.line.dash, trace.line.width].join())")
    assert len(set(drawn)) == 4, "two runs are drawn alike"
    assert "with=kin%2Ckin_wide%2Ckin_late" in page.url
    heads = page.get_by_test_id("compare-rows").locator("thead th")
    assert heads.all_inner_texts() == ["", "kin", "kin_fast", "difference", "kin_wide", "kin_late"]

    page.get_by_test_id("mode-hours").click()
    epochs = page.get_by_test_id("compare-rows").locator("tbody tr").first.locator("td")
    wait_until(lambda: epochs.all_inner_texts()[:2] == ["20", "20"], why="not at equal time")
    assert page.evaluate(f"() => Math.max(...{OVERLAY}.data[0].x)") == pytest.approx(20 * 30 / 3600)
    page.get_by_role("button", name="kin_wide ×").click()
    page.wait_for_function(f"() => {OVERLAY}.data?.length === 3")
    assert sideways(page) == 0


def test_a_child_is_compared_with_its_parent_by_one_click_from_its_first_epoch(dashboard, tab, family):
    write(dashboard, "kin_new", 1, parent="kin")
    page = tab()
    open_run(page, dashboard, "kin_new")
    page.get_by_test_id("compare-parent").click()
    page.get_by_test_id("compare-rows").locator("thead th").get_by_text("kin", exact=True).wait_for()
    assert page.get_by_test_id("panel-compare").is_visible() and "with=kin" in page.url


def test_eight_runs_have_a_colour_and_a_name_at_the_end_each(dashboard, tab, family):
    others = [write(dashboard, f"kin_more_{place}", 12, parent="kin", better=0.02 * place) for place in range(4)]
    page = tab()
    page.goto(dashboard.link("kin_fast") + "&tab=compare&with=" + ",".join(["kin", "kin_wide", "kin_late", *others]))
    page.wait_for_function(f"() => {OVERLAY}?.data?.length === 8", timeout=60_000)
    lines = page.evaluate(f"() => {OVERLAY}.data.map((trace) => trace.line.color)")
    assert len(set(lines)) == 8
    labels = (
        page.get_by_test_id("chart-overlay-metric").locator("xpath=..").locator(".vs-chart-label[data-anchor=start]")
    )
    boxes = [label.bounding_box() for label in labels.all() if label.is_visible()]
    assert len(boxes) >= 8
    tops = sorted(box["y"] for box in boxes)
    assert min(b - a for a, b in itertools.pairwise(tops)) > 10, "names lie on each other"
    loss = page.evaluate(
        "() => document.querySelector('[data-testid=chart-overlay-loss]').data.map((t) => t.line.color)"
    )
    assert loss[0] == loss[1] == lines[0], "a run has one colour in all charts"


def test_the_name_that_people_gave_a_run_stands_in_its_header(dashboard, tab, family):
    dashboard.monitor("label", "kin_wide", "--name", "The wide one", "--tag", "paper", "--runs", dashboard.runs)
    page = tab()
    open_run(page, dashboard, "kin_wide")
    page.get_by_test_id("run-title").get_by_text("The wide one").wait_for()
    assert page.locator(".vs-header .vs-tag").inner_text() == "paper"
    assert page.locator("h1.vs-name").inner_text() == "kin_wide", "the id stays"
    page.get_by_test_id("btn-label").click()
    name = page.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True)
    name.fill("Wider")
    name.press("Tab")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_test_id("run-title").get_by_text("Wider").wait_for()
