"""`away`: the policy of a run, shown and changed; and what it has done."""

import json

import msgspec
import pytest

from monitor.commands import away
from monitor.diagnosis.away import policy_of
from monitor.run_dir import AWAY_ACT_FILE, AwayAct, encode
from monitor.run_dir.errors import EXIT_OK, UsageError

ACT = AwayAct(did="stop_and_fix", line="Overfitting.", at=1.0, epoch=21, child_id="one-2", problem="no room")


def document(capsys, *words, **options):
    assert away.run(*words, **options, as_json=True) == EXIT_OK
    return json.loads(capsys.readouterr().out)


def test_without_a_word_the_policy_is_shown_and_nothing_is_written(two_runs, capsys):
    before = sorted(path.name for path in (two_runs / "one").iterdir())
    assert away.run("one", runs=two_runs) == EXIT_OK
    assert capsys.readouterr().out.startswith("If one goes bad while you are away: ")
    assert sorted(path.name for path in (two_runs / "one").iterdir()) == before


def test_a_changed_policy_is_shown_as_it_is_afterwards(two_runs, capsys):
    said = document(capsys, "one", "fix", two_runs, if_bad_hours=3.0)
    assert (said["run_id"], said["act"]) == ("one", None)
    assert (said["policy"]["do"], said["policy"]["budget_hours"]) == ("stop_and_fix", 3.0)
    assert policy_of(two_runs / "one").do == "stop_and_fix"
    assert policy_of(two_runs / "two").do == "tell"


def test_an_unknown_policy_changes_nothing(two_runs):
    with pytest.raises(UsageError, match="panic"):
        away.run("one", "panic", two_runs)
    assert policy_of(two_runs / "one").do == "tell"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "stop_and_fix. Overfitting. Started in its place: one-2.\n"),
        ({"child_id": ""}, "stop_and_fix. Overfitting. no room\n"),
        ({"child_id": "", "problem": ""}, "stop_and_fix. Overfitting.\n"),
    ],
)
def test_what_it_has_done_is_told_with_the_child_or_the_problem(two_runs, capsys, fields, said):
    act = msgspec.structs.replace(ACT, **fields)
    (two_runs / "one" / AWAY_ACT_FILE).write_bytes(encode(act))
    away.run("one", runs=two_runs)
    assert capsys.readouterr().out.endswith(f"The policy has acted (it acts once per run): {said}")
    assert document(capsys, "one", runs=two_runs)["act"]["epoch"] == 21
