"""Runs that carry one name as `sweep` are summed up as one row; everything else is left as it is."""

import time

import pytest
from msgspec.structs import replace

from monitor.run_dir.folders import Folder, Folders
from monitor.run_dir.metric import WER, Metric
from monitor.ui.firstpaint import first_words
from monitor.view.rows import RowBook
from monitor.view.shapes.listing import RunRow
from monitor.view.sweeps import ranked, sweep_of, sweeps_of
from monitor.writer import RunWriter

ACCURACY = Metric("val_accuracy", "score", "percent", label="accuracy")


def trial(name, best=None, metric=WER, sweep="search", state="finished", **more):
    numbers = {} if best is None else {f"best {metric.label}": best}
    live = state in ("running", "queued, position 2")
    word = {"failed": "FAILED", "running": "KEEP GOING", "queued, position 2": ""}.get(state, "ENDED")
    about = {"verdict": word, "live": live, "unit": metric.unit, "numbers": numbers, **more}
    return RunRow(run=name, state=state, evidence="", sweep=sweep, **about), metric


def test_runs_without_a_sweep_and_a_sweep_of_one_run_are_no_sweep():
    assert sweeps_of([]) == []
    assert sweeps_of([trial("a", sweep=""), trial("b", sweep=""), trial("c", sweep="alone")]) == []
    assert [sweep_of(config) for config in ({}, {"sweep": True}, {"sweep": {"lr": 1}}, {"sweep": "x"})] == [
        "",
        "",
        "",
        "x",
    ]


def test_a_sweep_without_a_score_says_no_best_and_no_spread():
    [sweep] = sweeps_of([trial("a", state="running"), trial("b", state="queued, position 2")])
    assert (sweep.trials, sweep.live, sweep.counts, sweep.verdict) == (2, 2, "1 running, 1 queued", "KEEP GOING")
    assert (sweep.best_run, sweep.best, sweep.spread, sweep.scored, sweep.flagged) == ("", "", "", 0, "")


def test_the_best_is_the_lowest_error_with_its_settings_and_the_spread_ends_at_the_worst():
    rows = [
        trial("a", 0.5, settings={"lr": 0.1, "wide": True, "seed": 3}),
        trial("b", 0.25, settings={"lr": 0.001, "wide": False, "seed": 3}),
        trial("c", state="failed", settings={"lr": 1.0, "wide": False, "seed": 3}),
    ]
    [sweep] = sweeps_of(rows)
    assert (sweep.best_run, sweep.best, sweep.best_settings) == ("b", "25.0 %", "lr 0.001, wide false")
    assert (sweep.spread, sweep.median, sweep.scored, sweep.falls) == ("25.0 % to 50.0 %", "37.5 %", 2, True)
    assert (sweep.counts, sweep.verdict, sweep.differ) == ("2 finished, 1 failed", "ENDED", ["lr", "wide"])
    assert [row.run for row in ranked(sweep, [row for row, _ in rows])] == ["b", "a", "c"]


def test_of_a_score_the_best_is_the_highest_in_its_own_unit():
    rows = [trial(name, best, ACCURACY) for name, best in (("a", 71.0), ("b", 90.5), ("c", 30.0))]
    [sweep] = sweeps_of(rows)
    assert (sweep.best_run, sweep.spread, sweep.falls, sweep.metric) == ("b", "90.5 % to 30.0 %", False, "val accuracy")
    assert [row.run for row in ranked(sweep, [row for row, _ in rows])] == ["b", "a", "c"]


def test_trials_with_another_metric_than_most_are_not_ranked_among_them():
    rows = [trial("a", 0.5), trial("b", 0.4), trial("c", 99.0, ACCURACY)]
    [sweep] = sweeps_of(rows)
    assert (sweep.best_run, sweep.scored, sweep.metric) == ("b", 2, "val WER")
    assert [row.run for row in ranked(sweep, [row for row, _ in rows])] == ["b", "a", "c"]


def test_the_worst_flag_and_the_gravest_verdict_of_those_at_work_are_the_sweeps():
    critical, warned = {"severity": "critical"}, {"severity": "warning"}
    rows = [
        trial("a", **critical),
        trial("b", state="running", **warned),
        trial("c", **warned),
        trial("d", severity="info"),
    ]
    [sweep] = sweeps_of(rows)
    assert (sweep.severity, sweep.flagged) == ("critical", "⬣ critical in 1, ▲ warning in 2")
    assert sweep.verdict == "KEEP GOING"
    grave = trial("e", state="running")
    assert sweeps_of([*rows, (replace(grave[0], verdict="LOOK"), WER)])[0].verdict == "LOOK"
    assert sweeps_of([trial("a", state="failed"), trial("b", state="failed")])[0].verdict == "FAILED"


@pytest.fixture
def folder(tmp_path):
    """Two trials, one of them with a setting of its own, beside fifty runs with many other settings."""
    for number in range(2):
        config = {"sweep": "small", "rate": 0.1 + number, **({"momentum": 0.9} if number else {})}
        with RunWriter(tmp_path / f"small-{number}", config=config, epochs=1) as run:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=0.5 + number / 10)
    for number in range(5):
        with RunWriter(tmp_path / f"other-{number}", config={f"s{i}": number for i in range(60)}) as run:
            run.log_epoch(1, val_loss=1.0)
    return tmp_path


def test_a_sweeps_settings_are_kept_however_many_others_there_are(folder):
    book = RowBook(folder)
    rows = {row.run: row for row in book.rows(time.time())}
    [sweep] = book.sweeps
    assert sweep.differ == ["momentum", "rate"] and sweep.best_run == "small-0" and sweep.best == "50.0 %"
    assert rows["small-1"].settings["momentum"] == 0.9 and "momentum" not in rows["small-0"].settings
    assert rows["other-0"].sweep == "" and len(rows["other-0"].settings) == 40


def test_a_trial_that_comes_is_counted_at_the_next_look(folder):
    book = RowBook(folder)
    book.rows(time.time())
    with RunWriter(folder / "small-2", config={"sweep": "small", "rate": 9.0}) as run:
        run.log_epoch(1, val_loss=1.0, val_wer=0.2)
    book.rows(time.time())
    assert [(sweep.trials, sweep.best_run) for sweep in book.sweeps] == [(3, "small-2")]


def test_the_first_words_of_the_page_hold_one_line_of_a_sweep(folder):
    said = first_words(Folders((Folder("", folder),)), None, RowBook(folder).rows(time.time()))
    assert said.count("small-") == 1 and said.count("other-") == 5
