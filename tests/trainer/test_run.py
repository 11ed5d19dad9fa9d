"""Whole runs: overfitting on purpose, stopping by signal, going on to the bit, and what is refused."""

import contextlib
import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
import torch

from monitor.run_dir import Clip, Decode, Epoch, Progress, Run, Step, decode
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from tests.supervised import wait_for
from trainer import checkpoints
from trainer.__main__ import main
from trainer.arguments import parse
from trainer.devices import choose_device
from trainer.metrics import word_errors
from trainer.models import build_model
from trainer.run import resumed_config, run
from trainer.stopping import StopSignals
from trainer.terminal import epoch_line
from trainer.training import learning_rate

TINY = (
    *("--train_clips", "24", "--eval_clips", "6", "--signers", "2", "--hidden_dim", "8", "--width", "0.1"),
    *("--device", "cpu", "--log_every", "1"),
)


@pytest.fixture(autouse=True)
def foreground(monkeypatch):
    """No supervisor's run directory, and the signal handlers of before."""
    monkeypatch.delenv("VITALSIGNS_RUN_DIR", raising=False)
    signals = (*StopSignals.SIGNALS, StopSignals.WARNING)
    handlers = {number: signal.getsignal(number) for number in signals}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def train(run_dir: Path, *argv: str) -> int:
    return main([*TINY, "--output_dir", str(run_dir), *argv])


def lines(path: Path, kind):
    return [decode(line, kind) for line in path.read_bytes().splitlines()]


def document(path: Path, kind):
    return decode(path.read_bytes(), kind)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    run_dir = tmp_path_factory.mktemp("runs") / "finished"
    assert train(run_dir, "--epochs", "3", "--augmentation", "light") == 0
    return run_dir


def test_a_finished_run_says_so_and_keeps_its_checkpoints(finished):
    progress = document(finished / "progress.json", Progress)
    assert (progress.outcome, progress.epoch, progress.epochs, progress.step) == ("finished", 3, 3, 9)
    for name in ("last.pt", "best.pt", "best_loss.pt"):
        assert checkpoints.load(finished / "checkpoints" / name)["model"]
        assert checkpoints.about(finished / "checkpoints" / name)["config"]["hidden_dim"] == 8


def test_an_epoch_record_has_every_field_a_rule_may_ask_for(finished):
    records = lines(finished / "epochs.jsonl", Epoch)
    assert [record.epoch for record in records] == [1, 2, 3]
    unmeasured = {name for name in Epoch.__struct_fields__ if getattr(records[-1], name) is None}
    # A model that says nothing has no most frequent word.
    assert unmeasured <= {"top_token", "top_token_ratio"}
    assert 0 <= records[-1].metrics["zero_gradient_ratio"] < 1
    assert 0 <= records[-1].metrics["mutual_information_ratio"] < 1.5
    stages = {name for name in records[-1].metrics if name.startswith("update_ratio_")}
    assert stages == {"update_ratio_tcn", "update_ratio_bilstm", "update_ratio_head"}
    assert records[-1].update_ratio == min(records[-1].metrics[name] for name in stages)


def test_the_gap_is_between_two_losses_measured_alike(finished):
    assert document(finished / "run.json", Run).gap_basis == "eval"
    for record in lines(finished / "epochs.jsonl", Epoch):
        assert record.gap == record.val_loss - record.train_eval_loss
        assert record.train_loss != record.train_eval_loss


def test_the_run_says_what_it_is_and_what_chance_would_score(finished):
    run = document(finished / "run.json", Run)
    assert run.data.clips == {"train": 24, "val": 6, "test": 6}
    assert run.data.signers == {"train": 2, "val": 5, "test": 5}
    assert (run.data.vocabulary, run.data.output_stride) == (52, 4)
    assert sum(run.model.share_per_stage.values()) == pytest.approx(1.0)
    # Sentences of several words have no label whose accuracy could be counted.
    known = [name for name in run.floors.__struct_fields__ if name != "accuracy_constant"]
    assert None not in [getattr(run.floors, name) for name in known]
    assert set(run.config) == set(run.config_schema["properties"])
    assert run.units == {"loss": "nats per token", "wer": "fraction"}
    assert run.environment.device == "cpu" and run.environment.device_name is None


