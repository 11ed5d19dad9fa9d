"""Following a foreign file: what comes is there, once, whatever happens to the follower or to the file."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.importers.following import Following
from monitor.importers.importing import Asked, NothingYetError, plan
from monitor.importers.live import find_followed
from monitor.run_dir import EPOCHS_FILE
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from tests import foreign

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECS = 60.0


def follow(path, runs, now=1.0):
    known = find_followed(runs, path)
    if known is not None:
        return Following.go_on(known, now)
    chosen = plan(path, Asked(), follow=True)
    return Following.begin(runs, chosen, chosen.run_name, now)


def epochs(runs):
    [run_dir] = runs.iterdir()
    return RunReader(run_dir).read(1e9).epochs


def test_what_does_not_grow_is_not_followed(tmp_path):
    with pytest.raises(RefusedError, match="does not grow; import it without --follow"):
        follow(foreign.markdown(tmp_path), tmp_path / "runs")
    log = tmp_path / "train.log"
    log.write_text("epoch 1 train_loss 3.0 val_loss 3.5\nepoch 2 train_loss 2.0 val_loss 2.5\n")
    with pytest.raises(RefusedError, match=rf"is a text log; follow it with: python -m monitor attach {log}$"):
        follow(log, tmp_path / "runs")


def test_a_file_without_a_row_is_waited_for(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,val_loss\n")
    with pytest.raises(NothingYetError):
        plan(path, Asked(), follow=True)


ONE_FILE = ["table", "JSON lines", "Lightning", "SpeechBrain", "Keras", "Ultralytics", "ESPnet", "fairseq", "W&B"]


@pytest.mark.parametrize("tool", ONE_FILE)
def test_a_file_that_grows_in_pieces_gives_what_it_gives_at_once_although_the_follower_stops(tool, tmp_path):
    whole = foreign.CAST[tool][0](tmp_path)
    growing, runs = tmp_path / "growing" / whole.name, tmp_path / "runs"
    growing.parent.mkdir()
    data = whole.read_bytes()
    begun = len(data) // 2
    growing.write_bytes(data[:begun])
    for place, end in enumerate([*range(begun, len(data), len(data) // 40), len(data)]):
        with growing.open("ab") as file:
            file.write(data[growing.stat().st_size : end])
        following = follow(growing, runs)
        following.look(1.0 + place)
        if place % 3 == 0:
            following.stop(1.0 + place)
        else:
            following.run._lock.release()  # as a killed one: nothing said, nothing noted since the last commit
    given = [(record.epoch, record.train_loss, record.val_loss) for record in epochs(runs)]
    first = 0 if tool in foreign.FROM_ZERO else 1
    wanted = list(zip(range(first, 99), foreign.TRAIN_LOSS, foreign.VAL_LOSS, strict=False))
    assert given == [pytest.approx(each) for each in wanted]
    [run_dir] = runs.iterdir()
    seen = RunReader(run_dir).read(1e9)
    assert seen.overlaps == () and seen.resumed_at == () and seen.problems == ()
    assert len({step.step for step in seen.steps}) == len(seen.steps)


def test_an_offline_run_that_has_ended_says_so(tmp_path):
    path, runs = foreign.wandb(tmp_path), tmp_path / "runs"
    following = follow(path, runs)
    following.look(2.0)
    assert following.ended
    following.stop(3.0)
    assert len(epochs(runs)) == foreign.EPOCHS
    assert status_of(RunReader(following.run.run_dir).read(4.0)).word == "finished"


def test_a_trainer_state_that_is_replaced_at_every_checkpoint_grows_the_run(tmp_path):
    path, runs = foreign.hugging_face(tmp_path), tmp_path / "runs"
    state = json.loads(path.read_text())
    history = state["log_history"][:-1]
    path.write_text(json.dumps({**state, "log_history": history[:7]}))
    following = follow(path.parent.parent, runs)
    following.look(1.0)
    later = path.parent.parent / "checkpoint-240" / path.name
    later.parent.mkdir()
    later.write_text(json.dumps({**state, "log_history": history}))
    following.look(2.0)
    following.stop(3.0)
    assert [record.epoch for record in epochs(runs)] == [1, 2, 3, 4, 5, 6]


def test_a_file_that_was_replaced_is_a_new_start_of_the_run(tmp_path):
    path, runs = foreign.table(tmp_path), tmp_path / "runs"
    following = follow(path, runs)
    following.look(1.0)
    path.write_text("epoch,train_loss,val_loss,val_wer,lr\n1,9,9,1,0\n")
    following.look(2.0)
    with path.open("a") as file:
        file.write("2,8,8,1,0\n")
    following.look(3.0)
    following.stop(4.0)
    again = follow(path, runs)
    again.look(5.0)
    again.stop(6.0)
    assert [(record.epoch, record.val_loss, record.generation) for record in epochs(runs)] == [(1, 9, 2), (2, 8, 2)]
    path.unlink()
    path.write_text("epoch,train_loss,val_loss,val_wer,lr\n1,7,7,1,0\n")
    third = follow(path, runs)
    third.look(7.0)
    third.stop(8.0)
    assert [(record.epoch, record.val_loss, record.generation) for record in epochs(runs)] == [(1, 7, 3)]


def test_a_log_that_was_begun_anew_and_has_outgrown_the_place_is_a_new_start_also_unseen(tmp_path):
    path, runs = tmp_path / "history.csv", tmp_path / "runs"
    path.write_text("epoch,val_loss\n1,3\n2,2\n")
    following = follow(path, runs)
    following.look(1.0)
    path.write_text("epoch,val_loss\n" + "".join(f"{n},{9 - n}\n" for n in range(1, 6)))
    following.look(2.0)
    following.stop(3.0)
    assert [(record.val_loss, record.generation) for record in epochs(runs)] == [(9 - n, 2) for n in range(1, 6)]
    path.write_text("epoch,val_loss\n" + "".join(f"{n},{7 - n / 10}\n" for n in range(1, 9)))
    again = follow(path, runs)
    again.look(4.0)
    again.stop(5.0)
    assert [(record.val_loss, record.generation) for record in epochs(runs)] == [(7 - n / 10, 3) for n in range(1, 9)]


def test_a_file_that_lightning_writes_again_with_more_columns_is_the_same_run(tmp_path):
    path, runs = tmp_path / "metrics.csv", tmp_path / "runs"
    path.write_text("epoch,step,train_loss\n0,9,3.0\n0,19,2.6\n")
    chosen = plan(path, Asked(format="lightning"), follow=True)
    following = Following.begin(runs, chosen, "rewritten", 1.0)
    following.look(1.0)
    head = "epoch,step,train_loss,val_loss\n0,9,3.0,\n0,19,2.6,\n"
    path.write_text(head[:40])
    following.look(2.0)
    path.write_text(head + "0,19,,2.9\n1,29,2.0,\n")
    following.look(3.0)
    following.stop(4.0)
    with path.open("a") as file:
        file.write("1,39,1.8,\n1,39,,2.5\n2,49,1.5,\n")
    again = follow(path, runs)
    again.look(5.0)
    again.stop(6.0)
    assert [(e.epoch, e.train_loss, e.val_loss) for e in epochs(runs)] == [(0, 2.8, 2.9), (1, 1.9, 2.5)]
    seen = RunReader(again.run.run_dir).read(1e9)
    assert [step.step for step in seen.steps] == [9, 19, 29, 39, 49]
    assert {record.generation for record in (*seen.steps, *seen.epochs)} == {1}


def test_a_name_that_appears_later_is_taken_up_and_its_reading_kept(tmp_path):
    path, runs = tmp_path / "log.jsonl", tmp_path / "runs"
    path.write_text('{"step": 10, "train_loss": 3.0, "epoch": 1}\n{"step": 20, "train_loss": 2.5, "epoch": 1}\n')
    following = follow(path, runs)
    following.look(1.0)
    with path.open("a") as file:
        file.write(
            '{"step": 20, "val_loss": 2.7, "val_wer": 0.9, "epoch": 1}\n{"step": 30, "train_loss": 2, "epoch": 2}\n'
        )
    following.look(2.0)
    following.stop(3.0)
    [record] = epochs(runs)
    assert (record.train_loss, record.val_loss, record.val_wer) == (2.75, 2.7, 0.9)
    again = follow(path, runs)
    again.look(4.0)
    assert again.added == 4
    again.stop(5.0)
    assert len(epochs(runs)) == 1


def test_the_command_follows_a_growing_file_and_goes_on_after_it_was_killed(tmp_path):
    path, runs = tmp_path / "train_log.txt", tmp_path / "runs"
    lines = foreign.speechbrain(tmp_path / "whole").read_text().splitlines(keepends=True)[:-1]
    path.write_text("")
    command = [sys.executable, "-m", "monitor", "import", str(path), "--follow", "--yes", "--runs", str(runs)]
    for place, end in enumerate((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in lines[2 * place : 2 * place + 2]:
            with path.open("a") as file:
                file.write(line)
            time.sleep(0.05)
        wait_until(lambda wanted=2 * place + 2: written(runs) == wanted, process)
        [run_dir] = runs.iterdir()
        assert status_of(RunReader(run_dir).read(time.time())).word == "followed"
        process.send_signal(end)
        said = process.communicate(timeout=PATIENCE_SECS)[0]
    assert process.returncode == 0 and "goes on from here" in said and "Going on with train_log" in said
    assert status_of(RunReader(run_dir).read(time.time())).word == "imported"
    numbers = [json.loads(line)["epoch"] for line in (run_dir / EPOCHS_FILE).read_text().splitlines()]
    assert numbers == [1, 2, 3, 4, 5, 6]


def written(runs):
    """Lines of epochs in the one run there is, so far."""
    return sum(len(file.read_text().splitlines()) for file in runs.glob(f"*/{EPOCHS_FILE}"))


def wait_until(condition, process):
    """Waits; a process that this would leave behind is ended first."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(process.communicate()[0])
        time.sleep(0.05)


