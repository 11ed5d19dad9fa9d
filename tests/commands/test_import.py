"""`import`: the plan first, then the run; how it ended, and the bar that a pipe never gets."""

import json
import shlex

import pytest

from monitor.commands import import_
from monitor.importers.importing import Asked, plan
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.reader import RunReader, list_runs
from tests import foreign


def imported(capsys, path, runs, **options):
    assert import_.run(path, runs, **options) == EXIT_OK
    return capsys.readouterr().out


def test_as_json_without_yes_the_plan_is_printed_and_nothing_is_written(tmp_path, runs, capsys):
    said = json.loads(imported(capsys, foreign.table(tmp_path), runs, as_json=True))
    assert (said["run_id"], said["epochs"], said["next"]) == (None, 6, "add --yes to import it")
    assert not runs.exists()
    said = json.loads(imported(capsys, foreign.table(tmp_path), runs, name="old", yes=True, as_json=True))
    assert said["run_id"] == "old" and "next" not in said
    assert list_runs(runs) == ["old"]


def test_what_a_person_says_of_the_columns_counts(tmp_path, runs, capsys):
    (tmp_path / "odd.csv").write_text("epoch,fit,dev,err\n1,2.0,2.5,50\n2,1.0,2.0,40\n")
    wishes = {"mapping": ["train_loss=fit", "val_loss=dev", "val_wer=err"], "percent": True, "per": "frame"}
    imported(capsys, tmp_path / "odd.csv", runs, name="odd", yes=True, **wishes)
    seen = RunReader(runs / "odd").read(0.0)
    assert [(each.train_loss, each.val_loss, each.val_wer) for each in seen.epochs] == [
        (2.0, 2.5, 0.5),
        (1.0, 2.0, 0.4),
    ]
    said = json.loads(imported(capsys, tmp_path / "odd.csv", runs, as_json=True, **wishes))
    assert said["units"]["loss"] == "nats per frame"
    with pytest.raises(UsageError, match="FIELD=NAME"):
        import_.run(tmp_path / "odd.csv", runs, mapping=["fit"])


def test_without_a_terminal_the_plan_is_shown_and_nothing_is_imported(tmp_path, runs, capsys):
    with pytest.raises(UsageError, match="pass --yes"):
        import_.run(foreign.table(tmp_path), runs)
    assert "train_loss" in capsys.readouterr().out and not runs.exists()


def test_the_printed_way_to_the_run_is_one_line_however_long_the_folder(tmp_path, capsys):
    runs = tmp_path / ("a" * 120) / ("b" * 120)
    line = imported(capsys, foreign.table(tmp_path), runs, name="old", yes=True).splitlines()[-1]
    assert line.startswith("Imported as old.  Look at it: python -m monitor show old --runs ")
    assert shlex.split(line)[-1] == str(runs)


def test_a_log_that_ends_with_an_error_is_a_failed_run_and_another_one_is_not(tmp_path):
    lines = "".join(f"epoch {e} train_loss {3 - e / 4:.2f} val_loss {4 - e / 4:.2f}\n" for e in range(1, 5))
    error = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\nValueError: no such corpus\n'
    (tmp_path / "good.log").write_text(lines)
    (tmp_path / "bad.log").write_text(lines + error)
    good, bad = (import_._ended(plan(tmp_path / name, Asked())) for name in ("good.log", "bad.log"))
    assert good.outcome is None and good.at == (tmp_path / "good.log").stat().st_mtime
    assert bad.outcome == "failed" and "no such corpus" in bad.error
    assert bad.traceback and "train.py" in str(bad.traceback)


def test_a_pipe_gets_no_bar(capsys):
    with import_._bar("Reading") as tick:
        tick(1, 2)
        tick(3, 0)
    assert capsys.readouterr() == ("", "")


def test_to_follow_is_another_way(tmp_path, runs, monkeypatch):
    asked = []
    monkeypatch.setattr(import_, "follow_file", lambda *words: asked.append(words) or 7)
    assert import_.run(tmp_path / "x.log", runs, name="n", start=2, follow=True, yes=True) == 7
    assert asked == [(tmp_path / "x.log", runs, Asked("", {}, None, "", 2), "n", True, False)]
