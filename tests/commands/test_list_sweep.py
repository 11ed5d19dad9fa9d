"""`list --sweep`: what the page's row of a sweep says, in a terminal and as a document."""

import json

import pytest

from monitor.commands.cli import main
from monitor.run_dir.errors import EXIT_USAGE
from monitor.writer import RunWriter


@pytest.fixture
def runs(tmp_path):
    """Three trials, the second the best, the last without an evaluation; and a run of no sweep."""
    for place, wer in enumerate([0.5, 0.25, None]):
        with RunWriter(
            tmp_path / f"lr-{place}", config={"sweep": "lr", "rate": 10.0**-place, "wide": place == 1}
        ) as run:
            if wer is not None:
                run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=wer)
    RunWriter(tmp_path / "alone", config={"sweep": "one"}).finish()
    return tmp_path


def test_a_sweep_that_is_not_there_is_refused_with_those_that_are(runs, capsys):
    assert main(["list", "--runs", str(runs), "--sweep", "one"]) == EXIT_USAGE
    assert "there are: lr." in capsys.readouterr().err
    assert main(["list", "--runs", str(runs / "nowhere"), "--sweep", "lr"]) == EXIT_USAGE
    assert main(["list", "--runs", f"a={runs}", "--runs", f"b={runs.parent}", "--sweep", "lr"]) == EXIT_USAGE


def test_its_best_and_its_spread_stand_above_the_trials_the_best_first(runs, capsys):
    assert main(["list", "--runs", str(runs), "--sweep", "lr"]) == 0
    head, best, columns, *trials = capsys.readouterr().out.splitlines()
    assert head == "lr: sweep of 3 trials: 3 finished."
    assert " ".join(best.split()) == (
        "Best val WER: 25.0 %, lr-1 (rate 0.10, wide true); 2 trials from 25.0 % to 50.0 %, median 37.5 %."
    )
    assert columns.split() == ["trial", "state", "best", "val", "WER", "verdict", "rate", "wide"]
    assert [row.split()[0] for row in trials] == ["lr-1", "lr-0", "lr-2"]
    assert trials[2].split() == ["lr-2", "finished", "–", "ENDED", "0.01", "false"]


def test_the_document_has_every_trial_with_its_settings(runs, capsys):
    assert main(["list", "--runs", str(runs), "--sweep", "lr", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["version", "runs_dir", "sweep", "runs"]
    assert (said["sweep"]["best_run"], said["sweep"]["trials"], said["sweep"]["falls"]) == ("lr-1", 3, True)
    assert [(row["run_id"], row["best"]) for row in said["runs"]] == [("lr-1", 0.25), ("lr-0", 0.5), ("lr-2", None)]
    assert said["runs"][0]["settings"] == {"rate": 0.1, "wide": True}
