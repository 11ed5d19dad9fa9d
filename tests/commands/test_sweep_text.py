"""One sweep in a terminal: the sentences above its trials, and at most so many columns of settings."""

import pytest

from monitor.commands.sweep_text import MOST_SETTINGS, sweep_in
from monitor.run_dir.errors import UsageError
from monitor.writer import RunWriter


def trial(runs, place, wer=None, **settings):
    with RunWriter(runs / f"t-{place}", config={"sweep": "lr", "rate": place, **settings}) as run:
        if wer is not None:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=wer)


def shown(runs, capsys):
    sweep_in(runs, "lr", False)
    return capsys.readouterr().out.splitlines()


def test_of_one_scored_trial_no_spread_is_told(tmp_path, capsys):
    trial(tmp_path, 0, 0.5)
    trial(tmp_path, 1)
    head, best, *_ = shown(tmp_path, capsys)
    assert head == "lr: sweep of 2 trials: 2 finished."
    assert best == "Best val WER: 50.0 %, t-0 (rate 0); no other trial has a score."


def test_without_a_score_there_is_no_best(tmp_path, capsys):
    for place in (0, 1):
        trial(tmp_path, place)
    head, columns, *rows = shown(tmp_path, capsys)
    assert "Best" not in head and columns.split() == ["trial", "state", "best", "verdict", "rate"]
    assert [row.split()[-1] for row in rows] == ["0", "1"]


def test_the_table_has_so_many_settings_and_the_document_all(tmp_path, capsys):
    names = [f"s{n}" for n in range(MOST_SETTINGS + 3)]
    trial(tmp_path, 0, 0.5, **dict.fromkeys(names, 0))
    trial(tmp_path, 1, 0.4, **dict.fromkeys(names[1:], 1))
    columns = next(line for line in shown(tmp_path, capsys) if line.startswith("trial")).split()
    assert len(columns[columns.index("verdict") + 1 :]) == MOST_SETTINGS
    told = sweep_in(tmp_path, "lr", True)
    assert capsys.readouterr().out == ""
    assert set(told["runs"][0]["settings"]) == {"rate", *names}
    assert [(row["run_id"], row["best"]) for row in told["runs"]] == [("t-1", 0.4), ("t-0", 0.5)]
    assert told["runs"][0]["settings"]["s0"] is None


def test_where_there_is_no_such_sweep_those_that_are_there_are_named(tmp_path):
    with pytest.raises(UsageError, match=rf"^No sweep 'x' of two runs or more in {tmp_path}; there are: none\.$"):
        sweep_in(tmp_path, "x", False)
    with pytest.raises(UsageError, match="there are: none"):
        sweep_in(tmp_path / "nowhere", "x", False)
    trial(tmp_path, 0)
    trial(tmp_path, 1)
    with pytest.raises(UsageError, match="there are: lr"):
        sweep_in(tmp_path, "x", False)
