"""A sweep is one row of the list; opened, it shows its trials as a picture and as rows."""

import shutil

import pytest

from monitor.run_dir import EPOCHS_FILE, RUN_FILE
from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_accessibility import serious
from tests.browser.test_overview import folder, names  # noqa: F401 - a fixture
from tests.browser.test_page_states import sideways

pytestmark = pytest.mark.browser


def write_trial(runs, name, wer, sweep="search", **config):
    with RunWriter(runs / name, config={"sweep": sweep, **config}, epochs=1) as run:
        if wer is not None:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=wer)


@pytest.fixture
def swept(folder):  # noqa: F811
    """Five trials, one of them without an evaluation, beside a run of no sweep."""
    for place, (rate, wer) in enumerate([(1e-4, 0.7), (1e-3, 0.3), (1e-2, 0.5), (1e-1, 0.9), (1e-5, None)]):
        write_trial(folder.runs, f"search-{place}", wer, rate=rate, optimizer="adam" if place % 2 else "sgd")
    write_trial(folder.runs, "alone", 0.4, sweep="of-one")
    return folder


def open_sweep(page, dashboard, more=""):
    page.goto(dashboard.link() + more)
    page.get_by_test_id("sweep").locator(".vs-run-open").click()
    page.get_by_test_id("sweep-picture").locator(".vs-sweep-shown").wait_for(state="attached")


def rows(page):
    return [name for name in names(page) if name]


def test_a_sweep_is_one_row_and_a_search_or_a_filter_finds_its_trials(swept, tab):
    page = tab()
    page.goto(swept.link())
    wait_until(lambda: rows(page) == ["alone"], why="the trials were not folded")
    said = " ".join(page.get_by_test_id("sweep").inner_text().split())
    assert "search sweep of 5 trials best search-1 30.0 % · optimizer adam, rate 0.001" in said
    assert "5 finished 30.0 % to 90.0 %" in said
    page.get_by_test_id("search").fill("search-3")
    assert rows(page) == ["search-3"]
    page.get_by_test_id("search").fill("sweep:search rate<1e-3")
    assert sorted(rows(page)) == ["search-0", "search-4"]
    page.get_by_test_id("search").fill("")
    page.locator("[data-filter=mine]").click()
    assert len(rows(page)) == 6
    page.locator("[data-filter=all]").click()
    page.get_by_test_id("sweep").get_by_role("button", name="search-1").click()
    page.wait_for_url("**run=search-1**")


def test_opened_it_shows_the_picture_and_the_trials_best_first_and_the_address_keeps_it(swept, tab):
    page = tab()
    open_sweep(page, swept)
    assert rows(page) == ["alone", "search-1", "search-2", "search-0", "search-3", "search-4"]
    assert page.locator(".vs-sweep-line").count() == 4
    axes = page.locator(".vs-sweep-names span").all_inner_texts()
    assert axes == ["optimizer", "rate (log)", "best val WER (best on top)"]
    panel = page.locator(".vs-sweep-panel")
    assert "1 trial not drawn: without val WER." in panel.inner_text()
    assert "Best: search-1" in page.get_by_test_id("sweep-trial").inner_text()
    page.reload()
    page.get_by_test_id("sweep-picture").wait_for()
    page.get_by_test_id("sweep").locator(".vs-run-open").click()
    wait_until(lambda: rows(page) == ["alone"], why="it did not fold")


def test_the_line_under_the_pointer_is_named_and_a_click_opens_its_trial(swept, tab):
    page = tab()
    open_sweep(page, swept)
    # The worst trial's end of the last axis: the lowest place of its line.
    end = page.evaluate(
        """() => {
          const line = document.querySelector('.vs-sweep-line');
          const at = line.getPointAtLength(line.getTotalLength());
          const box = document.querySelector('.vs-sweep-lines').getBoundingClientRect();
          return [box.left + at.x - 4, box.top + at.y];
        }"""
    )
    page.mouse.move(*end)
    said = page.get_by_test_id("sweep-trial")
    said.filter(has_text="Place 4: search-3").wait_for()
    assert "val WER 90.0 % · optimizer adam · rate 0.10" in said.inner_text()
    page.mouse.click(*end)
    page.wait_for_url("**run=search-3**")


@pytest.mark.parametrize("width", [390, 1360, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_sweep_fits_every_width_in_both_themes(swept, tab, width, scheme):
    page = tab(width=width, color_scheme=scheme, reduced_motion="reduce")
    open_sweep(page, swept)
    assert sideways(page) <= 0
    box, inner = (page.locator(place).bounding_box() for place in (".vs-sweep-picture", ".vs-sweep-lines"))
    assert inner["width"] <= box["width"] and inner["height"] <= box["height"]
    assert serious(page) == []


def test_a_thousand_trials_are_one_row_and_a_picture_with_twenty_rows_below(folder, tab):  # noqa: F811
    write_trial(folder.runs, "t-0000", 0.125, sweep="large", rate=0.5, seed=0)
    for place in range(1, 1000):
        run_dir = shutil.copytree(folder.runs / "t-0000", folder.runs / f"t-{place:04d}")
        for file, before, after in (
            (RUN_FILE, "0.5", 10.0 ** -(place % 7)),
            (EPOCHS_FILE, "0.125", 0.125 + place / 2000),
        ):
            text = (run_dir / file).read_text()
            assert before in text
            (run_dir / file).write_text(text.replace(before, str(after)))
    page = tab()
    open_sweep(page, folder)
    wait_until(lambda: page.locator(".vs-sweep-line").count() == 1000, 60, "not all trials were drawn")
    assert rows(page) == [f"t-{place:04d}" for place in range(20)]
    page.get_by_role("button", name="Show more trials").click()
    wait_until(lambda: len(rows(page)) == 70, why="no more trials came")
