"""The Metrics tab: every number drawn, found, pinned and zoomed with the rest; steps come before evaluations."""

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_page_states import HOSTILE, open_run, sideways

pytestmark = pytest.mark.browser

DRAWN = "() => [...document.querySelectorAll('[data-testid=metrics] .js-plotly-plot')].length"
SHOWN = "() => [...document.querySelectorAll('[data-testid=metrics] .vs-metric')].length"


def open_metrics(page, dashboard, run):
    open_run(page, dashboard, run)
    page.get_by_test_id("tab-metrics").click()
    page.wait_for_function(f"() => ({DRAWN})() > 0")


def test_hundreds_of_numbers_are_found_and_only_what_is_seen_is_drawn(dashboard, tab):
    with RunWriter(dashboard.runs / "many_numbers", epochs=9) as run:
        for step in range(1, 41):
            run.log_step(step, epoch=step / 10, train_loss=3 / step, **{HOSTILE: step})
        for epoch in range(1, 5):
            numbers = {f"layer{place}/norm": place * epoch for place in range(300)}
            run.log_epoch(epoch, step=10 * epoch, train_loss=3 / epoch, val_loss=4 / epoch, **numbers)
    page = tab()
    open_metrics(page, dashboard, "many_numbers")
    assert page.evaluate(SHOWN) == 60 and page.evaluate(DRAWN) <= 20
    assert page.get_by_test_id("metric-count").inner_text() == "60 of 303 charts shown · 304 numbers logged"
    assert page.evaluate("() => window.hacked") is None and sideways(page) <= 0
    page.get_by_test_id("metric-more").click()
    page.wait_for_function(f"() => ({SHOWN})() === 120")

    page.get_by_test_id("metric-search").fill("layer27")
    page.wait_for_function(f"() => ({SHOWN})() === 11")
    assert "11 charts found among 303" in page.get_by_test_id("metric-count").inner_text()
    page.get_by_role("button", name="Pin layer271/norm").click()
    page.get_by_test_id("metric-search").fill("")
    page.get_by_role("button", name="Unpin layer271/norm").wait_for()
    assert page.locator("[data-testid=metrics] .vs-metric h2").first.inner_text() == "layer271/norm"
    page.reload()
    page.get_by_role("button", name="Unpin layer271/norm").wait_for()


def test_the_charts_share_range_and_cursor_and_follow_the_run(dashboard, tab):
    with RunWriter(dashboard.runs / "followed_numbers", epochs=40) as run:
        for epoch in range(1, 21):
            run.log_epoch(epoch, train_loss=3 / epoch, val_loss=4 / epoch, val_accuracy=epoch / 40, odd=epoch)
        page = tab()
        open_metrics(page, dashboard, "followed_numbers")
        chart = "document.querySelector('[data-testid=\"chart-metric.{}\"]')"
        loss, odd = chart.format("loss"), chart.format("odd")
        page.wait_for_function(f"() => {loss}?.data?.length === 2 && {odd}?._fullLayout")
        page.evaluate(f"() => Plotly.relayout({loss}, {{'xaxis.range[0]': 5, 'xaxis.range[1]': 9}})")
        page.wait_for_function(f"() => {odd}._fullLayout.xaxis.range[1] === 9 && {odd}._fullLayout.yaxis.range[1] < 12")
        page.get_by_test_id("reset-metric.odd").click()
        page.wait_for_function(f"() => {loss}._fullLayout.xaxis.range[1] > 20")
        run.log_epoch(21, train_loss=0.1, val_loss=0.2, val_accuracy=0.6, odd=21, new_one=1.0)
        page.wait_for_function(f"() => {odd}.data[0].x.at(-1) === 21")
        page.locator('[data-testid="chart-metric.new_one"]').wait_for()
        box = page.locator('[data-testid="chart-metric.loss"]').bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
        wait_until(
            lambda: page.evaluate(f"() => !{odd}.parentNode.querySelector('.vs-cursor').hidden"), why="no cursor"
        )


