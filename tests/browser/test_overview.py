"""The list of runs: what needs somebody, what was missed, nothing moving under the pointer, a thousand runs."""

import json
import shutil
import time

import pytest

from monitor.run_dir import (
    ALERTS_FILE,
    LAUNCH_FILE,
    RUN_FILE,
    STATE_FILE,
    SUMMARY_FILE,
    Alert,
    Environment,
    Launch,
    Parent,
    Run,
    State,
    Summary,
    encode,
    encode_line,
)
from monitor.run_dir.processes import identify
from monitor.writer import RunWriter
from tests.browser.conftest import Dashboard, wait_until
from tests.browser.test_page_states import sideways

pytestmark = pytest.mark.browser


def write_row(runs, name, *, state="finished", verdict="KEEP GOING", severity=None, rule=None, wer=0.5, **more):
    """A run as a list needs it: the small files only."""
    folder = runs / name
    folder.mkdir(exist_ok=True)
    live = state == "running"
    process = identify() if live else None
    ended = None if live else 1000.0
    parent = Parent(run_id=more["parent"], changes={"dropout": [0.1, 0.5]}) if "parent" in more else None
    launch = Launch(run_id=name, created_at=more.get("at", 1000.0), argv=["train"], parent=parent)
    told = State(state=state, trainer=process, supervisor=process, ended_at=ended, updated_at=1000.0)
    summary = Summary(
        run_id=name,
        updated_at=more.get("at", 1000.0),
        verdict=verdict,
        worst_rule=rule,
        worst_severity=severity,
        epoch=10,
        epochs=20,
        val_wer=wer,
        wer_constant=0.9,
        gap=0.4,
        gap_series=[0.1, 0.2, 0.4],
        checks_ran=20,
        checks=23,
    )
    for file, record in ((LAUNCH_FILE, launch), (STATE_FILE, told), (SUMMARY_FILE, summary)):
        (folder / file).write_bytes(encode(record))


@pytest.fixture
def folder(tmp_path, dashboard):
    """A dashboard of its own over an empty folder."""
    served = Dashboard(tmp_path / "runs", {**dashboard.env, "XDG_STATE_HOME": str(tmp_path / "state")})
    served.runs.mkdir()
    served.serve()
    yield served
    served.stop_serving()


def names(page):
    """At one moment: a row that goes while the rows are asked one by one would be waited for."""
    return page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=runs] .vs-run')].map((row) => row.dataset.key)"
    )


def test_what_needs_somebody_stands_first_and_families_stay_together(folder, tab):
    write_row(folder.runs, "done", at=5000.0)
    write_row(folder.runs, "calm", state="running", at=3000.0)
    write_row(folder.runs, "sick", state="running", verdict="STOP", severity="critical", rule="at_chance", at=2000.0)
    write_row(folder.runs, "broke", state="failed", verdict="FAILED", at=4000.0)
    write_row(folder.runs, "done-2", parent="done", at=5001.0)
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: len(names(page)) == 4, why="the rows never came")
    assert names(page) == ["sick", "calm", "broke", "done"]
    page.get_by_role("button", name="+1 child").click()
    assert names(page) == ["sick", "calm", "broke", "done", "done-2"]
    page.locator("[data-filter=needs]").click()
    assert names(page) == ["sick", "broke"]
    page.locator("[data-filter=all]").click()
    page.locator("[data-sort=run]").click()
    assert names(page) == ["broke", "calm", "done", "done-2", "sick"]
    page.get_by_test_id("search").fill("dropout")
    wait_until(lambda: names(page) == ["done-2"], why="the changed keys are not searched")
    assert sideways(page) == 0


