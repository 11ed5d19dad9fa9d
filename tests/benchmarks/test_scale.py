"""The benchmark of large folders makes runs that can be read, and sets two checkouts beside each other."""

from benchmarks.scale.__main__ import measure
from benchmarks.scale.folders import long_run, many_decodes, many_runs
from monitor.run_dir.reader import RunReader, list_runs


def test_the_made_folders_hold_what_they_say(tmp_path):
    assert len(list_runs(many_runs(tmp_path / "many" / "runs", 11, epochs=5))) == 11
    assert len(RunReader(long_run(tmp_path, epochs=30)).read(2e9).epochs) == 30
    assert len(RunReader(long_run(tmp_path, steps=40)).read(2e9).steps) == 40
    decoded = RunReader(many_decodes(tmp_path, clips=12, decodes=3)).read(2e9)
    assert (len(decoded.clips), [len(each.hypotheses) for each in decoded.decodes]) == (12, [12, 12, 12])


def test_what_is_not_asked_for_is_not_measured_and_two_checkouts_have_a_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.scale.__main__.logged", lambda one, *_: {"µs": 50.0 if one.home.name == "here" else 100.0}
    )
    sizes = {"runs": 3, "epochs": 3, "steps": 3, "clips": 3, "decodes": 3, "tabs": 3, "paced": 3, "hammered": 3}
    [row] = measure(tmp_path, sizes, ["paced"], tmp_path, 0.0)
    assert row == {"case": "paced", "figure": "µs", "beside": "100", "here": "50", "ratio": "0.5"}