def test_steps_are_drawn_at_once_and_evaluations_join_them(dashboard, tab):
    loss = "document.querySelector('[data-testid=chart-loss]')"
    with RunWriter(dashboard.runs / "steps_first", epochs=3) as run:
        for step in range(1, 31):
            run.log_step(step, epoch=step / 30, train_loss=3 / step, lr=1e-3)
        page = tab(width=390, height=844)
        open_run(page, dashboard, "steps_first")
        page.wait_for_function(f"() => {loss}.data?.[0]?.x.length === 30")
        assert "evaluations join here" in page.locator(".vs-chart-note").first.inner_text()
        page.wait_for_function("() => document.querySelector('[data-testid=chart-lr]').data?.length")
        assert (
            not page.get_by_test_id("chart-norm").is_visible() and not page.get_by_test_id("chart-words").is_visible()
        )
        assert "–" not in page.locator(".vs-tiles .vs-number").all_inner_texts() and sideways(page) <= 0
        run.log_epoch(1, step=30, train_loss=0.3, val_loss=0.5)
        page.wait_for_function(f"() => {loss}.data.some((trace) => trace.name === 'val')")
        assert page.evaluate(f"() => {loss}.data.some((trace) => trace.name === 'train, each step')")


def test_a_person_chooses_by_what_the_run_is_judged(dashboard, tab):
    with RunWriter(dashboard.runs / "two_scores") as run:
        for epoch in range(1, 9):
            run.log_epoch(epoch, train_loss=3 / epoch, val_loss=4 / epoch, val_accuracy=epoch / 10, val_f1=epoch / 20)
    page = tab()
    open_metrics(page, dashboard, "two_scores")
    judged = page.get_by_test_id("judged-by")
    assert judged.input_value() == "val_accuracy"
    assert judged.locator("option").all_inner_texts() == ["val accuracy", "val F1", "val loss alone"]
    judged.select_option("val_f1")
    page.wait_for_function("() => document.title.includes('40.0 %')")
    judged.select_option("val_loss")
    page.wait_for_function("() => !document.title.includes('%')")
    page.reload()
    page.wait_for_function("() => document.querySelector('[data-testid=judged-by]')?.value === 'val_loss'")


def test_a_number_becomes_the_x_axis_and_all_numbers_are_downloaded(dashboard, tab):
    loss = "document.querySelector('[data-testid=\"chart-metric.loss\"]')"
    with RunWriter(dashboard.runs / "by_tokens", epochs=4) as run:
        for step in range(1, 41):
            run.log_step(step, epoch=step / 10, train_loss=3 / step, tokens=1000 * step)
        for epoch in range(1, 5):
            run.log_epoch(epoch, step=10 * epoch, val_loss=4 / epoch, val_accuracy=0.2 * epoch)
    page = tab()
    open_metrics(page, dashboard, "by_tokens")
    accuracy = "document.querySelector('[data-testid=\"chart-metric.accuracy\"]')"
    page.wait_for_function(f"() => {accuracy}?.data?.[0]?.y.at(-1) === 80")
    assert page.evaluate(f"() => {accuracy}._fullLayout.yaxis.ticksuffix") == " %"
    page.get_by_test_id("metric-x").fill("tokens")
    page.get_by_test_id("metric-x").press("Enter")
    page.wait_for_function(f"() => {loss}?._fullLayout?.xaxis.title.text === 'tokens'")
    page.wait_for_function(f"() => {loss}.data.some((trace) => trace.x.at(-1) === 40000)")
    page.get_by_test_id("metric-axis-step").click()
    page.wait_for_function(f"() => {loss}._fullLayout.xaxis.title.text === 'step'")
    with page.expect_download() as downloading:
        page.get_by_test_id("metric-csv").click()
    lines = downloading.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 45 and lines[0].startswith("record,epoch,step,at,generation,")