def test_runs_stand_under_the_values_of_a_setting_with_their_best_on_average(folder, tab):
    for run, lr, seed, wer in (("a", 0.01, 1, 0.30), ("b", 0.01, 2, 0.40), ("c", 0.001, 1, 0.20)):
        with RunWriter(folder.runs / run, config={"lr": lr, "seed": seed}) as writer:
            for epoch in (1, 2, 3):
                writer.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=1.1 / epoch, val_wer=wer + 0.1 * (3 - epoch))
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: len(names(page)) == 3, why="the rows never came")
    page.get_by_test_id("group-by").select_option("lr")
    heads = page.get_by_test_id("group").all_inner_texts()
    assert [" ".join(head.split()) for head in heads] == [
        "▾ lr 0.001 best WER 20.0 % 1 run",
        "▾ lr 0.01 best WER 35.0 % on average, 30.0 % to 40.0 % 2 runs",
    ]
    assert names(page) == ["c", "b", "a"]  # the newest first, as in the list
    assert "by=lr" in page.url and sideways(page) == 0
    page.get_by_role("button", name="lr 0.01", exact=False).last.click()
    assert names(page) == ["c"]
    page.reload()
    wait_until(lambda: names(page) == ["c"], why="the choice and the fold do not last")
    page.get_by_test_id("group-by").select_option("seed")
    assert len(page.get_by_test_id("group").all()) == 2 and len(names(page)) == 3
    page.get_by_test_id("group-by").select_option("")
    assert page.get_by_test_id("group").count() == 0 and "by=" not in page.url


def test_a_live_run_stands_beside_the_device_it_works_on(folder, tab):
    write_row(folder.runs, "idle")
    page = tab()
    page.goto(folder.link())
    page.get_by_test_id("devices").get_by_text("no run of this folder").first.wait_for()
    write_row(folder.runs, "busy", state="running")
    on_a_device = encode(Run(run_id="busy", environment=Environment(device="cpu")))
    (folder.runs / "busy" / RUN_FILE).write_bytes(on_a_device)
    page.get_by_test_id("devices").get_by_text("busy ·").wait_for()


def test_nothing_moves_under_the_pointer(folder, tab):
    write_row(folder.runs, "a", at=5000.0)
    write_row(folder.runs, "b", at=4000.0)
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: names(page) == ["a", "b"], why="the rows never came")
    page.locator("[data-key=a]").hover()
    write_row(folder.runs, "b", at=6000.0, wer=0.25)
    page.get_by_test_id("update-order").filter(has_text="Update order").wait_for()
    assert names(page) == ["a", "b"]
    wait_until(lambda: "25.0 %" in page.locator("[data-key=b]").inner_text(), why="the numbers stood still too")
    page.mouse.move(5, 5)
    wait_until(lambda: names(page) == ["b", "a"], why="the order was never updated")


def test_what_happened_since_the_last_visit_is_told_once(folder, tab):
    write_row(folder.runs, "sick", state="running", verdict="STOP", severity="critical", rule="at_chance")
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: names(page) == ["sick"], why="the row never came")
    assert not page.get_by_test_id("missed").is_visible(), "a first visit has missed nothing"
    raised = Alert(
        alert_id="gap-3", event="raised", rule="gap", severity="critical", at=time.time() + 1, line="Overfitting: gap."
    )
    (folder.runs / "sick" / ALERTS_FILE).write_bytes(encode_line(raised))
    page.get_by_test_id("missed").filter(has_text="Overfitting: gap.").wait_for()
    time.sleep(1.2)
    page.get_by_test_id("btn-seen").click()
    wait_until(lambda: not page.get_by_test_id("missed").is_visible(), why="it is still listed")
    page.reload()
    wait_until(lambda: names(page) == ["sick"], why="the row never came back")
    time.sleep(1.5)
    assert not page.get_by_test_id("missed").is_visible()


def test_runs_are_put_aside_and_taken_back_but_never_a_live_one(folder, tab):
    for name in ("a", "b"):
        write_row(folder.runs, name)
    write_row(folder.runs, "alive", state="running")
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: len(names(page)) == 3, why="the rows never came")
    page.locator("[data-key=alive] .vs-pick").check()
    assert page.get_by_test_id("btn-archive").is_disabled()
    page.locator("[data-key=alive] .vs-pick").uncheck()
    for name in ("a", "b"):
        page.locator(f"[data-key={name}] .vs-pick").check()
    page.get_by_test_id("btn-archive").click()
    wait_until(lambda: names(page) == ["alive"], why="the runs are still listed")
    assert not (folder.runs / "a").exists()
    page.get_by_test_id("undo").get_by_role("button", name="Undo").click()
    wait_until(lambda: len(names(page)) == 3, why="they did not come back")
    page.locator("[data-key=a] .vs-pick").check()
    page.get_by_test_id("btn-archive").click()
    wait_until(lambda: len(names(page)) == 2, why="the run is still listed")
    page.locator("[data-filter=trash]").click()
    page.get_by_role("button", name="Take it back").click()
    wait_until(lambda: (folder.runs / "a").exists(), why="the run was not taken back")


