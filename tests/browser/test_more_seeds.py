"""A child within the noise is repeated from its card on two other seeds, after both commands were shown."""

import json

import pytest

from monitor.run_dir import LAUNCH_FILE, STATE_FILE
from monitor.run_dir.launch import command_of
from tests.browser.conftest import ROOT, wait_until
from tests.supervised import script

pytestmark = pytest.mark.browser

TRAINS = f"""
import argparse, random, sys
sys.path.insert(0, {str(ROOT)!r})
from monitor.writer import RunWriter
from tests.diagnosis.test_outcome import references, spoiled

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--dropout", type=float, default=0.1)
asked = parser.parse_args()
rng, wanted = random.Random(asked.seed), references()
with RunWriter(config=vars(asked), epochs=5) as run:
    for epoch in range(1, 6):
        run.log_decodes(epoch, [spoiled(each, rng, 0.5) for each in wanted], references=wanted)
        run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=0.5)
"""


def test_two_more_seeds_are_started_from_the_card_of_a_child_that_is_too_close(dashboard, tab, tmp_path):
    def ended(name):
        state = dashboard.runs / name / STATE_FILE
        wait_until(lambda: state.exists() and '"finished"' in state.read_text(), 60, f"{name} never finished")

    runs = ("--runs", dashboard.runs)
    command = [*script(tmp_path, TRAINS), "--seed", "3", "--dropout", "0.1"]
    dashboard.monitor("start", *runs, "--run-id", "close", "--", *command)
    ended("close")
    dashboard.monitor("restart", "close", *runs, "--set", "dropout=0.2", "--judge-at", "5", "--yes")
    ended("close-2")

    looking = tab()
    looking.goto(dashboard.link("close-2", look=True) + "&tab=compare")
    looking.get_by_test_id("more-seeds").get_by_text("--set seed=4").wait_for()
    assert not looking.get_by_test_id("btn-seeds").is_visible()

    page = tab()
    page.goto(dashboard.link("close-2") + "&tab=compare")
    page.get_by_test_id("btn-seeds").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("close-4, seed 5, runs exactly this").wait_for()
    boxes = dialog.locator("[data-testid=stCode]").filter(has_text="--seed")
    wait_until(lambda: boxes.count() == 2, why="not both commands are shown")
    shown = boxes.all_inner_texts()
    dialog.get_by_role("button", name="Start both").click()
    page.wait_for_url("**run=close-3*", timeout=60_000)
    for name, seed, command in zip(("close-3", "close-4"), (4, 5), shown, strict=True):
        ended(name)
        launched = json.loads((dashboard.runs / name / LAUNCH_FILE).read_text())
        assert launched["parent"]["run_id"] == "close"
        assert launched["parent"]["expected"] == {"epoch": 5, "epoch_by": "asked"}
        assert launched["parent"]["changes"].keys() == {"dropout", "seed"}
        ran = command_of(launched["argv"], dashboard.runs / name)
        assert command.split() == ran.split()
        assert f"--seed {seed}" in ran
    dialog.wait_for(state="hidden")
