"""The command line as scripts and people meet it: exit codes, sentences, JSON, and no traceback for a mistake."""

import io
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.commands.cli import VERBS, main
from monitor.diagnosis.prescriptions.choosing import recommended
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import (
    AWAY_ACT_FILE,
    EPOCHS_FILE,
    LAUNCH_FILE,
    OUTCOME_FILE,
    PROGRESS_FILE,
    RUN_FILE,
    AwayAct,
    ChildOutcome,
    DataInfo,
    Epoch,
    Launch,
    Run,
    encode,
    files,
    processes,
)
from monitor.run_dir import encode_line as line
from monitor.run_dir.reader import RunReader
from monitor.run_dir.seal import write_sealed
from monitor.writer import RunWriter
from tests.supervised import (
    FAILS,
    LISTENS,
    ROOT,
    SILENT,
    script,
    state_of,
    wait_for,
    wait_for_state,
)

pytestmark = pytest.mark.usefixtures("runs_by_default")


def a_run(runs: Path, name: str, losses: list[tuple[float, float]], **config) -> Path:
    """A finished foreground run with (train loss, val loss) for each epoch."""
    with RunWriter(runs / name, config=config) as run:
        for epoch, (train, val) in enumerate(losses, start=1):
            run.log_epoch(epoch, train_loss=train, val_loss=val)
    return runs / name


OVERFITTING = [(2.0 - 0.04 * epoch, 2.5 + abs(epoch - 8) * 0.08) for epoch in range(1, 41)]
HEALTHY = [(3.0 * 0.95**epoch, 3.1 * 0.95**epoch) for epoch in range(1, 41)]


def test_a_healthy_run_exits_0(runs):
    a_run(runs, "well", HEALTHY)
    assert main(["check", "well"]) == 0


def test_an_overfitting_run_exits_2_and_says_why(runs, capsys):
    a_run(runs, "bad", OVERFITTING)
    assert main(["check", "bad"]) == 2
    out = capsys.readouterr().out
    assert "critical  Overfitting: val loss" in out
    assert "checks ran." in out


@pytest.mark.parametrize(("outcome", "code"), [("failed", 2), ("stopped", 0)])
def test_a_failed_run_is_never_healthy_and_a_stopped_one_can_be(runs, outcome, code):
    path = a_run(runs, "ended", HEALTHY)
    known = json.loads((path / PROGRESS_FILE).read_bytes())
    (path / PROGRESS_FILE).write_text(json.dumps({**known, "outcome": outcome}))
    assert main(["check", "ended"]) == code


def test_a_run_with_too_few_evaluations_exits_4(runs):
    a_run(runs, "young", HEALTHY[:1])
    assert main(["check", "young"]) == 4


@pytest.mark.parametrize("way", ["relative path", "absolute path", "run id"])
def test_a_run_is_named_by_its_id_or_by_its_path(runs, monkeypatch, way):
    path = a_run(runs, "bad", OVERFITTING)
    monkeypatch.chdir(runs.parent)
    name = {"relative path": "runs/bad", "absolute path": str(path), "run id": "bad"}[way]
    assert main(["check", name]) == 2


def test_an_unknown_run_exits_3_and_names_the_nearest(runs, capsys):
    a_run(runs, "teacher_i3d", HEALTHY)
    assert main(["check", "teacherr_i3d"]) == 3
    told = capsys.readouterr()
    assert "error: No run called 'teacherr_i3d'" in told.err
    assert "Nearest: teacher_i3d." in told.err
    assert told.out == ""


def test_a_folder_that_is_no_run_exits_3_and_says_what_is_missing(runs, capsys):
    (runs / "photos").mkdir()
    assert main(["show", "photos"]) == 3
    assert "photos is no run directory" in capsys.readouterr().err


def test_a_run_of_a_newer_schema_exits_3_and_says_what_to_do(runs, capsys):
    (runs / "newer").mkdir()
    files.create(runs / "newer" / RUN_FILE, encode(Run(run_id="newer", schema_version=2)))
    assert main(["check", "newer"]) == 3
    assert "newer Vitalsigns (schema 2; this one reads 1)" in capsys.readouterr().err


