"""The benchmark of the rules: what it counts, on curves made here."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.rules import held_out, picture
from benchmarks.rules.curves import Curve, read_curves, verdicts_of
from benchmarks.rules.peers import PEERS, losses
from benchmarks.rules.replay import first_row, openings, replay
from benchmarks.rules.scores import Outcome, score, wilson
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch

ROOT = Path(__file__).resolve().parent.parent.parent
EPOCHS = range(1, 31)


def noisy(values, seed, size=0.003):
    return [
        value * float(np.exp(size * x))
        for value, x in zip(values, np.random.default_rng(seed).normal(size=len(values)), strict=True)
    ]


def overfits(seed):
    val = [2 + 3 / e if e <= 10 else 2.3 + 0.06 * (e - 10) for e in EPOCHS]
    return {"train_loss": [5 / e for e in EPOCHS], "val_loss": noisy(val, seed), "val_wer": [0.6] * 30}


def healthy(seed):
    val = [1 + 4 / e for e in EPOCHS]
    return {
        "train_loss": [0.9 + 4 / e for e in EPOCHS],
        "val_loss": noisy(val, seed),
        "val_wer": [0.9 - 0.02 * e for e in EPOCHS],
    }


def rises_in_loss_only(seed):
    return {**overfits(seed), "val_wer": [0.9 - 0.02 * e for e in EPOCHS]}


def curve(columns, verdicts=None, alarm_row=None, name="c", family="f"):
    records = tuple(
        Epoch(epoch=float(place + 1), **{key: values[place] for key, values in columns.items()})
        for place in range(len(columns["val_loss"]))
    )
    return Curve(name, family, verdicts or {}, alarm_row, records)


def written(place, seeds):
    """Curves of three kinds, each of its own family, in the layout of the benchmark's folder."""
    kinds = [
        ("overfitting", overfits, "yes", "13"),
        ("healthy", healthy, "no", ""),
        ("loss-only", rises_in_loss_only, "loss_only", ""),
    ]
    with (place / "labels.csv").open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["id", "family", "labels", "consensus", "alarm_row"])
        for word, make, consensus, alarm in kinds:
            for seed in range(seeds):
                name = f"{word}{seed}"
                write.writerow([name, name, word, consensus, alarm])
                columns = make(seed)
                lines = ["epoch,train_loss,val_loss,train_wer,val_wer,lr,blank_ratio"]
                lines += [
                    f"{e},{columns['train_loss'][e - 1]},{columns['val_loss'][e - 1]},,{columns['val_wer'][e - 1]},,"
                    for e in EPOCHS
                ]
                (place / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("nine"), seeds=3)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return written(tmp_path_factory.mktemp("three"), seeds=1)


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks.rules", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)


def test_its_json_has_ours_beside_the_peers(folder, tmp_path):
    drawn = tmp_path / "rules.svg"
    done = run("--curves", folder, "--json", "--picture", drawn)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    ours = found["ours"]["overfitting"]
    assert (ours["precision"], ours["recall"], ours["false_alarm_rate"]) == (1.0, 1.0, 0.0)
    assert ours["on_loss_only"] == 0 and ours["hit"] == ["overfitting0", "overfitting1", "overfitting2"]
    assert ours["median_lead"] >= -1
    assert found["ours"]["loss_only"]["recall"] == 1.0
    assert found["ours"]["healthy"]["recall"] == 1.0
    assert found["peers"]["early stopping, patience 5"]["on_loss_only"] == 3
    assert set(found["peers"]) == set(PEERS)
    assert found["not_scale_free"] == []
    assert found["held_out"]["recall"] == 1.0
    assert found["forecast"]["gap"]["runs"] == 9
    assert "overfitting (ours)" in drawn.read_text()


def test_its_table_is_markdown_for_people(small):
    done = run("--curves", small)
    assert done.returncode == 0, done.stderr
    assert "| ours: overfitting | 2 | 1.00 (.21–1.00) | 1.00 (.21–1.00) | .00 (.00–.79) |" in done.stdout
    assert "| gap > 1.0 |" in done.stdout


