"""The answer for Prometheus, read by the parser of its own client: what is told, escaped, and left out."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.view.prometheus import HELP, exposition
from monitor.view.shapes.listing import RunRow

NOW = 1_800_000_000.0


def row(run, **fields):
    known = {"state": "running", "evidence": "", "live": True, "verdict": "LOOK", "at": NOW - 5, "epoch": 12.0}
    known |= {"metric": "val WER", "value": 0.25, "numbers": {"gap": 0.5}, "flags": {"warning": 2}}
    return RunRow(run=run, **{**known, **fields})


def samples(text):
    """(name, labels) → value, as the parser reads it."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation
        for each in family.samples:
            key = each.name.removeprefix("vitalsigns_"), *sorted(each.labels.items())
            assert key not in found, f"{key} twice"
            found[key] = each.value
    return found


def test_a_run_has_its_verdict_gap_metric_epoch_age_and_flags():
    seen = samples(exposition([row("teacher")], NOW))
    run = ("run", "teacher")
    assert seen == {
        ("run_verdict", run, ("verdict", "LOOK")): 1.0,
        ("run_live", run): 1.0,
        ("run_gap", run): 0.5,
        ("run_metric", ("metric", "val WER"), run): 0.25,
        ("run_epoch", run): 12.0,
        ("run_last_record_age_seconds", run): 5.0,
        ("run_flags_open", run, ("severity", "critical")): 0.0,
        ("run_flags_open", run, ("severity", "warning")): 2.0,
        ("run_flags_open", run, ("severity", "info")): 0.0,
        ("runs",): 1.0,
        ("runs_live",): 1.0,
        ("runs_left_out",): 0.0,
    }


def test_what_is_not_known_has_no_series():
    seen = samples(exposition([RunRow(run="odd", state="unreadable", evidence="torn")], NOW))
    assert seen.keys() == {("run_live", ("run", "odd")), ("runs",), ("runs_live",), ("runs_left_out",)}
    assert samples(exposition([], NOW)) == {("runs",): 0.0, ("runs_live",): 0.0, ("runs_left_out",): 0.0}


HOSTILE = 'a"} 1\n# TYPE evil counter\nevil{x="\\" \x1b[31m \u202e\r\x85\u2028 ' + "z" * 5000


@pytest.mark.parametrize("where", ["run", "metric", "verdict"])
def test_names_of_a_run_directory_cannot_leave_their_label(where):
    text = exposition(
        [row("one"), row(HOSTILE if where == "run" else "two", **({} if where == "run" else {where: HOSTILE}))], NOW
    )
    seen = samples(text)
    assert {key[0] for key in seen} == {*HELP, "runs", "runs_live", "runs_left_out"}
    assert seen[("run_gap", ("run", "one"))] == 0.5
    assert "\x1b" not in text and "\u202e" not in text and "z" * 200 not in text
    assert len(text.splitlines()) == len(text.split("\n")) - 1, "no other line end"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_odd_numbers_are_left_out_or_told_as_prometheus_writes_them(value):
    seen = samples(exposition([row("one", epoch=value)], NOW))
    assert ("run_epoch", ("run", "one")) not in seen


def test_of_many_runs_the_live_ones_are_told_and_the_rest_is_counted():
    rows = [row(f"old-{n}", live=False, at=NOW - n) for n in range(90)] + [row(f"live-{n}") for n in range(10)]
    text = exposition(rows, NOW, most=30)
    seen = samples(text)
    told = {dict(key[1:])["run"] for key in seen if key[0] == "run_live"}
    assert told == {f"live-{n}" for n in range(10)} | {f"old-{n}" for n in range(20)}
    assert (seen[("runs",)], seen[("runs_live",)], seen[("runs_left_out",)]) == (100.0, 10.0, 70.0)
    assert text.splitlines()[-1] == "# 70 of 100 runs are left out: those that ended first."


def test_left_out_live_runs_are_said_to_be_live():
    text = exposition([row(f"live-{n}", at=NOW - n) for n in range(5)], NOW, most=3)
    assert text.splitlines()[-1] == "# 2 of 5 runs are left out: those that wrote least recently, 2 of them at work."