def test_event_files_are_followed_as_they_are_written(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder, runs = tmp_path / "tb", tmp_path / "runs"
    writer = EventFileWriter(str(folder))
    following = None
    for epoch in range(1, 6):
        for tag, value in (("Loss/train", 3.0 - epoch / 10), ("Loss/val", 3.5 - epoch / 10)):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(wall_time=epoch, step=epoch, summary=summary))
        writer.flush()
        if epoch == 1:
            with pytest.raises(NothingYetError):  # the step may still get another tag
                follow(folder, runs)
            continue
        if epoch == 4:
            following.stop(float(epoch))
            following = None
        following = following or follow(folder, runs)
        following.look(float(epoch))
    writer.close()
    assert [record.val_loss for record in epochs(runs)] == pytest.approx([3.4, 3.3, 3.2, 3.1])
    following.stop(6.0)


def test_a_run_of_mlflow_is_followed_to_its_end(tmp_path):
    root, runs = foreign.mlflow(tmp_path), tmp_path / "runs"
    [run] = root.glob("0/*")
    whole = {file: file.read_text().splitlines(keepends=True) for file in (run / "metrics").iterdir()}
    (run / "meta.yaml").write_text("status: 1\n")
    for file, lines in whole.items():
        file.write_text("".join(lines[:2]))
    following = follow(root, runs)
    following.look(1.0)
    for file, lines in whole.items():
        file.write_text("".join(lines))
    following.look(2.0)
    assert not following.ended
    assert [record.val_wer for record in epochs(runs)] == foreign.VAL_WER[:-1]
    (run / "meta.yaml").write_text("status: 3\n")
    following.look(3.0)
    following.stop(4.0)
    assert [record.val_wer for record in epochs(runs)] == foreign.VAL_WER
    assert status_of(RunReader(following.run.run_dir).read(5.0)).word == "finished"