def test_every_val_hypothesis_of_every_evaluation_is_kept(finished):
    clips = lines(finished / "clips.jsonl", Clip)
    count = {split: sum(clip.split == split for clip in clips) for split in ("train", "val", "test")}
    assert count == {"train": 8, "val": 6, "test": 6}
    kept = [(line.split, line.epoch, len(line.hypotheses)) for line in lines(finished / "decodes.jsonl", Decode)]
    assert sorted(kept) == sorted(
        [(split, epoch, count[split]) for split in ("train", "val") for epoch in (1, 2, 3)] + [("test", 3, 6)]
    )


def test_what_the_users_own_decoder_says_is_kept_beside_the_unfiltered_output(finished, tmp_path):
    assert not any(line.adjusted for line in lines(finished / "decodes.jsonl", Decode))
    assert train(tmp_path / "r", "--epochs", "1", "--blank_penalty", "20") == 0
    kept = {line.split: line for line in lines(tmp_path / "r" / "decodes.jsonl", Decode)}
    targets = [clip.reference for clip in lines(tmp_path / "r" / "clips.jsonl", Clip) if clip.split == "val"]
    assert kept["val"].adjusted != kept["val"].hypotheses and kept["test"].adjusted
    (record,) = lines(tmp_path / "r" / "epochs.jsonl", Epoch)
    assert word_errors(targets, kept["val"].hypotheses).wer == record.val_wer
    assert word_errors(targets, kept["val"].adjusted).wer == record.metrics["val_wer_adjusted"]


def test_the_test_split_is_scored_once_with_the_best_checkpoint(finished):
    records = lines(finished / "epochs.jsonl", Epoch)
    best = min(records, key=lambda record: (record.val_wer, record.val_loss))
    assert "test_wer" not in records[0].metrics
    assert records[-1].metrics["test_of_epoch"] == best.epoch
    assert records[-1].metrics["test_loss"] > 0


def test_steps_are_logged_with_the_share_of_training_done(finished):
    steps = lines(finished / "steps.jsonl", Step)
    assert [step.step for step in steps] == list(range(1, 10))
    assert steps[-1].epoch == 3.0


def test_a_step_record_tells_memory_and_load_of_the_device(finished):
    records = lines(finished / "steps.jsonl", Step)
    assert records
    for record in records:
        assert record.device_memory_bytes > 50e6
        assert 0 <= record.device_busy_ratio <= 1


def test_a_finished_run_that_is_resumed_has_nothing_left_to_do(finished):
    before = (finished / "epochs.jsonl").read_bytes()
    assert train(finished, "--resume") == 0
    assert (finished / "epochs.jsonl").read_bytes() == before


def test_a_folder_that_holds_a_run_is_refused_without_resume(finished, capsys):
    assert train(finished) == 5
    assert "already holds a run" in capsys.readouterr().err


def test_a_job_that_was_put_back_into_the_queue_goes_on_with_its_run_and_another_job_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    assert train(tmp_path / "run", "--epochs", "1") == 0
    assert train(tmp_path / "run", "--epochs", "2") == 5, "the same job, but not started again by the cluster"
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert train(tmp_path / "run", "--epochs", "2") == 0
    records = lines(tmp_path / "run" / "epochs.jsonl", Epoch)
    assert [(record.epoch, record.generation) for record in records] == [(1, 1), (2, 2)]
    monkeypatch.setenv("SLURM_JOB_ID", "4712")
    assert train(tmp_path / "run", "--epochs", "3") == 5


def test_a_resume_with_another_dropout_is_refused(finished, capsys):
    assert train(finished, "--resume", "--dropout", "0.77") == 64
    assert "whose --dropout is 0.3, not 0.77" in capsys.readouterr().err


