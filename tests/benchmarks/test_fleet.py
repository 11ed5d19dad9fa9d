"""The simulation of a fleet runs in its quick form: real writers, one real server, real sockets."""

import json

from benchmarks.fleet.__main__ import main, shown


def test_the_quick_form_measures_what_reaches_the_sockets(capsys):
    assert main(["--quick", "--json", "--runs", "24", "--secs", "12"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["runs"], row["viewers"], row["hosts"], row["faults"]) == (24, 4, 5, 0)
    assert row["run_waiting"] == row["list_waiting"] == 0, "every viewer got its rows or its frame"
    assert 0 < row["run_p50"] < 5 and 0 < row["list_p50"] < 10
    assert row["server_cpu_percent"] > 0 and row["server_mib"] > 20 and row["megabytes"] > 0.01
    assert shown(row)["live runs"] == "24" and shown(row)["lost"] == "0"
