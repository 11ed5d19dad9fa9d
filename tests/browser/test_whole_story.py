"""See, diagnose, change, restart: the product's one loop, with the real trainer, app and browser."""

import json
import os
import re
import signal

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until

pytestmark = pytest.mark.browser

SAMPLER = """() => {
  window.moments = {frames: 0, torn: [], seqs: new Set()};
  const at = (id) => document.querySelector(`[data-testid="${id}"]`);
  const look = () => {
    const tiles = ["tile-val_wer", "tile-gap", "tile-val_loss", "tile-words"];
    const ids = ["verdict", ...tiles, "chart-loss", "chart-metric", "flags"];
    const seqs = ids.map((id) => at(id)?.dataset.seq);
    const said = at("flags")?.innerText.match(/val loss is ([\\d.]+) above/)?.[1];
    const shown = at("tile-gap")?.innerText.match(/\\n([\\d.−]+)/)?.[1];
    window.moments.frames += 1;
    window.moments.seqs.add(seqs[0]);
    if (new Set(seqs).size > 1 || (said && said !== shown)) window.moments.torn.push([seqs, said, shown]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
CHART = "document.querySelector('[data-testid=chart-loss]')"


def epoch_shown(page):
    found = re.search(r"epoch (\d+)/", page.locator(".vs-header").inner_text())
    return int(found[1]) if found else 0


def at_least_epoch(page, epoch, secs=90):
    wait_until(lambda: epoch_shown(page) >= epoch, secs, f"the page never showed epoch {epoch}")


def zoom_by_hand(page):
    """Drags over a part of the loss chart, as a person zooms."""
    box = page.get_by_test_id("chart-loss").bounding_box()
    y = box["y"] + box["height"] * 0.3
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y + 4, steps=8)
    page.mouse.up()
    page.mouse.move(5, 5)


def test_a_person_watches_a_run_go_wrong_stops_it_and_restarts_it_with_the_cure(dashboard, tab):
    run = dashboard.start("broken", "--preset", "broken", "--epochs", "60")
    page = tab()
    page.goto(dashboard.link(run))
    page.get_by_test_id("vitalsigns").wait_for()
    assert "token" not in page.url

    # It grows without a reload, and all that is painted together is of one moment.
    page.wait_for_function("() => document.querySelector('[data-testid=flags]')?.dataset.seq")
    page.evaluate("() => { window.sameDocument = true; }")
    at_least_epoch(page, 2)
    page.evaluate(SAMPLER)
    page.wait_for_function(f"() => {CHART}._fullLayout")
    page.evaluate(f"() => {{ {CHART}.mark = 'kept'; }}")

    # The limit is passed: a flag, a toast over no button, the verdict.
    page.locator("[data-testid=toast]", has_text="Gap between").wait_for(timeout=90_000)
    toast = page.locator("[data-testid=toast]").first.bounding_box()
    for button in page.get_by_test_id("btn-stop"), page.get_by_test_id("btn-restart"), page.get_by_test_id("btn-what"):
        if button.is_visible():
            assert not overlap(toast, button.bounding_box())
    flag = page.locator("[data-testid=flags] [data-rule=gap]")
    flag.wait_for()
    assert "limit 1.0" in flag.inner_text()
    # It is an alarm of its own, in page and title, until it is marked as seen.
    alarm = page.get_by_test_id("gap-alarm")
    alarm.wait_for()
    assert "limit 1" in alarm.inner_text()
    wait_until(lambda: "▲ gap" in page.title(), why="the title does not name the gap")
    page.get_by_test_id("alarm-seen").click()
    alarm.wait_for(state="hidden")
    wait_until(lambda: "▲ gap" not in page.title(), why="the title still names the gap")
    wait_until(lambda: "LOOK" in page.get_by_test_id("verdict").inner_text(), 60, "no verdict LOOK")

    # What a person has opened, zoomed and scrolled stays as it is through updates.
    zoom_by_hand(page)
    zoomed = page.evaluate(f"() => {CHART}._fullLayout.xaxis.range.map((x) => Math.round(x * 100) / 100)")
    flag.locator("summary").click()
    before = epoch_shown(page)
    at_least_epoch(page, before + 2)
    assert page.evaluate(f"() => {CHART}._fullLayout.xaxis.range.map((x) => Math.round(x * 100) / 100)") == zoomed
    assert zoomed[1] - zoomed[0] < before, "the drag did not zoom"
    assert page.evaluate(f"() => {CHART}.mark") == "kept"
    assert flag.get_attribute("open") is not None
    assert page.evaluate("() => window.sameDocument")

    moments = page.evaluate("() => ({...window.moments, seqs: window.moments.seqs.size})")
    assert moments["torn"] == []
    assert moments["seqs"] > 8 and moments["frames"] > 100

    # Predictions, word under word, with errors by glyph.
    page.get_by_test_id("tab-predictions").click()
    clips = page.get_by_test_id("predictions")
    wait_until(lambda: any(glyph in clips.inner_text() for glyph in "≠∅"), why="no error is marked")
    assert clips.locator(".vs-target").count() > 8
    page.get_by_test_id("tab-now").click()

    # Stop, with stages, then restart with the proposed cure: the values of the preset `fixed`.
    page.get_by_test_id("btn-stop").click()
    page.get_by_role("button", name="Stop after this step").click()
    page.get_by_test_id("header-state").filter(has_text="stopped").wait_for(timeout=60_000)
    assert "ENDED" in page.get_by_test_id("verdict").inner_text()
    page.get_by_test_id("btn-fix").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Runs exactly this").wait_for()
    command = dialog.locator("[data-testid=stCode]").filter(has_text="--preset broken").inner_text()
    dialog.get_by_role("button", name="Start child").click()
    page.wait_for_url("**run=broken-2*")
    page.locator(".vs-parent", has_text="Child of broken").wait_for()
    at_least_epoch(page, 1)
    child = json.loads((dashboard.runs / "broken-2" / "run.json").read_text())["config"]
    launched = json.loads((dashboard.runs / "broken-2" / "launch.json").read_text())
    cure = {"dropout": 0.5, "weight_decay": 1e-3, "hidden_dim": 64, "learning_rate": 2e-3, "batch_size": 4}
    assert {key: child[key] for key in cure} == cure
    assert child["augmentation"] == "strong"
    ran = json.loads(dashboard.monitor("show", "broken-2", "--runs", dashboard.runs, "--json"))["command"]
    assert command.split() == ran.split()
    assert launched["parent"]["run_id"] == "broken"
    page.get_by_test_id("btn-stop").click()
    page.get_by_role("button", name="Stop after this step").click()
    page.get_by_test_id("header-state").filter(has_text="stopped").wait_for(timeout=60_000)


def overlap(a, b):
    apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    return not (apart or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"])


def test_parent_stopped_and_child_started_in_one_dialog_and_a_bad_value_is_refused_before(dashboard, tab):
    run = dashboard.start("parent", "--preset", "broken", "--epochs", "200", "--pace", "1")
    page = tab()
    page.goto(dashboard.link(run))
    page.get_by_test_id("btn-restart").wait_for()
    wait_until(lambda: (dashboard.runs / run / "run.json").exists(), why="the trainer never wrote run.json")
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("textbox", name="dropout (now 0.3)", exact=True)
    field.fill("1.5")
    field.press("Enter")
    dialog.get_by_text("1.5").last.wait_for()
    wait_until(lambda: dialog.get_by_role("alert").count() > 0, why="a dropout of 1.5 was not refused")
    assert "0.95" in dialog.get_by_role("alert").first.inner_text()
    start = dialog.get_by_role("button", name="Stop parent and start child")
    wait_until(start.is_disabled, why="a refused form could still be sent")
    field.fill("0.5")
    field.press("Enter")
    wait_until(start.is_enabled, why="the button stayed disabled after the mend")
    start.click()
    page.wait_for_url("**run=parent-2*", timeout=60_000)
    wait_until(lambda: dashboard.states()["parent"] == "stopped", why="the parent never stopped")
    wait_until(lambda: (dashboard.runs / "parent-2" / "run.json").exists(), 60, "the child never began")
    assert json.loads((dashboard.runs / "parent-2" / "run.json").read_text())["config"]["dropout"] == 0.5

    # The app that started the child is killed; the child does not notice, and the next app shows it.
    app = next(c.pid for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == dashboard.port)
    os.kill(app, signal.SIGKILL)
    dashboard.serve("--port", dashboard.port)
    assert dashboard.states()["parent-2"] == "running"
    at_least_epoch(page, 1)
    dashboard.monitor("stop", "parent-2", "--runs", dashboard.runs)


def test_a_broken_run_is_cured_from_its_diagnosis_and_the_cure_is_scored_and_counted(dashboard, tab):
    run = dashboard.start("sickly", "--preset", "broken", "--epochs", "10")
    wait_until(lambda: dashboard.states().get(run) == "finished", 120, "the parent never finished")
    page = tab()
    page.goto(dashboard.link(run))
    page.locator("[data-testid=flags] [data-rule=gap]").wait_for()

    # Flag → diagnosis → the first option of a short plan, prefilled and editable; what is expected, and when it is
    # judged.
    page.get_by_test_id("tab-diagnosis").click()
    option = page.locator(".vs-option[data-option=more_data]")
    option.get_by_role("heading", name=re.compile("^A ")).wait_for()
    assert "not yet in this folder" in option.inner_text()
    option.get_by_role("button", name="Restart with this").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("val WER at epoch 10 at most").first.wait_for()
    expect(dialog.get_by_role("textbox", name="train_clips (now 300)", exact=True)).to_have_value("600", timeout=60_000)
    same = dialog.locator("[data-testid=stCode]").filter(has_text="--option more_data")
    same.wait_for()
    dialog.get_by_role("button", name="Start child").click()
    page.wait_for_url("**run=sickly-2*", timeout=60_000)
    launched = json.loads((dashboard.runs / "sickly-2" / "launch.json").read_text())["parent"]
    assert launched["changes"] == {"signers": [2, 4], "train_clips": [300, 600]}
    assert (launched["expected"]["prescription"], launched["expected"]["epoch"]) == ("more_data", 10)

    # The child against its parent at the agreed epoch, by WER over the same clips.
    wait_until(lambda: (dashboard.runs / "sickly-2" / "outcome.json").exists(), 150, "the child was never judged")
    page.get_by_test_id("tab-compare").click()
    card = page.get_by_test_id("outcome")
    card.filter(has_text="HELPED").wait_for(timeout=60_000)
    assert "points at epoch 10" in card.inner_text() and "It came." in card.inner_text()
    assert "not credited" not in card.inner_text()

    # The ledger after it: at the option, on the list of runs, and on the command line.
    page.goto(dashboard.address(run))
    page.get_by_test_id("tab-diagnosis").click()
    page.locator(".vs-option[data-option=more_data]", has_text="1 try: 1 helped").wait_for()
    page.goto(dashboard.address())
    page.get_by_test_id("ledger").locator("summary").click()
    page.get_by_test_id("ledger").get_by_text("1 try: 1 helped").wait_for()
    told = json.loads(dashboard.monitor("ledger", "--runs", dashboard.runs, "--json"))
    (cure,) = [each for each in told["prescriptions"] if each["prescription"] == "more_data"]
    assert (cure["tries"], cure["counts"]) == (1, {"HELPED": 1})
    compared = json.loads(dashboard.monitor("compare", "sickly-2", run, "--runs", dashboard.runs, "--json"))
    assert compared["outcome"]["word"] == "HELPED" and compared["outcome"]["high"] < 0