def test_the_digits_corpus_trains_too(tmp_path):
    argv = ("--data", "digits", "--epochs", "1", "--train_clips", "16", "--eval_clips", "8", "--train_images", "20")
    assert main([*TINY, *argv, "--output_dir", str(tmp_path / "run")]) == 0
    assert document(tmp_path / "run" / "run.json", Run).data.vocabulary == 11


VIDEO = ["--modality", "video", "--frame_size", "16", "--width", "0.125"]


class UntilLearnt:
    """Stands in for the signals: hears one once no word of the training clips is wrong any more."""

    def __init__(self, run_dir: Path) -> None:
        self.epochs = run_dir / "epochs.jsonl"

    @property
    def received(self) -> str | None:
        learnt = self.epochs.exists() and lines(self.epochs, Epoch)[-1:]
        return "SIGTERM" if learnt and learnt[0].train_wer == 0.0 else None


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("landmark_tcn", ["--epochs", "120"]),
        ("i3d", [*VIDEO, "--epochs", "75"]),
        ("mobilenet_v3", [*VIDEO, "--epochs", "80"]),
    ],
)
def test_five_clips_can_be_learned_by_heart(tmp_path, model, options):
    """The oldest test of a training loop: what cannot overfit five clips has a bug."""
    argv = ["--train_clips", "5", "--eval_clips", "2", "--signers", "1", "--augmentation", "none", "--dropout", "0"]
    argv += ["--batch_size", "5", "--learning_rate", "3e-3", "--hidden_dim", "64", "--beam_width", "0"]
    argv += ["--warmup_epochs", "5", "--weight_decay", "0", "--device", "cpu", "--output_dir", str(tmp_path / "five")]
    run(parse([*argv, "--model", model, *options]), UntilLearnt(tmp_path / "five"))
    assert min(record.train_wer for record in lines(tmp_path / "five" / "epochs.jsonl", Epoch)) == 0.0


def test_patience_ends_a_run_that_no_longer_improves(tmp_path):
    # A learning rate this small never changes a word, and hardly the loss.
    argv = ("--epochs", "50", "--patience", "2", "--learning_rate", "1e-7", "--warmup_epochs", "1000")
    train(tmp_path / "run", *argv, "--dropout", "0", "--augmentation", "none")
    records = lines(tmp_path / "run" / "epochs.jsonl", Epoch)
    best = min(records, key=lambda record: (record.val_wer, record.val_loss)).epoch
    assert records[-1].epoch == min(50, best + 2)
    assert "test_wer" in records[-1].metrics


def test_accumulated_batches_are_one_update_of_the_same_size(tmp_path):
    argv = ("--epochs", "1", "--dropout", "0", "--augmentation", "none", "--train_clips", "16")
    assert train(tmp_path / "one", *argv, "--batch_size", "16") == 0
    assert train(tmp_path / "two", *argv, "--batch_size", "8", "--accumulation_steps", "2") == 0
    one, two = (lines(tmp_path / name / "steps.jsonl", Step) for name in ("one", "two"))
    assert len(one) == len(two) == 1
    assert two[0].train_loss == pytest.approx(one[0].train_loss, rel=1e-5)
    assert two[0].grad_norm == pytest.approx(one[0].grad_norm, rel=1e-4)


def test_the_best_by_loss_is_that_of_the_lowest_val_loss_and_never_of_a_nan():
    class Kept:
        best_loss = float("inf")

    from trainer.training import Training

    kept = Kept()
    seen = [Training.rank_loss(kept, loss) for loss in (float("nan"), 3.0, 4.0, float("nan"), 2.0, 2.0)]
    assert seen == [False, True, False, False, True, False]


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return checkpoints.load(run_dir / "checkpoints" / "last.pt")["model"]


class StopAtStep:
    """Stands in for the signals: hears one when the loop has asked often enough."""

    def __init__(self, asked: int) -> None:
        self.left = asked

    @property
    def received(self) -> str | None:
        self.left -= 1
        return "SIGTERM" if self.left < 0 else None


