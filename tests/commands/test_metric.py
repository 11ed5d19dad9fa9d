"""`metric`: which metric a run is judged by, and the choice of another one."""

import json

import pytest

from monitor.commands import metric as verb
from monitor.commands.cli import main
from monitor.diagnosis.judged_by import MetricRow
from monitor.diagnosis.summaries import summary_of
from monitor.rules.primary import primary_of
from monitor.run_dir import METRIC_FILE, SUMMARY_FILE, Summary, encode
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import EXIT_OK, EXIT_USAGE
from monitor.run_dir.metric import WER, Metric
from monitor.writer import RunWriter
from tests.fake_runs import read


@pytest.fixture
def watched(runs_by_default):
    with RunWriter(runs_by_default / "r", metrics=[Metric("val_zap", "score", "raw", chance=1.0)]) as run:
        for epoch in range(1, 6):
            shares = {"val_cer": 0.5 - epoch / 100, "val_bleu": 10.0 + epoch, "train_acc": 0.9}
            run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=0.4, val_zap=epoch, temperature=60.0, **shares)
    return runs_by_default


def document(capsys, *words):
    capsys.readouterr()
    assert main(["metric", "r", *words, "--json"]) == EXIT_OK
    return json.loads(capsys.readouterr().out)


def test_without_a_name_the_metrics_are_listed_with_the_reason(watched, capsys):
    told = document(capsys)
    assert (told["judged_by"], told["why"]) == ("val_wer", "the word error rate is logged")
    rows = {row["name"]: row for row in told["metrics"]}
    assert list(rows) == ["val_wer", "val_cer", "val_bleu", "val_zap"]
    assert [name for name, row in rows.items() if row["primary"]] == ["val_wer"]
    assert (rows["val_cer"]["unit"], rows["val_cer"]["best"]) == ("fraction", 0.45)
    assert (rows["val_bleu"]["direction"], rows["val_bleu"]["unit"]) == ("score", "percent")
    assert (rows["val_bleu"]["last"], rows["val_bleu"]["evaluations"]) == (15.0, 5)
    assert told["others"] == ["temperature"]
    assert main(["metric", "r"]) == EXIT_OK
    out = capsys.readouterr().out
    assert "r is judged by val WER: the word error rate is logged.\n" in out
    assert "*  val_wer" in out and "15.0 %" in out
    assert "Other numbers, to be chosen with --error or --score: temperature" in out


def test_a_choice_decides_until_it_is_taken_back_and_is_noted(watched, capsys):
    told = document(capsys, "val_bleu", "--target", "30")
    assert told["judged_by"] == "val_bleu" and told["why"].startswith("a person has chosen it (")
    metric = primary_of(read(watched / "r"))
    assert (metric.direction, metric.unit, metric.target) == ("score", "percent", 30.0)
    assert document(capsys, "val_loss")["judged_by"] == "val_loss"
    assert primary_of(read(watched / "r")) is None
    assert document(capsys, "val_zap")["judged_by"] == "val_zap"
    assert primary_of(read(watched / "r")).chance == 1.0
    assert document(capsys, "temperature", "--error")["judged_by"] == "temperature"
    assert document(capsys, "--reset")["judged_by"] == "val_wer"
    assert [(act.verb, act.run_id, act.result) for act in audit_of(watched)] == [("metric", "r", "done")] * 5


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["val_cr"], "r has logged no metric 'val_cr'; nearest: val_cer"),
        (["zzz"], "r has logged no metric 'zzz'; it logs temperature, train_acc, val_bleu, val_cer, val_wer, val_zap."),
        (["temperature"], "name it an error (lower is better) or a score (higher is better)."),
        (["train_acc"], "train_acc is measured on the train split"),
        (["val_cer", "--chance", "90"], "chance 90 must lie between 0 and 1, as its unit is fraction."),
        (["val_cer", "--target", "nan"], "target nan must be a number."),
        (["val_cer", "--unit", "%"], "unit '%' is unknown; must be one of fraction, percent, raw"),
        (["val_loss", "--score"], "val_loss stands for the loss alone"),
        (["--score"], "give its NAME"),
        (["val_cer", "--reset"], "give it without a NAME"),
    ],
)
def test_what_cannot_be_chosen_is_one_sentence_and_nothing_changes(watched, capsys, words, why):
    assert main(["metric", "r", *words]) == EXIT_USAGE
    told = capsys.readouterr().err
    assert why in told and told.count("\n") == 1
    assert not (watched / "r" / METRIC_FILE).exists()


def test_before_the_first_evaluation_any_name_may_be_chosen(runs_by_default, capsys):
    RunWriter(runs_by_default / "r").finish()
    assert document(capsys, "val_cer")["judged_by"] == "val_cer"


def test_the_list_shows_an_ended_run_by_the_metric_that_was_chosen_afterwards(watched, capsys):
    by_supervisor = Summary(run_id="r", verdict="ENDED", metric=WER, metric_value=0.4, updated_at=1.0)
    (watched / "r" / SUMMARY_FILE).write_bytes(encode(by_supervisor))
    assert summary_of(watched / "r").metric == WER
    document(capsys, "val_bleu")
    judged = summary_of(watched / "r")
    assert (judged.metric.name, judged.metric_value, judged.metric_best) == ("val_bleu", 15.0, pytest.approx(15.0))
    document(capsys, "val_loss")
    assert summary_of(watched / "r").metric.name == "val_loss"
    document(capsys, "--reset")
    assert summary_of(watched / "r").metric.name == "val_wer"
    # A summary that was made since is taken as it is.
    newer = Summary(run_id="r", verdict="ENDED", reason="kept", metric=WER, updated_at=2e10)
    (watched / "r" / SUMMARY_FILE).write_bytes(encode(newer))
    assert summary_of(watched / "r").reason == "kept"


def test_many_unknown_numbers_are_counted_and_a_run_without_a_metric_is_judged_by_its_loss(runs_by_default, capsys):
    with RunWriter(runs_by_default / "r") as run:
        run.log_epoch(
            1, train_loss=1.0, val_loss=2.0, **{f"odd_{n:02}": float(n) for n in range(verb.MOST_UNKNOWN + 2)}
        )
    assert verb.run("r", runs=runs_by_default) == EXIT_OK
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("r is judged by val loss alone: ")
    assert last.startswith("Other numbers, to be chosen with --error or --score: odd_00, odd_01, ")
    assert last.endswith(f"odd_{verb.MOST_UNKNOWN - 1:02} and 2 more")
    assert document(capsys)["judged_by"] == "val_loss"


def test_the_unit_of_a_metric_that_is_in_doubt_is_said_to_be():
    known = {
        "name": "val_x",
        "title": "val x",
        "direction": "score",
        "unit": "percent",
        "evaluations": 3,
        "last": 1.0,
        "best": 2.0,
    }
    rows = [MetricRow(**known, primary=False, in_doubt=True), MetricRow(**known, primary=True, in_doubt=False)]
    cells = zip(*(column.cells for column in verb._table(rows).columns), strict=True)
    assert list(cells) == [
        ("", "val_x", "score", "in doubt", "3", "1.00", "2.00"),
        ("*", "val_x", "score", "percent", "3", "1.0 %", "2.0 %"),
    ]
