"""What a person can look at in one run: past moments, axes and ranges, predictions, causes, limits, downloads."""

import json
import re
import subprocess
import sys

import pytest

from monitor.run_dir import GPU_FILE, GpuHistory, encode
from monitor.writer import RunWriter
from tests.browser.conftest import ROOT, wait_until
from tests.browser.test_page_states import open_run, sideways

pytestmark = pytest.mark.browser

LOSS = "document.querySelector('[data-testid=chart-loss]')"
RANGES = """() => ["loss", "metric", "words"].map((id) =>
  document.querySelector(`[data-testid=chart-${id}]`)._fullLayout.xaxis.range.map((x) => Math.round(10 * x)))"""


def check(dashboard, run, *options):
    return json.loads(dashboard.monitor("check", run, "--runs", dashboard.runs, "--json", *options, ok=False))


def test_a_past_moment_reads_as_the_command_line_says_and_the_address_keeps_it(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    now = page.get_by_test_id("verdict").inner_text()
    flag = page.locator("[data-testid=flags] [data-rule=overfitting]")
    flag.locator("summary").click()
    flag.get_by_role("button", name=re.compile("As it was at epoch")).click()
    page.get_by_test_id("past").wait_for()
    epoch = float(page.url.split("at=")[1].split("&")[0])
    then = check(dashboard, sick, "--at", epoch)
    assert "overfitting" in {finding["rule"] for finding in then["diagnosis"]["findings"]}
    assert {row.get_attribute("data-rule") for row in page.locator("[data-testid=flags] [data-rule]").all()} == {
        finding["rule"] for finding in then["diagnosis"]["findings"]
    }
    before = check(dashboard, sick, "--at", epoch - 1)
    assert "overfitting" not in {finding["rule"] for finding in before["diagnosis"]["findings"]}
    assert page.get_by_test_id("btn-fix").is_visible() is False

    page.reload()
    page.get_by_test_id("past").wait_for()
    assert f"epoch {epoch:g}" in page.get_by_test_id("past").inner_text()
    page.keyboard.press("ArrowLeft")
    page.get_by_test_id("past").filter(has_text=f"epoch {epoch - 1:g}").wait_for()
    wait_until(lambda: page.locator("[data-rule=overfitting]").count() == 0, why="a flag of the future is shown")
    drawn = page.evaluate(f"() => Math.max(...{LOSS}.data.flatMap((trace) => trace.x))")
    assert drawn <= epoch - 1, "the chart shows what was not yet recorded"
    page.get_by_test_id("btn-now").click()
    wait_until(lambda: page.get_by_test_id("verdict").inner_text() == now, why="the page never came back to now")
    assert "at=" not in page.url


def test_tabs_axes_and_ranges_stay_in_the_address(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    chart = "document.querySelector('[data-testid=chart-metric]')"
    page.wait_for_function(f"() => {chart}._fullLayout")
    page.get_by_test_id("axis-step").click()
    assert page.evaluate(f"() => {chart}._fullLayout.xaxis.range[1]") > 1000
    page.get_by_test_id("scale-log").click()
    assert page.evaluate("() => document.querySelector('[data-testid=chart-loss]')._fullLayout.yaxis.type") == "log"
    page.get_by_test_id("smooth-0.9").click()
    assert "x=step" in page.url and "scale=log" in page.url and "smooth=0.9" in page.url
    page.get_by_test_id("tab-diagnosis").click()
    assert "tab=diagnosis" in page.url and "token" not in page.url
    page.reload()
    page.get_by_test_id("causes").wait_for()
    assert page.get_by_test_id("panel-now").is_hidden()
    page.keyboard.press("1")
    page.wait_for_function(f"() => {chart}._fullLayout?.xaxis.range[1] > 1000")
    assert page.get_by_test_id("smooth-0.9").get_attribute("aria-pressed") == "true"


def test_a_zoom_is_shared_by_the_charts_and_undone_by_one_click(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.wait_for_function("() => document.querySelector('[data-testid=chart-metric]')._fullLayout")
    page.get_by_test_id("chart-metric").scroll_into_view_if_needed()
    box = page.get_by_test_id("chart-metric").bounding_box()
    y = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y + 3, steps=6)
    page.mouse.up()
    wait_until(lambda: page.evaluate(RANGES)[1][1] < 290, why="the drag did not zoom")
    loss, wer, words = page.evaluate(RANGES)
    assert loss == wer == words
    assert "range=" in page.url
    page.get_by_test_id("reset-loss").click()
    wait_until(lambda: page.evaluate(RANGES)[1][1] > 290, why="the zoom was not undone")
    assert "range=" not in page.url


def test_predictions_can_be_stepped_filtered_searched_watched_and_followed(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.get_by_test_id("tab-predictions").click()
    clips = page.get_by_test_id("predictions")
    clips.locator("article").first.wait_for()
    assert clips.locator("article").count() == 6
    assert "epoch 30" in page.get_by_test_id("epoch-text").inner_text()
    assert "WOLKE" in page.get_by_test_id("most-swapped").inner_text()

    page.locator("[data-keyframe='first words']").click()
    page.get_by_test_id("epoch-text").filter(has_text="epoch 1").wait_for()
    assert clips.locator(".vs-word-empty").count() == 6
    assert "epoch=1" in page.url
    page.get_by_test_id("epoch-slider").press("End")
    page.get_by_test_id("epoch-text").filter(has_text="epoch 30").wait_for()

    page.get_by_test_id("word-search").fill("val-")
    page.get_by_test_id("word-search").fill("xyzzy")
    page.get_by_text("No clip of this evaluation has").wait_for()
    page.get_by_test_id("word-search").fill("")
    clips.locator("article").first.wait_for()

    first = clips.locator("article").first
    first.get_by_role("button", name="History").click()
    wait_until(lambda: first.locator(".vs-moment").count() == 5, why="the history does not show each change")
    first.get_by_role("button", name="Watch").click()
    page.locator("[data-filter=watch]").click()
    wait_until(lambda: clips.locator("article").count() == 1, why="the watch list shows other clips")
    page.reload()
    page.get_by_test_id("predictions").locator("article").first.wait_for()
    page.locator("[data-filter=watch]").click()
    wait_until(lambda: page.get_by_test_id("predictions").locator("article").count() == 1, why="the list was forgotten")


def test_diagnosis_shows_causes_options_and_where_each_limit_comes_from(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.get_by_test_id("tab-diagnosis").click()
    assert "wrong on 0 of 69 recorded runs" in page.get_by_test_id("why").inner_text()
    assert "✓" in page.get_by_test_id("causes").inner_text()
    rows = page.get_by_test_id("healthy").locator("tbody tr")
    assert "BAD" in [row.locator("td").last.inner_text() for row in rows.all()]
    page.get_by_test_id("limits").locator("summary").click()
    wait_until(lambda: "gap_limit" in page.get_by_test_id("limits").inner_text(), why="the limits are not shown")
    assert sideways(page) == 0


def test_a_projects_own_limit_is_in_force_and_named_as_its_own(dashboard, tab, tmp_path):
    (tmp_path / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 0.25\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from monitor.writer import RunWriter\n"
        "with RunWriter(os.environ['VITALSIGNS_RUN_DIR'], epochs=12) as run:\n"
        "    for epoch in range(1, 13):\n"
        "        run.log_epoch(epoch, train_loss=2 / epoch, val_loss=0.5 + 2 / epoch, val_wer=0.5)\n"
    )
    start = [sys.executable, "-m", "monitor", "start", "--runs", dashboard.runs, "--name", "own", "--"]
    env = {**dashboard.env, "PYTHONPATH": str(ROOT)}
    subprocess.run([*start, sys.executable, script], cwd=tmp_path, env=env, check=True, timeout=120)
    wait_until(lambda: dashboard.states().get("own") == "finished", 60, "the script never finished")
    page = tab()
    open_run(page, dashboard, "own")
    flag = page.locator("[data-testid=flags] [data-rule=gap]")
    flag.locator("summary").click()
    wait_until(
        lambda: "vitalsigns.toml: gap_limit = 0.25 (default 1)" in flag.inner_text(), why="its limit is not told"
    )
    page.get_by_test_id("tab-diagnosis").click()
    assert "1 of the project's own (vitalsigns.toml)" in page.get_by_test_id("limits").inner_text()


def test_reports_and_numbers_are_downloaded_whole(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')._fullLayout")
    page.get_by_test_id("panel-now").get_by_text("Download", exact=True).click()
    with page.expect_download() as got:
        page.get_by_test_id("save-csv").click()
    lines = got.value.path().read_text().splitlines()
    assert lines[0].startswith("epoch,") and len(lines) == 31
    pictures = []
    page.on("download", lambda picture: pictures.append(picture))
    page.get_by_test_id("panel-now").get_by_text("Download", exact=True).click()
    page.get_by_test_id("save-svg").click()
    for _ in range(100):
        if len(pictures) < 3:
            page.wait_for_timeout(200)
    assert len(pictures) == 3, "not every chart was saved"
    drawn = [picture.path().read_text() for picture in pictures]
    assert all("<svg" in picture and ">val " in picture.replace("words", "val ") for picture in drawn[:2])
    page.get_by_test_id("tab-diagnosis").click()
    with page.expect_download() as got:
        page.get_by_test_id("report-md").click()
    assert got.value.path().read_text().startswith("# Run sick")
    with page.expect_download() as got:
        page.get_by_test_id("report-html").click()
    assert "<svg" in got.value.path().read_text()


def test_a_report_needs_the_token_and_a_real_run(dashboard, tab, sick):
    page = tab()
    root = f"http://127.0.0.1:{dashboard.port}/vs/report"
    assert page.request.get(f"{root}/{sick}.md").status == 401
    page.goto(dashboard.link())
    assert page.request.get(f"{root}/{sick}.md").status == 200
    for name in ("nobody.md", "sick.exe", "..%2f..%2fetc%2fpasswd.md", ".md"):
        assert page.request.get(f"{root}/{name}").status in (400, 404)


def test_three_sentences_stand_on_the_first_tab_and_lead_to_all(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.get_by_test_id("three").locator(".vs-few-row").nth(2).wait_for()
    assert "WOLKE" in page.get_by_test_id("three").inner_text()
    page.get_by_test_id("three").get_by_role("button", name="All predictions").click()
    assert page.get_by_test_id("panel-predictions").is_visible()


def test_a_wall_shows_word_reason_and_four_numbers_alone(dashboard, tab, sick):
    page = tab(width=1920, height=1080)
    page.goto(dashboard.link(sick) + "&view=wall")
    page.get_by_test_id("verdict").wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=flags]')?.dataset.seq")
    assert page.get_by_test_id("tile-words").is_visible()
    for hidden in ("tab-now", "chart-loss", "flags", "btn-stop"):
        assert not page.get_by_test_id(hidden).is_visible()
    size = page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.vs-number')).fontSize)")
    assert size >= 64 and sideways(page) == 0


def test_help_explains_keys_and_words_and_goes_away(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.keyboard.press("?")
    page.get_by_test_id("help").get_by_text("word error rate").wait_for()
    page.keyboard.press("Escape")
    wait_until(lambda: not page.get_by_test_id("help").is_visible(), why="the help stayed open")
    # Where the page is put into the document anew, the browser itself no longer closes what stood open.
    page.keyboard.press("?")
    page.get_by_test_id("help").wait_for()
    page.get_by_test_id("help").evaluate("node => node.parentNode.appendChild(node)")
    page.keyboard.press("Escape")
    wait_until(lambda: not page.get_by_test_id("help").is_visible(), why="the help that was moved stayed open")


def test_hostile_log_lines_are_text_and_searched(dashboard, tab, sick):
    log = dashboard.runs / sick / "trainer.log"
    log.write_text("<img src=x onload=window.hacked=1>\n\x1b[31mred\x1b[0m \u202eevil\nKeyError: 'x'\n" + "W" * 100_000)
    page = tab()
    open_run(page, dashboard, sick)
    page.get_by_test_id("tab-log").click()
    lines = page.get_by_test_id("log")
    lines.get_by_text("<img src=x").wait_for()
    assert page.evaluate("() => window.hacked") is None and lines.locator("img").count() == 0
    assert "100,000 characters" in lines.inner_text() and "\u202e" not in lines.inner_text()
    page.get_by_role("button", name="only warnings").click()
    wait_until(lambda: lines.inner_text().strip() == "KeyError: 'x'", why="other lines are shown too")
    with log.open("a") as more:
        more.write("\nValueError: new\n")
    wait_until(lambda: "ValueError: new" in lines.inner_text(), why="the log is not followed")
    assert sideways(page) == 0


def test_the_gpu_is_drawn_over_real_time_with_the_times_of_throttling_and_what_its_driver_did_not_tell(dashboard, tab):
    with RunWriter(dashboard.runs / "gpu", config={}) as run:
        run.log_epoch(1, val_loss=2.0)
    at = [1000.0 + 5 * n + (3600 if n >= 10 else 0) for n in range(20)]  # stopped for an hour, then resumed
    history = GpuHistory(
        gpus=["cuda:0", "cuda:1"],
        name="NVIDIA H200",
        memory_total_bytes=143771.0 * 2**20,
        at=at,
        busy_ratio=[None] * 20,
        memory_bytes=[2.0**31] * 10 + [2.0**36] * 10,
        power_watts=[250.0] * 20,
        temperature_celsius=[38.0 + n for n in range(20)],
        throttled_ratio=[0.0] * 15 + [1.0] * 5,
        throttled_by=["heat"],
    )
    (dashboard.runs / "gpu" / GPU_FILE).write_bytes(encode(history))
    page = tab(width=390)
    open_run(page, dashboard, "gpu")
    page.get_by_role("tab", name="Log").click()
    gpu = page.get_by_test_id("gpu")
    gpu.wait_for()
    said = gpu.inner_text()
    assert "GPU 0 and 1, NVIDIA H200, 1 h 2 min up to" in said
    for words in ("memory of the fullest", "2.0 to 64.0 GiB of 140.4 GiB", "250 W\nunchanged", "38 to 57 °C"):
        assert words in said
    assert "The clock of one or more was kept down 25.0 % of the time: heat." in said
    assert "Not reported by the driver: how busy it is" in said and "GPUs busy" not in said
    lines = [each.get_attribute("d") for each in gpu.locator(".vs-gpu-line").all()]
    assert [line.count("M") for line in lines] == [2, 2, 2], "each begins anew behind the hour"
    assert gpu.locator(".vs-gpu-slow").first.get_attribute("d").count("M") == 5
    assert sideways(page) == 0