@pytest.mark.parametrize("asked", [3, 4], ids=["at an epoch's end", "in mid-epoch"])
def test_a_stopped_and_resumed_run_equals_the_unbroken_one_to_the_bit(tmp_path, asked):
    from trainer.run import run

    argv = [*TINY, "--epochs", "3", "--dropout", "0.4", "--augmentation", "strong"]
    run(parse([*argv, "--output_dir", str(tmp_path / "whole")]), StopSignals())
    run(parse([*argv, "--output_dir", str(tmp_path / "cut")]), StopAtStep(asked))
    assert document(tmp_path / "cut" / "progress.json", Progress).outcome == "stopped"
    torch.rand(7)  # other random numbers were drawn in between
    run(parse(["--resume", "--output_dir", str(tmp_path / "cut")]), StopSignals())
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    records = [lines(tmp_path / name / "epochs.jsonl", Epoch) for name in ("whole", "cut")]
    timeless = [
        [(r.epoch, r.train_loss, r.val_loss, r.val_wer, r.grad_norm, r.update_ratio) for r in each] for each in records
    ]
    assert timeless[0] == timeless[1]
    assert len(lines(tmp_path / "cut" / "clips.jsonl", Clip)) == len(lines(tmp_path / "whole" / "clips.jsonl", Clip))


def test_threads_that_load_ahead_change_no_bit(tmp_path):
    argv = ["--epochs", "2", "--dropout", "0.4", "--augmentation", "strong"]
    for threads in ("0", "3"):
        assert train(tmp_path / threads, *argv, "--loader_threads", threads) == 0
    left, right = weights(tmp_path / "0"), weights(tmp_path / "3")
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_known_signers_are_scored_beside_val(tmp_path):
    assert train(tmp_path / "run", "--epochs", "1", "--seen_clips", "6") == 0
    (record,) = lines(tmp_path / "run" / "epochs.jsonl", Epoch)
    assert record.metrics["seen_loss"] > 0 and record.metrics["seen_wer"] > 0
    assert document(tmp_path / "run" / "run.json", Run).data.clips["seen"] == 6


@pytest.mark.parametrize(
    "options",
    [
        ["--classifier", "normalised"],
        ["--auxiliary_ctc", "1"],
        ["--bias_init", "prior"],
        ["--flip", "0.5", "--frame_drop", "0.2"],
        ["--precision", "bf16"],
    ],
    ids=lambda options: options[0],
)
def test_every_option_of_the_last_layer_and_the_clips_trains(tmp_path, options):
    assert train(tmp_path / "run", "--epochs", "2", *options) == 0
    first, last = lines(tmp_path / "run" / "epochs.jsonl", Epoch)
    assert last.train_loss < first.train_loss
    assert last.val_loss == last.val_loss  # finite or absent, never NaN


def test_pictures_train_in_every_order_of_memory_with_frozen_norms_and_crops(tmp_path):
    video = ["--modality", "video", "--frame_size", "12", "--train_clips", "8", "--epochs", "1", "--crop", "0.2"]
    for name, options in {"plain": [], "last": ["--memory_format", "channels_last"]}.items():
        assert train(tmp_path / name, *video, "--batchnorm", "frozen", *options) == 0
    plain, last = (lines(tmp_path / name / "epochs.jsonl", Epoch)[0] for name in ("plain", "last"))
    assert last.train_loss == pytest.approx(plain.train_loss, rel=1e-3)
    frozen = weights(tmp_path / "plain")
    means = [value for name, value in frozen.items() if name.endswith("running_mean")]
    assert means and all(torch.equal(each, torch.zeros_like(each)) for each in means)