def test_a_malformed_line_is_counted_and_shown_and_stops_nothing(runs, capsys):
    path = a_run(runs, "torn", OVERFITTING)
    with (path / EPOCHS_FILE).open("ab") as stream:
        stream.write(b"{half a rec\n" + line(Epoch(epoch=41.0, val_loss=float("nan"))))
    assert main(["show", "torn"]) == 0
    assert f"1 unreadable: first {EPOCHS_FILE}, line 41" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param([], id="no verb"),
        pytest.param(["chekc", "x"], id="a verb that is not there"),
        pytest.param(["check"], id="no run"),
        pytest.param(["check", "x", "--no-such-option"], id="an option that is not there"),
        pytest.param(["list", "extra"], id="a word too much"),
        pytest.param(["start"], id="nothing to start"),
        pytest.param(["start", "--grace", "soon", "--", "true"], id="a number that is none"),
        pytest.param(["serve", "--port", "99999"], id="a port that does not exist"),
        pytest.param(["compare", "one"], id="one run to compare"),
        pytest.param(["start", "--run-id", "../up", "--", "true"], id="an id that is a path"),
    ],
)
def test_wrong_usage_exits_64_with_one_sentence(runs, capsys, argv):
    assert main(argv) == 64
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert len(told.err.strip().splitlines()) == 1
    assert "Traceback" not in told.err


def test_a_verb_that_is_misspelt_gets_the_nearest(runs, capsys):
    main(["chekc", "x"])
    assert "did you mean check?" in capsys.readouterr().err


def test_an_empty_folder_of_runs_says_how_to_start_one(runs, capsys):
    assert main(["list"]) == 0
    assert "python -m monitor start -- COMMAND" in capsys.readouterr().out


