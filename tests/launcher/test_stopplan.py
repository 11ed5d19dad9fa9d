"""What a stop will lose is said before it begins: from the trainer's word, else from what lies on the disk."""

import os
from pathlib import Path

from monitor.launcher.relaunch import written
from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.launcher.stopplan import stop_plan
from monitor.run_dir import Epoch, Identity, Launch, Progress, Snapshot, State, StopStage

NOW = 1_000_000.0
WHO = Identity(host="gpu3", boot_id="b", pid_namespace="n", pid=7, start_ticks=1)


def snapshot(progress: Progress | None, argv: list[str], cwd: Path, **fields) -> Snapshot:
    known = {"state": "running", "trainer": WHO, "supervisor": WHO, "started_at": NOW - 7200, **fields}
    return Snapshot(
        run_dir="r",
        run_id="r",
        read_at=NOW,
        launch=Launch(run_id="r", created_at=NOW - 7200, argv=argv, cwd=str(cwd)),
        progress=progress,
        state=State(**known),
        trainer_liveness="alive",
        supervisor_liveness="alive",
        epochs=(Epoch(epoch=60.0),),
    )


def file(path: Path, age_secs: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"w")
    os.utime(path, (NOW - age_secs, NOW - age_secs))
    return path


def test_our_trainer_saves_and_says_where_it_can_be_resumed(tmp_path):
    known = Progress(heartbeat_at=NOW, step=32_820, step_secs=0.4)
    plan = stop_plan(tmp_path, snapshot(known, ["python", "-m", "trainer"], tmp_path), NOW)
    assert plan.can_save
    assert plan.lines == (
        "It finishes the current step (0.4 s), saves a checkpoint and exits.",
        "Resume later from epoch 60, step 32,820.",
    )


def test_our_trainer_that_is_still_starting_is_not_promised_to_save_and_loses_nothing(tmp_path):
    before = Progress(heartbeat_at=NOW - 900, step=32_820, generation=1)
    for known, generation in ((None, 1), (before, 2)):
        seen = snapshot(known, ["python", "-m", "trainer"], tmp_path, generation=generation)
        plan = stop_plan(tmp_path, seen, NOW)
        assert not plan.can_save and not plan.is_over
        assert plan.lines == ("It has not begun to train since its start: nothing is lost. It gets Ctrl-C at once.",)


def test_a_queued_run_loses_nothing(tmp_path):
    seen = snapshot(None, ["python", "train.py"], tmp_path, state="queued", trainer=None)
    plan = stop_plan(tmp_path, seen, NOW)
    assert plan.is_queued
    assert plan.lines == ("It has not started: it leaves the queue, and nothing is lost.",)


def test_a_run_that_has_ended_has_nothing_to_lose(tmp_path):
    file(tmp_path / "out" / "last.pt", 240)
    seen = snapshot(None, ["python", "t.py", "--output_dir", "out"], tmp_path, state="stopped")
    plan = stop_plan(tmp_path, seen, NOW)
    assert plan.is_over
    assert plan.lines == ("It is not running (stopped): there is nothing to stop.",)


def test_a_foreign_script_loses_what_is_younger_than_its_newest_checkpoint(tmp_path):
    file(tmp_path / "out" / "epoch_1.pt", 3600)
    newest = file(tmp_path / "out" / "ckpt" / "last.pt", 240)
    file(tmp_path / "out" / "notes.txt", 1)
    plan = stop_plan(tmp_path / "run", snapshot(None, ["python", "t.py", "--output_dir", "out"], tmp_path), NOW)
    assert not plan.can_save and not plan.is_queued
    assert plan.lines == (
        "This script cannot be asked to save.",
        "It gets Ctrl-C, after 60 s SIGTERM, after 10 s more it is killed.",
        f"Newest checkpoint on disk: last.pt, 4 min old, so about 4 min are lost ({newest}).",
    )


def test_without_any_checkpoint_everything_is_lost_and_that_is_said(tmp_path):
    file(tmp_path / "data" / "pretrained.pt", 90_000)
    plan = stop_plan(tmp_path / "run", snapshot(None, ["python", "t.py"], tmp_path), NOW)
    assert plan.lines[-1] == "No checkpoint was found on disk: what it has not saved itself is lost, all of 2 h."


def test_a_checkpoint_of_before_the_resume_is_named_as_that(tmp_path):
    saved = file(tmp_path / "out" / "epoch_1.pt", 3600)
    seen = snapshot(None, ["python", "t.py", "--output_dir", "out"], tmp_path, started_at=NOW - 60, generation=2)
    assert stop_plan(tmp_path / "run", seen, NOW).lines[-1] == (
        "It has saved no checkpoint in the 60 s since it was resumed: what it does not save before it leaves is lost. "
        f"The newest on disk is epoch_1.pt of before ({saved})."
    )


def test_a_script_that_leaves_its_loop_itself_may_save_before_it_does(tmp_path):
    known = Progress(heartbeat_at=NOW, listens=True, asks_secs=300.0)
    seen = snapshot(known, ["python", "t.py"], tmp_path)
    plan = stop_plan(tmp_path / "run", seen, NOW)
    assert plan.lines[-1] == "No checkpoint was found on disk: what it does not save before it leaves is lost."
    newest = file(tmp_path / "last.pt", 240)
    said = f"last.pt, 4 min old, what came since is lost unless it saves before it leaves ({newest})."
    assert stop_plan(tmp_path / "run", seen, NOW).lines[-1] == f"Newest checkpoint on disk: {said}"