def has_stepped(run_dir: Path) -> bool:
    steps = run_dir / "steps.jsonl"
    return steps.exists() and b"\n" in steps.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_lets_the_step_finish_saves_and_exits_with_zero(tmp_path, number):
    run_dir = tmp_path / "run"
    argv = [sys.executable, "-m", "trainer", *TINY, "--epochs", "9999", "--output_dir", str(run_dir)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        wait_for(lambda: has_stepped(run_dir))
        process.send_signal(number)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
    progress = document(run_dir / "progress.json", Progress)
    assert progress.outcome == "stopped"
    about = checkpoints.about(run_dir / "checkpoints" / "last.pt")
    assert about["step"] == progress.step == checkpoints.load(run_dir / "checkpoints" / "last.pt")["position"]["step"]


def test_a_child_starts_from_its_parents_weights(tmp_path, finished):
    best = finished / "checkpoints" / "best.pt"
    assert train(tmp_path / "child", "--epochs", "1", "--init_checkpoint", str(best), "--learning_rate", "1e-7") == 0
    parent, child = checkpoints.load(best)["model"], weights(tmp_path / "child")
    assert all(torch.allclose(parent[name], child[name], atol=1e-5) for name in parent)


def test_the_auxiliary_part_may_be_missing_on_either_side_of_a_warm_start(tmp_path, finished):
    best = "checkpoints/best.pt"
    tiny_step = ["--epochs", "1", "--learning_rate", "1e-7"]
    assert train(tmp_path / "a", *tiny_step, "--auxiliary_ctc", "0", "--init_checkpoint", str(finished / best)) == 0
    assert train(tmp_path / "b", *tiny_step, "--init_checkpoint", str(tmp_path / "a" / best)) == 0
    parent, child = checkpoints.load(finished / best)["model"], weights(tmp_path / "b")
    assert all(torch.allclose(parent[name], child[name], atol=1e-5) for name in parent if "visual" not in name)


def test_weights_of_another_network_are_refused_in_one_sentence(tmp_path, finished, capsys):
    best = finished / "checkpoints" / "best.pt"
    assert train(tmp_path / "child", "--hidden_dim", "16", "--init_checkpoint", str(best)) == 64
    assert "do not fit this network" in capsys.readouterr().err
    assert not (tmp_path / "child").exists()


def test_a_missing_or_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / "half.pt").write_bytes(b"PK\x03\x04 torn")
    for name in ("none.pt", "half.pt"):
        with pytest.raises(UnreadableRunError, match=name):
            checkpoints.load(tmp_path / name)


def test_a_pickle_that_would_run_code_is_never_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    torch.save({"model": Bomb()}, tmp_path / "bomb.pt")
    with pytest.raises(UnreadableRunError):
        checkpoints.load(tmp_path / "bomb.pt")
    assert not (tmp_path / "exploded").exists()


def test_a_save_that_fails_leaves_the_previous_checkpoint_whole(tmp_path):
    path = tmp_path / "last.pt"
    checkpoints.save(path, {"model": {}, "n": 1}, {"n": 1})
    with pytest.raises(TypeError):
        checkpoints.save(path, {"model": {}, "n": 2}, {"n": object()})
    with pytest.raises(OSError):
        checkpoints.save(Path("/proc/nowhere/last.pt"), {}, {})
    assert checkpoints.about(path) == {"n": 1} and checkpoints.load(path)["n"] == 1
    assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".tmp"] == []


def _saves_for_ever(path: Path, said: Connection) -> None:
    weights = torch.zeros(400_000)
    for number in itertools.count(1):
        checkpoints.save(path, {"model": {"w": weights}, "n": number}, {"n": number})
        said.send(number)


def test_a_kill_during_a_save_leaves_a_whole_checkpoint(tmp_path):
    """Ten SIGKILLs at random moments of a process that does nothing but save: a fork, so torch is loaded once."""
    path, rng, fork = tmp_path / "last.pt", np.random.default_rng(0), multiprocessing.get_context("fork")
    for _ in range(10):
        hears, tells = fork.Pipe(duplex=False)
        process = fork.Process(target=_saves_for_ever, args=(path, tells))
        process.start()
        tells.close()
        said = hears.recv()
        time.sleep(rng.uniform(0, 0.05))
        process.kill()
        process.join()
        with contextlib.suppress(EOFError):
            while True:
                said = hears.recv()
        assert process.exitcode == -signal.SIGKILL
        assert checkpoints.load(path)["n"] >= said
        assert checkpoints.about(path)["n"] >= said