def test_two_folders_are_one_set_and_each_is_judged_with_thresholds_of_the_other(small, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(small, other)
    done = run("--curves", small, other, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["measured_on"]["curves"] == 6
    of_folders = found["folders_held_out"]["overfitting"]
    assert (of_folders["runs"], of_folders["families"], of_folders["recall"]) == (4, 2, 1.0)
    assert found["folders_held_out"]["not_learning"]["families"] == 2
    assert found["stop_grade_held_out"]["overfitting"] == {"runs": 2, "false": []}


def test_a_folder_without_labels_is_told(tmp_path):
    done = run("--curves", tmp_path)
    assert done.returncode == 64
    assert "labels.csv is not there" in done.stderr and "Traceback" not in done.stderr


def test_a_replay_says_what_the_quick_pass_says_at_every_evaluation():
    """Families are held out with the quick pass; the table is made by telling the rule row by row."""
    for make in (overfits, healthy, rises_in_loss_only):
        for seed in range(3):
            for size in (0.0, 0.01, 0.05):
                columns = make(seed)
                one = curve(
                    {**columns, "val_loss": noisy(columns["val_loss"], seed + 7, size)}, name=f"{make}{seed}{size}"
                )
                assert replay(one).warned["overfitting"].tolist() == held_out.outcome_of(one, DEFAULTS).flags.tolist()


def test_what_the_labels_say():
    row = {"labels": "loss-only divergence;recovered CTC plateau", "consensus": "loss_only"}
    assert verdicts_of(row) == {
        "loss_only": True,
        "not_learning": False,
        "diverged": False,
        "oscillating": False,
        "misleading_metric": False,
        "healthy": False,
    }
    both = verdicts_of({"labels": "diverged/NaN;not learning", "consensus": ""})
    assert both["diverged"] and both["not_learning"] and "overfitting" not in both
    assert verdicts_of({"labels": "healthy (converged)", "consensus": "no"})["healthy"]
    assert verdicts_of({"labels": "truncated", "consensus": ""}) == {}


def rows_raised(name, train, val):
    flags = PEERS[name](np.array(train, float), np.array(val, float))
    return [place + 1 for place in np.flatnonzero(flags)]


def test_each_peer_speaks_where_its_definition_says():
    nan = float("nan")
    assert rows_raised("gap > 1.0", [1, 1, nan], [2, 2.1, 9]) == [2]
    assert rows_raised("val/train > 2", [1, 1, 0], [2, 2.1, 1]) == [2, 3]
    assert rows_raised("val/train > 1.3 (3 epochs)", [1, 1, 1, 1], [1.2, 1.3, 1.5, 1.0]) == [3]
    assert rows_raised("SageMaker Overfit", [1, 1, 1], [1.2, 1.2, 1.0]) == [2, 3]
    assert rows_raised("Prechelt GL5", [1] * 4, [1.0, 1.04, 1.06, 0.9]) == [3]
    assert rows_raised("Prechelt UP3", [1] * 6, [1, 2, 3, 4, 5, 4]) == [4, 5]
    assert rows_raised("early stopping, patience 3", [1] * 6, [1, 2, 2, 2, 0.5, 2]) == [4]
    assert rows_raised("UMLAUT, one epoch", [3, 2, 2, 2.5], [1, 2, 3, 4]) == [2, 3]
    assert rows_raised("Prechelt PQ.75", [1.0] * 5, [1, 2, 3, 4, 5]) == []
    assert rows_raised("Prechelt PQ.75", [1.01, 1.0, 1.0, 1.0, 1.0], [1, 2, 3, 4, 5]) == [5]


def test_no_peer_looks_ahead():
    one = curve(overfits(0))
    train, val = losses(one)
    for said in PEERS.values():
        whole = said(train, val)
        for count in range(1, len(val)):
            assert said(train[:count], val[:count]).tolist() == whole[:count].tolist()


def test_scores_of_a_few_outcomes_counted_by_hand():
    def outcome(truth, row, family, alarm=5):
        flags = np.arange(1, 11) >= row if row else np.zeros(10, dtype=bool)
        one = curve({"val_loss": [1.0] * 10}, {"healthy": truth is False}, alarm if truth else None, family=family)
        return Outcome(one, truth, flags)

    found = score(
        [
            outcome(True, 4, "a"),
            outcome(True, 7, "a"),
            outcome(True, None, "b"),
            outcome(False, 3, "c"),
            outcome(False, None, "d"),
            outcome(False, None, "e"),
            outcome(None, 1, "f"),
        ]
    )
    assert found["precision"] == pytest.approx(2 / 3) and found["recall"] == pytest.approx(2 / 3)
    assert found["false_alarm_rate"] == pytest.approx(1 / 3)
    assert found["median_lead"] == -0.5
    assert found["family_weighted"] == {"precision": 0.5, "recall": 0.5, "false_alarm_rate": pytest.approx(1 / 3)}
    assert found["alarms_per_100_healthy_evaluations"] == pytest.approx(100 / 30)
    assert found["runs"] == 6


def test_wilsons_interval_is_the_textbooks():
    assert wilson(0, 0) is None
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)


def test_openings_are_counted_once_each():
    assert openings(np.array([True, True, False, True])) == 2
    assert first_row(np.array([False, True])) == 2 and first_row(np.array([False])) is None


def test_the_picture_says_never_where_a_rule_never_spoke():
    none = score([Outcome(curve(healthy(0), {"overfitting": False}), False, np.zeros(30, dtype=bool))])
    assert "never spoke" in picture.draw(none, {})


def test_curves_are_read_as_they_stand(folder):
    curves = read_curves(folder)
    assert len(curves) == 9 and curves[0].alarm_row == 13 and curves[0].verdicts["overfitting"]
    assert curves[0].scaled(10).records[3].val_loss == pytest.approx(10 * curves[0].records[3].val_loss)
