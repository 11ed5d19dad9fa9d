"""The page over many hosts is measured in its quick form: real feeds, one real server, a real socket."""

import json

from benchmarks.hosts import main, shown


def test_the_quick_form_sees_every_run_of_every_host_also_when_none_answers(capsys):
    assert main(["--quick", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["begin"] for row in rows] == ["nothing kept", "copies kept", "no host answers"]
    for row in rows:
        assert (row["hosts"], row["runs"], row["rows"]) == (2, 5, 10)
        assert 0 < row["first_secs"] <= row["all_secs"] and 0 < row["first_rows"] <= 10
        assert row["all_cpu"] >= row["first_cpu"] >= 0
    assert shown(rows[0])["hosts × runs"] == "2 × 5"