@pytest.mark.parametrize("options", [[], ["--modality", "video", "--frame_size", "12"]], ids=["landmarks", "pictures"])
def test_what_a_sigterm_saved_goes_on_in_another_process_to_the_bit(tmp_path, options):
    """In mid-epoch, with dropout and every distortion on."""
    argv = [*TINY, *options, "--epochs", "2", "--dropout", "0.4", "--augmentation", "strong", "--frame_drop", "0.1"]

    def start(run_dir: Path, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "trainer", *more, "--output_dir", str(run_dir)]
        return subprocess.Popen(
            command,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    unbroken, process = start(whole, *argv), start(cut, *argv, "--pace", "6")
    wait_for(lambda: has_stepped(cut))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0 and unbroken.wait(timeout=120) == 0
    about = checkpoints.about(cut / "checkpoints" / "last.pt")
    assert about["epoch"] == 1 and 0 < about["position"] < about["steps_per_epoch"]
    assert start(cut, "--resume", "--pace", "0").wait(timeout=120) == 0
    left, right = weights(whole), weights(cut)
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_only_harmless_options_may_change_on_resume():
    stored = {"epochs": 10, "dropout": 0.5, "patience": 3}
    resumed = resumed_config(stored, {"epochs": 20, "dropout": 0.5})
    assert (resumed.epochs, resumed.dropout, resumed.patience) == (20, 0.5, 3)
    with pytest.raises(UsageError, match=r"--dropout is 0\.5, not 0\.4"):
        resumed_config(stored, {"dropout": 0.4})


def test_resume_without_a_folder_is_refused(capsys):
    assert main(["--resume"]) == 64
    assert "--resume needs --output_dir" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_sentence(capsys):
    assert main([*TINY, "--output_dir", "/proc/nowhere/run"]) == 5
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and "/proc/nowhere" in error


def test_auto_takes_the_cpu_quietly_only_where_there_is_no_gpu(tmp_path):
    traces = (tmp_path / "nvidia0",)
    assert choose_device("auto", usable=False, traces=traces) == (torch.device("cpu"), None)
    traces[0].touch()
    device, warning = choose_device("auto", usable=False, traces=traces)
    assert device.type == "cpu" and warning.startswith("WARNING: this machine has an NVIDIA GPU")
    assert choose_device("cpu", usable=False, traces=traces)[1] is None


def test_auto_takes_the_gpu_where_torch_can_use_it():
    assert choose_device("auto", usable=True)[0].type == "cuda"


def test_cuda_without_a_usable_gpu_is_an_error():
    with pytest.raises(RefusedError, match="--device cuda cannot be used"):
        choose_device("cuda", usable=False)


def test_the_learning_rate_rises_then_falls_to_one_percent():
    rates = [learning_rate(step, peak=1.0, warmup_steps=10, total_steps=100) for step in range(101)]
    assert rates[:11] == sorted(rates[:11]) and rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.01)


def test_without_warm_up_the_first_step_has_the_peak_rate():
    assert learning_rate(0, peak=0.5, warmup_steps=0, total_steps=9) == 0.5


def test_an_epoch_line_reads_like_the_log_of_the_reference():
    fields = {"train_loss": 3.711, "val_loss": 4.786, "val_wer": 0.92}
    assert epoch_line(33, 150, fields) == "Epoch 33/150  train 3.71  val 4.79  WER 92.0 %"


def test_the_network_of_a_run_can_be_built_from_its_config(finished):
    config = json.loads((finished / "checkpoints" / "best.json").read_text())["config"]
    model = build_model(
        config["model"], vocabulary_size=52, frame_shape=(24,), width=config["width"], hidden_dim=config["hidden_dim"]
    )
    checkpoints.load_weights(model, finished / "checkpoints" / "best.pt")