def test_the_list_shows_state_progress_and_verdict(runs, capsys):
    a_run(runs, "well", HEALTHY)
    assert main(["list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    assert (row["run_id"], row["state"], row["epoch"], row["live"]) == ("well", "finished", 40, False)


@pytest.mark.parametrize("verb", ["show", "check", "diagnose", "report"])
def test_every_reading_verb_has_json_that_holds_no_nan(runs, capsys, verb):
    a_run(runs, "bad", [*OVERFITTING, (float("nan"), float("inf"))])
    main([verb, "bad", "--json"])

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    assert json.loads(capsys.readouterr().out, parse_constant=refuse)["run_id"] == "bad"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help(runs, capsys, verb):
    assert main([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_the_report_holds_every_part_and_escapes_what_a_run_says(runs, capsys):
    with RunWriter(runs / "bad", config={"note": "<script>|x"}) as run:
        for epoch, (train, val) in enumerate(OVERFITTING, start=1):
            run.log_decodes(epoch, ["<b>REGEN</b>", ""], references=["REGEN WIND", "a|b"])
            run.log_epoch(epoch, train_loss=train, val_loss=val)
    assert main(["report", "bad"]) == 0
    text = capsys.readouterr().out
    for heading in ("# Run bad", "## Verdict", "## Training statistics", "## Red flags", "## Predictions at epoch 40"):
        assert heading in text
    assert "(EMPTY)" in text
    assert r"\<script\>\|x" in text
    assert main(["report", "bad", "--html"]) == 0
    page = capsys.readouterr().out
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "&lt;b&gt;REGEN" in page


def test_two_runs_are_compared_at_the_epochs_they_share(runs, capsys):
    a_run(runs, "parent", OVERFITTING, dropout=0.3, seed=0)
    a_run(runs, "child", HEALTHY[:20], dropout=0.5, seed=0)
    assert main(["compare", "parent", "child", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["settings"] == {"dropout": [0.3, 0.5]}
    assert (found["epochs"][0], found["epochs"][-1], len(found["epochs"])) == (1, 20, 12)
    assert main(["compare", "parent", "child"]) == 0
    assert "dropout  0.3     0.5" in capsys.readouterr().out


def test_start_show_stop_and_resume_by_hand(runs, capsys):
    command = script(runs.parent, LISTENS.replace("RunWriter(", "RunWriter(resume=True, "))
    assert main(["start", "--name", "hand", "--json", "--", *command, "--lr", "0.1"]) == 0
    started = json.loads(capsys.readouterr().out)
    assert started["run_id"] == "hand"
    assert started["command"].endswith("train.py --lr 0.1")
    wait_for_state(runs / "hand", "running")
    assert main(["stop", "hand"]) == 0
    assert "hand: stopped." in capsys.readouterr().out
    assert main(["stop", "hand"]) == 5
    assert "not running (stopped)" in capsys.readouterr().err
    assert main(["resume", "hand"]) == 0
    assert "generation 2" in capsys.readouterr().out
    assert main(["resume", "hand"]) == 5
    assert main(["stop", "hand", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"]["word"] == "stopped"


def test_a_command_that_cannot_be_started_exits_5_and_the_failed_run_stays(runs, capsys):
    assert main(["start", "--name", "oops", "--", "pythonn", "train.py"]) == 5
    assert "oops failed: Could not start: the program 'pythonn'" in capsys.readouterr().out
    assert main(["show", "oops"]) == 0
    assert capsys.readouterr().out.count("Could not start") == 1
    assert state_of(runs / "oops").state == "failed"


def test_a_failed_script_is_told_with_its_error(runs, capsys):
    main(["start", "--name", "oops", "--", *script(runs.parent, FAILS)])
    wait_for_state(runs / "oops", "failed")
    capsys.readouterr()  # start says it too, where it has ended so soon
    main(["show", "oops"])
    said = capsys.readouterr().out
    assert "FAILED  Failed before its first evaluation: ValueError: no such corpus: phoenix2015." in said
    assert said.partition("Last traceback:")[0].count("ValueError: no such corpus") == 1


def test_a_restart_shows_the_plan_and_asks_unless_told_yes(runs, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    schema = {"properties": {"dropout": {"type": "number", "minimum": 0, "maximum": 0.9}}}
    path = a_run(runs, "parent", OVERFITTING)
    (path / RUN_FILE).unlink()
    (path / LAUNCH_FILE).unlink()
    files.create(path / RUN_FILE, encode(Run(run_id="parent", config={"dropout": 0.3}, config_schema=schema)))
    write_sealed(path, Launch(run_id="parent", created_at=0.0, argv=["true", "--dropout", "0.3"], cwd=str(runs)))
    assert main(["restart", "parent", "--set", "dropout=0.5"]) == 64
    told = capsys.readouterr()
    assert "dropout  0.3 → 0.5" in told.out
    assert "Runs: true --dropout 0.5" in told.out
    assert "pass --yes" in told.err
    assert not (runs / "parent-2").exists()
    assert main(["restart", "parent", "--set", "dropout=1.5", "--yes"]) == 64
    assert capsys.readouterr().err == "error: dropout 1.5: must be 0 to 0.9.\n"
    assert main(["restart", "parent", "--set", "dropout", "--yes"]) == 64
    assert main(["restart", "parent", "--set", "dropout=0.5", "--yes", "--json"]) == 0
    wait_for_state(runs / "parent-2", "finished")


def test_restart_with_the_fix_takes_the_first_recommendation_and_remembers_what_was_expected(runs, capsys):
    config = {"dropout": 0.3, "weight_decay": 1e-4, "hidden_dim": 128, "augmentation": "none", "learning_rate": 1e-3}
    path = a_run(runs, "parent", OVERFITTING, **config)
    (path / LAUNCH_FILE).unlink()
    write_sealed(path, Launch(run_id="parent", created_at=0.0, argv=["true"], cwd=str(runs)))
    assert main(["restart", "parent", "--fix", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["started"] is False
    assert ["augmentation", "none", "strong"] in plan["diff"]
    assert main(["restart", "parent", "--fix", "--yes"]) == 0
    launch = json.loads((runs / "parent-2" / LAUNCH_FILE).read_text())
    assert launch["parent"]["expected"]["prescription"]


def test_a_run_without_supervisor_is_left_alone_by_looking_and_gets_a_new_one_by_resume(runs, capsys):
    main(["start", "--name", "alone", "--", *script(runs.parent, SILENT)])
    before = state_of(runs / "alone").supervisor
    os.kill(before.pid, 9)
    wait_for(lambda: processes.liveness(before) == "gone")
    capsys.readouterr()
    assert main(["list"]) == main(["show", "alone"]) == 0
    assert "Give it a new one: python -m monitor resume alone" in capsys.readouterr().out
    assert state_of(runs / "alone").supervisor == before
    assert main(["resume", "alone"]) == 0
    assert "alone has a supervisor again." in capsys.readouterr().out
    assert state_of(runs / "alone").supervisor != before
    assert main(["resume", "alone"]) == 5 and "still running" in capsys.readouterr().err


def test_a_reader_that_closes_the_pipe_early_is_no_error(runs):
    a_run(runs, "bad", OVERFITTING)
    code = f"{sys.executable} -m monitor report bad | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["# Run bad", "0"]
    assert done.stderr == ""


def test_list_loads_no_library_of_numbers_or_page(runs):
    code = "import sys; from monitor.commands.cli import main; main(['list']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not loaded & {"numpy", "torch", "streamlit", "pandas", "plotly", "jiwer"}


def test_a_python_without_the_requirements_is_told_how_to_get_them_and_no_traceback():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "monitor", "list"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 64 and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"error: {sys.executable} has no ") and "requirements-monitor.txt" in done.stderr


def test_a_printed_command_finds_the_run_again_whatever_the_folder(runs, tmp_path, capsys, monkeypatch):
    other = tmp_path / "two words"
    a_run(other, "mine", HEALTHY)
    assert main(["archive", "mine", "--runs", str(other)]) == 0
    back = shlex.split(capsys.readouterr().out.split("python -m monitor ")[1])
    assert main(back) == 0 and (other / "mine").is_dir()
    assert f"python -m monitor show mine --runs '{other}'" in capsys.readouterr().out
    a_run(runs, "usual", HEALTHY)
    assert main(["archive", "usual"]) == 0
    assert "--runs" not in capsys.readouterr().out


def test_a_run_without_steps_shows_none_and_its_coverage_once(runs, capsys):
    a_run(runs, "well", HEALTHY)
    assert main(["show", "well"]) == 0
    out = capsys.readouterr().out
    assert ", step" not in out and out.count("checks ran.") == 1


def test_a_run_that_ended_within_an_epoch_is_at_its_last_evaluation_wherever_it_is_told(runs, capsys):
    with RunWriter(runs / "cut", epochs=9) as run:
        run.log_epoch(3, train_loss=1.0, val_loss=1.2)
        run.log_step(step=31, epoch=4, train_loss=0.9)
    path = runs / "cut" / PROGRESS_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcome": "stopped", "epoch": 4, "step": 31}))
    assert main(["show", "cut"]) == 0
    said = capsys.readouterr().out
    assert "Stopped at epoch 3" in said and "\nEpoch 3 of 9; it ended in epoch 4, step 31, last" in said
    assert main(["list"]) == 0
    assert "3/9" in capsys.readouterr().out


def test_a_finished_run_that_counts_from_0_is_at_its_last_epoch(runs, capsys):
    with RunWriter(runs / "all", epochs=3) as run:
        for epoch in range(3):
            run.log_epoch(epoch, train_loss=1.0, val_loss=1.2)
    assert main(["show", "all"]) == 0
    assert "\nEpoch 2 of 2, counted from 0" in capsys.readouterr().out
    assert main(["list"]) == 0
    assert "2/2" in capsys.readouterr().out


def test_what_the_away_policy_did_is_shown(runs, capsys):
    act = AwayAct(did="stop_and_fix", line="Overfitting.", at=1.0, epoch=21, child_id="sick-2", settled=True)
    (a_run(runs, "sick", OVERFITTING) / AWAY_ACT_FILE).write_bytes(encode(act))
    assert main(["show", "sick"]) == 0
    assert "The away policy asked it to stop at epoch 21, started sick-2." in capsys.readouterr().out


def test_show_check_diagnose_and_report_wait_where_the_page_waits(runs, capsys):
    """Its first option was tried twice, and twice it ended worse: no place says to try it first."""
    config = {"lr": 1e-3, "weight_decay": 0.0, "dropout": 0.1}
    run = RunWriter(runs / "sick", config=config, epochs=60, data=DataInfo(name="d"))
    for epoch, (train, val) in enumerate(OVERFITTING, start=1):
        run.log_epoch(epoch, train_loss=train, val_loss=val, val_wer=0.5 + 0.001 * abs(epoch - 8))
    snapshot = RunReader(runs / "sick").read(time.time())
    option = recommended(prescribe(snapshot, judge(snapshot, time.time()).diagnosis))
    for name in ("one", "two"):
        came = ChildOutcome(
            run_id=name,
            parent_id="other",
            word="WORSE",
            prescription=option.id,
            task="d",
            credited=True,
            changes=option.changes,
            parent_best=0.5,
            child_best=0.8,
        )
        (a_run(runs, name, HEALTHY) / OUTCOME_FILE).write_bytes(encode(came))
    said = "Wait, or change something else. Wherever it was tried, the change has ended no better than its parent."
    for verb in (["show"], ["check"], ["diagnose", "--json"], ["report"]):
        main([*verb, "sick"])
        assert said in capsys.readouterr().out, verb
    run.finish()