def test_two_selected_runs_are_compared(folder, tab):
    example = folder.runs.parent / "example"
    shutil.copytree("examples/reference-run", example)
    for name in ("one", "two"):
        shutil.copytree(example, folder.runs / name)
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: len(names(page)) == 2, why="the rows never came")
    for name in ("one", "two"):
        page.locator(f"[data-key={name}] .vs-pick").check()
    page.get_by_test_id("btn-compare").click()
    page.get_by_test_id("outcome").wait_for()
    assert "tab=compare" in page.url and "with=two" in page.url
    came = page.get_by_test_id("outcome").inner_text()
    assert "TOO CLOSE" in came and "without an interval" in came, "three printed clips decide nothing"


def test_a_thousand_runs_are_listed_and_searched_at_once(folder, tab):
    write_row(folder.runs, "run-0000")
    for place in range(1, 1000):
        shutil.copytree(folder.runs / "run-0000", folder.runs / f"run-{place:04d}")
    page = tab()
    page.goto(folder.link())
    page.get_by_text("Showing 25 of 1,000").wait_for()
    took = page.evaluate(
        """async () => {
          const box = document.querySelector('[data-testid=search]');
          const began = performance.now();
          box.value = '0777';
          box.dispatchEvent(new Event('input'));
          const rows = [...document.querySelectorAll('[data-testid=runs] .vs-run')].map((row) => row.dataset.key);
          return [performance.now() - began, rows];
        }"""
    )
    assert took[1] == ["run-0777"]
    # Of so many runs most are sent in brief: what is shown is asked for.
    page.locator("[data-testid=runs] .vs-run-score").filter(has_text="50").wait_for()
    assert took[0] < 10_000, "searching a thousand runs took ten seconds; the benchmark has the figure"


def test_a_folder_that_cannot_be_read_keeps_what_was_read(folder, tab):
    write_row(folder.runs, "a")
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: names(page) == ["a"], why="the row never came")
    aside = folder.runs.with_name("aside")
    folder.runs.rename(aside)
    folder.runs.write_text("no folder")
    page.get_by_test_id("problem").filter(has_text="Cannot read").wait_for()
    assert names(page) == ["a"]
    folder.runs.unlink()
    aside.rename(folder.runs)
    wait_until(lambda: not page.get_by_test_id("problem").is_visible(), why="the trouble is still said")


def test_a_run_put_aside_while_it_is_open_says_so_and_keeps_its_data(folder, tab):
    shutil.copytree("examples/reference-run", folder.runs / "one")
    page = tab()
    page.goto(folder.link("one"))
    page.get_by_test_id("verdict").wait_for()
    assert json.loads(folder.monitor("archive", "one", "--runs", folder.runs, "--json"))["run_id"] == "one"
    page.get_by_test_id("problem").filter(has_text="trash").wait_for()
    assert "92.1 %" in page.get_by_test_id("tile-val_wer").inner_text()
    folder.monitor("restore", "one", "--runs", folder.runs)
    wait_until(lambda: not page.get_by_test_id("problem").is_visible(), why="the trouble is still said")


def test_a_query_a_label_and_the_command_line_work_together(folder, tab):
    for name, at in (("base", 1000.0), ("wide", 2000.0)):
        write_row(folder.runs, name, at=at)
    page = tab()
    page.goto(folder.link())
    wait_until(lambda: names(page) == ["wide", "base"], why="the rows never came")
    page.get_by_role("button", name="Name, note, tags of base").click()
    page.get_by_label("Tags, with spaces between them").fill("paper")
    page.get_by_text("Pin to the top of the list").click()
    page.get_by_role("button", name="Save").click()
    wait_until(lambda: names(page) == ["base", "wide"], why="a pinned run does not stand first")
    page.get_by_test_id("search").fill("tag:paper")
    wait_until(lambda: names(page) == ["base"], why="the tag is not searched")
    assert "q=tag%3Apaper" in page.url
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("wide")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="wide").wait_for()
    assert not (folder.runs / "base" / "labels.json").exists() and (folder.runs / "labels.json").exists()