def test_a_script_that_has_no_option_for_its_folder_is_looked_at_where_it_runs(tmp_path):
    launch = Launch(run_id="r", created_at=0.0, argv=["python", "t.py"], cwd=str(tmp_path))
    newest = file(tmp_path / "checkpoints" / "teacher" / "model.ckpt", 30)
    file(tmp_path / "a" / "b" / "c" / "d" / "too-deep.pt", 1)
    for folder in ("a/b/c/d", "a/b/c", "a/b", "a"):
        os.utime(tmp_path / folder, (1, 1))  # made long before
    found = newest_checkpoint(tmp_path / "run", launch, NOW - 60)
    assert found is not None
    assert found.path == newest


def test_a_checkpoint_of_another_run_below_that_folder_is_not_its_own(tmp_path):
    launch = Launch(run_id="r", created_at=0.0, argv=["python", "t.py"], cwd=str(tmp_path))
    file(tmp_path / "runs" / "other" / "run.json", 60)
    file(tmp_path / "runs" / "other" / "checkpoints" / "last.pt", 5)
    assert newest_checkpoint(tmp_path / "runs" / "r", launch, NOW - 100) is None


def test_a_checkpoint_below_the_runs_own_folder_is_found_whatever_its_option_is_called(tmp_path):
    run_dir = tmp_path / "runs" / "r"
    file(run_dir / "out" / "first.ckpt", 90)
    newest = file(run_dir / "out" / "csv" / "version_0" / "a" / "checkpoints" / "last.ckpt", 30)
    launch = Launch(
        run_id="r", created_at=0.0, argv=["python", "t.py", "hydra.run.dir={run_dir}/out"], cwd=str(tmp_path)
    )
    found = newest_checkpoint(run_dir, launch, NOW - 100)
    assert found is not None
    assert found.path == newest


def test_a_writer_that_never_told_of_a_checkpoint_promises_none(tmp_path):
    known = Progress(heartbeat_at=NOW, asks_secs=0.2)
    plan = stop_plan(tmp_path, snapshot(known, ["python", "t.py"], tmp_path), NOW)
    assert not plan.can_save
    assert "has reported no checkpoint so far" in plan.lines[0]


def test_where_a_strangers_script_goes_on_is_not_promised(tmp_path):
    known = Progress(heartbeat_at=NOW, asks_secs=0.2, checkpoint="last.pt", checkpoint_epoch=58)
    plan = stop_plan(tmp_path, snapshot(known, ["python", "t.py"], tmp_path), NOW)
    assert plan.can_save and plan.lines[-1] == (
        "Its newest checkpoint so far is of epoch 58. A resume starts the same command again; whether it goes on from "
        "there depends on the script."
    )


def test_until_when_a_trainer_is_waited_for_that_asks_once_an_epoch(tmp_path):
    known = Progress(heartbeat_at=NOW, asks_secs=600.0, epoch=3)
    plan = stop_plan(tmp_path, snapshot(known, ["python", "t.py"], tmp_path), NOW)
    assert plan.lines[0] == (
        "It leaves when it next asks whether to stop; its longest pause was 10 min. "
        "SIGTERM follows only if it has not asked within 15 min."
    )
    first = stop_plan(tmp_path, snapshot(Progress(heartbeat_at=NOW), ["python", "t.py"], tmp_path), NOW)
    assert first.lines[0].endswith("It has not asked twice: in its first epoch SIGTERM follows only after 10 min.")


def test_a_script_with_an_argument_called_trainer_is_not_ours(tmp_path):
    known = Progress(heartbeat_at=NOW)
    assert not stop_plan(tmp_path, snapshot(known, ["python", "t.py", "trainer"], tmp_path), NOW).can_save


def test_the_second_person_reads_who_asked_first(tmp_path):
    stop = StopStage(asked_by="anna", asked_at=NOW - 4)
    seen = snapshot(None, ["python", "t.py"], tmp_path, state="stopping", stop=stop)
    assert stop_plan(tmp_path, seen, NOW).asked == "anna asked for this stop 4 s ago."


def test_only_plain_files_of_the_same_disk_are_outputs(tmp_path):
    file(tmp_path / "kept.pt", 1)
    (tmp_path / "linked.pt").symlink_to(tmp_path / "kept.pt")
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "processes").symlink_to("/proc")
    assert [each.path.name for each in written.files_since(tmp_path, 0.0)] == ["kept.pt"]
    assert not any(str(each.path).startswith("/proc") for each in written.files_since(Path("/"), 0.0, deepest=1))
    assert list(written.files_since(tmp_path / "a\0b", 0.0)) == []


def test_a_data_set_in_the_folder_does_not_hold_up_the_question(tmp_path, monkeypatch):
    monkeypatch.setattr(written, "MOST_FILES", 10)
    for folder in range(20):
        for number in range(6):
            file(tmp_path / f"{folder:02}" / f"{number}.pt", 1)
    assert 0 < len(list(written.files_since(tmp_path, 0.0))) < 20


def test_of_a_run_that_is_only_followed_no_signal_is_promised(tmp_path):
    followed = Snapshot(
        run_dir="r",
        run_id="r",
        read_at=NOW,
        launch=Launch(run_id="r", created_at=NOW - 60, how="attach"),
        progress=Progress(heartbeat_at=NOW - 1, follower=WHO),
        follower_liveness="alive",
        epochs=(Epoch(epoch=3.0),),
    )
    plan = stop_plan(tmp_path, followed, NOW)
    assert plan.is_over and plan.lines == ("It is only followed: no process is known that could be asked to stop.",)