def test_train_losses_of_an_event_file_are_steps_once_a_validation_by_epoch_comes(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer, runs = EventFileWriter(str(tmp_path / "tb")), tmp_path / "runs"

    def epoch(number, *tags):
        for step in range(10 * number - 9, 10 * number + 1):
            value = Summary.Value(tag="Train/loss", simple_value=5 - step / 20)
            writer.add_event(Event(wall_time=100.0 * step, step=step, summary=Summary(value=[value])))
        for tag in tags:
            value = Summary.Value(tag=tag, simple_value=1 / number)
            writer.add_event(Event(wall_time=1000.0 * number, step=number, summary=Summary(value=[value])))
        writer.flush()

    epoch(1)
    following = follow(tmp_path / "tb", runs)
    following.look(1.0)
    assert len(epochs(runs)) >= 9
    for number in (2, 3):
        epoch(number, "Test/Average loss", "Test/Accuracy")
        following.look(float(number))
    epoch(4)
    following.look(4.0)
    following.stop(5.0)
    assert [(record.epoch, record.val_loss) for record in epochs(runs)] == [(1, 0.5), (2, pytest.approx(1 / 3))]
    assert [record.train_loss for record in epochs(runs)] == pytest.approx([4.475, 3.725])
    [run_dir] = runs.iterdir()
    assert [step.step for step in RunReader(run_dir).read(1e9).steps] == list(range(1, 40))
    again = follow(tmp_path / "tb", runs)
    epoch(5, "Test/Average loss", "Test/Accuracy")
    epoch(6)
    again.look(6.0)
    again.stop(7.0)
    assert [record.val_loss for record in epochs(runs)] == pytest.approx([1 / 2, 1 / 3, 1 / 5])
    writer.close()


def test_single_batches_of_a_validation_are_no_evaluations(tmp_path):
    rows = ["epoch,step,train_loss_step,train_loss_epoch,valid_loss_step,valid_loss_epoch,hp_metric", "0,0,,,,,-1"]
    for epoch in range(3):
        rows.append(f"{epoch},{20 * epoch + 19},{3 - epoch},,,,")
        rows += [f"{epoch},{4 * epoch + batch},,,{2 - epoch / 2 + batch / 10},," for batch in range(4)]
        rows.append(f"{epoch},{20 * epoch + 19},,,,{2.1 - epoch / 2},")
        rows.append(f"{epoch},{20 * epoch + 19},,{2.9 - epoch},,,")
    path, runs = tmp_path / "metrics.csv", tmp_path / "runs"
    path.write_text("\n".join(rows) + "\n")
    following = follow(path, runs)
    following.look(1.0)
    following.end(2.0)
    kept = [(record.epoch, record.train_loss, record.val_loss) for record in epochs(runs)]
    assert kept == [(epoch, pytest.approx(2.9 - epoch), pytest.approx(2.1 - epoch / 2)) for epoch in range(3)]
    assert not any("valid_loss_step" in record.metrics for record in epochs(runs))
