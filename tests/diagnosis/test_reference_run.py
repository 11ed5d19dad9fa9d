"""The run that this product began with: what its notes promise is what the rules find, at the epochs they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.registry import RULES
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet
from monitor.run_dir.reader import RunReader
from monitor.view.frame import frame
from monitor.view.series import Since

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = ROOT / "examples" / "reference-run"
NOTES = (RUN / "NOTES.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w+) \| (critical|warning|info) \| (\d+) \| (\d+) \| (\d+|–) \|$", NOTES, re.MULTILINE)


@pytest.fixture(scope="module")
def whole():
    return RunReader(RUN).read(2_000_000_000.0)


def results_at(whole, epoch):
    """What a person watching live would have seen after the evaluation at `epoch`."""
    seen = msgspec.structs.replace(
        whole,
        epochs=tuple(record for record in whole.epochs if record.epoch <= epoch),
        decodes=tuple(record for record in whole.decodes if record.epoch <= epoch),
    )
    return {result.rule: result for result in judge(seen, 2_000_000_000.0).results}


def test_the_notes_name_five_findings():
    assert [row[0] for row in ROWS] == ["at_chance", "blank_collapse", "gap", "val_loss_rising", "wer_target"]


def test_at_the_end_these_findings_are_open_and_no_other(whole):
    found = {result.rule: result for result in judge(whole, 0.0).results if isinstance(result, Finding)}
    assert {(rule, finding.severity, f"{finding.onset:g}") for rule, finding in found.items()} == {
        (rule, severity, onset) for rule, severity, onset, _, _ in ROWS
    }


@pytest.mark.parametrize(("rule", "severity", "onset", "warns", "critical"), ROWS, ids=[row[0] for row in ROWS])
def test_each_finding_comes_at_the_evaluation_the_notes_say(whole, rule, severity, onset, warns, critical):
    epochs = [record.epoch for record in whole.epochs]
    seen = {epoch: results_at(whole, epoch)[rule] for epoch in epochs}
    fired = [epoch for epoch in epochs if isinstance(seen[epoch], Finding)]
    assert fired[0] == float(warns)
    assert fired == [epoch for epoch in epochs if epoch >= float(warns)], "it went away in between"
    worst = [epoch for epoch in fired if seen[epoch].severity == "critical"]
    assert worst == ([] if critical == "–" else [epoch for epoch in epochs if epoch >= float(critical)])


def test_the_quiet_the_waiting_and_the_inapplicable_checks_are_as_the_notes_say(whole):
    results = results_at(whole, 60)
    assert all(isinstance(results[rule], Quiet) for rule in ("overfitting", "overconfident", "non_finite"))
    assert isinstance(results["wer_plateau"], NotEnoughData)
    assert (results["wer_plateau"].have, results["wer_plateau"].need) == (7, 11)
    assert isinstance(results["stalled"], NotApplicable)


def test_the_verdict_is_stop_for_being_at_chance_and_no_regularisation_is_advised(whole):
    diagnosis = judge(whole, 0.0).diagnosis
    assert diagnosis.verdict == "STOP" and diagnosis.worst.rule == "at_chance"
    assert "WER 92.1 % after 60 epochs; always saying MORGEN WOLKE REGION REGEN scores 91.2 %" in diagnosis.reason
    assert (diagnosis.checks_ran, diagnosis.checks) == (16, len(RULES))
    assert diagnosis.causes[0].name == "no_evidence"
    assert "More regularisation is not suggested" in diagnosis.suppressed[0]


def test_the_page_shows_its_numbers(whole):
    painted = frame(whole, judge(whole, 0.0), 0.0, since=Since())
    values = {tile.key: tile.value for tile in painted.tiles}
    assert values == {"val_wer": "92.1 %", "gap": "2.93", "val_loss": "5.29", "train_loss": "2.36"}
    assert round(painted.marks.gap_crossed_epoch, 1) == 32.6
    assert painted.title == "STOP · 92.1 % · reference-run"


def monitor(*words):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_check_exits_2_and_says_why():
    done = monitor("check", "examples/reference-run")
    assert done.returncode == 2
    assert done.stdout.startswith("STOP  Not learning from the input")
    assert f"16 of {len(RULES)} checks ran" in done.stdout


def test_check_says_the_same_to_a_script():
    done = monitor("check", "examples/reference-run", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["diagnosis"]["verdict"] == "STOP"


def test_looking_at_it_changed_nothing_in_the_folder():
    assert {file.name for file in RUN.iterdir()} == {
        "NOTES.md",
        "run.json",
        "launch.json",
        "epochs.jsonl",
        "clips.jsonl",
        "decodes.jsonl",
    }
