"""What is left to `auto` is decided by measurement: the plain loop is the yardstick, and what differs is not taken."""

import json
import math
from pathlib import Path

import msgspec
import pytest
import torch

from monitor.run_dir.errors import UsageError
from tests.trainer.test_run import TINY, train
from trainer import checkpoints, tuning
from trainer.arguments import parse
from trainer.config import check, check_stored
from trainer.data.augmentation import Distortion
from trainer.data.batches import TrainingBatches, collate
from trainer.data.synthetic import quietly, synthetic_corpus
from trainer.data.video import as_video
from trainer.models import build_model
from trainer.run import decided
from trainer.settings import PLAIN, Setting, preparation, untried
from trainer.terminal import Terminal
from trainer.training import Training
from trainer.trial import Trial, Tried, without_last
from trainer.tuning import candidates, chosen, commonest, decide, try_out

CPU = torch.device("cpu")
BF16, LAST = Setting(precision="bf16"), Setting(memory_format="channels_last")
BOTH = Setting(precision="bf16", memory_format="channels_last")


def tried(setting=PLAIN, ms=100.0, **values):
    return Tried(setting=setting, secs=ms / 1000, **{"loss_error": 0.0, "alike": 1.0, **values})


def a_batch(shape=(1, 16, 16)):
    video = as_video(synthetic_corpus(8, 1, 1, 0), 16, quietly).splits["train"][:2]
    return collate([clip.frames for clip in video], [clip.tokens for clip in video])


def decision(*all_tried, updates=10_000, shapes=8, **options):
    config = check({"modality": "video", **options})
    return chosen(list(all_tried), config, untried(config, CPU), a_batch(), updates=updates, shapes=shapes)


def test_the_fastest_setting_that_agrees_is_taken_and_told_in_one_line():
    found = decision(tried(), tried(BF16, 50), tried(LAST, 40), tried(BOTH, 20, loss_error=0.1))
    assert found.setting == LAST
    frames = a_batch().frames.shape[1]
    assert found.line == (
        f"Speed: fp32, channels last: 40 ms an update of 2 x {frames} frames; fp32: 100 ms, 2.50 times as long."
    )


def test_nothing_slower_than_the_plain_loop_is_ever_taken():
    found = decision(tried(), tried(BF16, 99), tried(BOTH, 5000))
    assert found.setting == PLAIN and "times" not in found.line


@pytest.mark.parametrize("wrong", [{"loss_error": 0.031}, {"alike": 0.89}, {"loss_error": None}, {"alike": math.nan}])
def test_a_setting_that_does_not_agree_is_not_taken_however_fast(wrong):
    assert decision(tried(), tried(BF16, 1, **wrong)).setting == PLAIN


def test_what_costs_more_at_new_shapes_than_it_saves_is_not_taken():
    dear = tried(msgspec.structs.replace(BF16, compile="on"), 90, first_secs=20.0)
    assert decision(tried(), dear, updates=10_000).setting == PLAIN  # 100 s saved, 160 s spent
    assert decision(tried(), dear, updates=20_000).setting == dear.setting


def test_what_an_option_says_is_not_open_to_measurement():
    found = decision(tried(), tried(LAST, 40), tried(BF16, 150), precision="bf16")
    assert found.setting == BF16 and "0.67 times as long" in found.line
    assert decision(tried(), tried(LAST, 40), memory_format="contiguous").setting == PLAIN


def test_where_the_plain_loop_does_not_run_nothing_is_claimed():
    found = decision(Tried(setting=PLAIN, failed="OutOfMemoryError: CUDA out of memory"), tried(BF16, 1))
    assert found.setting == PLAIN
    assert found.line == "Speed: fp32, not measured: OutOfMemoryError: CUDA out of memory."


def order_of(ms: dict[str, float], updates: int, **options) -> list[str]:
    asked: list[str] = []

    def attempt(setting, secs):
        asked.append(str(setting))
        return tried(setting, ms[str(setting)])

    config = check({"modality": "video", **options})
    try_out(candidates(config, a_batch(), CPU), attempt, config, updates=updates, shapes=8)
    return asked


MS = {
    "fp32": 100, "fp32, channels last": 60, "bf16": 80, "bf16, channels last": 50,
    "bf16, channels last, as CUDA graphs": 30, "bf16, as CUDA graphs": 50, "bf16, channels last, compiled": 40,
}  # fmt: skip


def test_a_short_run_tries_nothing_else_and_the_fastest_setting_is_tried_as_graphs_too():
    assert order_of(MS, updates=100) == ["fp32"]
    assert order_of(MS, updates=10_000) == list(MS)[:5]
    assert order_of(MS, updates=1_000) == ["fp32", "bf16", "bf16, as CUDA graphs"], "no kernels are made for 100 s"
    assert order_of(MS, updates=1_000, memory_format="channels_last")[1:3] == [
        "fp32, channels last",
        "bf16, channels last",
    ]
    assert order_of(MS, updates=1_000_000) == list(MS)[:5], "nothing compiles unless it is asked for"
    assert order_of(MS, updates=10_000, compile="off") == list(MS)[:4]
    assert order_of(MS, updates=10_000, compile="on")[-1] == "bf16, channels last, compiled"


@pytest.mark.parametrize(
    "rounded, alike, agrees", [(0.8, 0.48, True), (0.8, 0.3, False), (0.99, 0.88, True), (0.99, 0.8, False)]
)
def test_bf16_may_be_as_far_off_as_its_roundings_explain(rounded, alike, agrees):
    found = decision(tried(), tried(BF16, 20, alike=alike, rounded=rounded))
    assert (found.setting == BF16) is agrees


@pytest.mark.parametrize(
    "rounded, alike", [(math.nan, 0.5), (0.8, math.nan), (-0.1, 0.5), (0.8, -0.5), (0.0, 0.5), (None, 0.5)]
)
def test_a_gradient_that_points_elsewhere_never_agrees(rounded, alike):
    assert decision(tried(), tried(BF16, 20, alike=alike, rounded=rounded)).setting == PLAIN


def test_what_a_new_shape_costs_is_seen_apart_from_what_is_paid_once(monkeypatch):
    config, network, batches = toy()
    trial = Trial(config, network, commonest(batches), CPU)
    passes = []
    monkeypatch.setattr(Trial, "_times", lambda *given: [9.0, 0.01, 0.01])
    monkeypatch.setattr(Trial, "_new_shape", lambda self, objective, batch, *rest: passes.append(len(batch)) or 0.51)
    assert trial.of(PLAIN, 0.01).first_secs == pytest.approx(0.5) and passes == [4]
    smaller = without_last(commonest(batches))
    assert len(smaller) == len(smaller.frames) == 3 and len(smaller.targets) == int(smaller.target_lengths.sum())


def test_of_bf16_the_rounding_of_the_weights_is_measured_too():
    config, network, batches = toy("i3d")
    trial = Trial(config, network, commonest(batches), CPU)
    plain, short = trial.of(PLAIN, 0.01), trial.of(BF16, 0.01)
    assert plain.rounded is None and 0.3 < short.rounded < 1.0


def test_vectors_have_one_order_in_memory():
    vectors = collate([torch.zeros(9, 24).numpy()], [torch.ones(1).numpy()])
    assert candidates(check({}), vectors, CPU) == [PLAIN, BF16]


# -- really measured, as a toy on the CPU --------------------------------------------------------------------------


def toy(model="i3d", **options):
    config = check({"modality": "video", "model": model, "width": 0.05, "hidden_dim": 8, "auxiliary_ctc": 0, **options})
    corpus = as_video(synthetic_corpus(16, 2, 2, 0), 16, quietly)
    torch.manual_seed(0)
    network = build_model(
        model, vocabulary_size=len(corpus.vocabulary), frame_shape=corpus.frame_shape, width=0.05, hidden_dim=8
    )
    batches = TrainingBatches(corpus, 4, Distortion("light"), seed=0, stride=4).in_buckets()
    return config, network, batches


@pytest.mark.parametrize("model", ["i3d", "mobilenet_v3"])
def test_settings_are_measured_and_the_run_itself_is_as_before(model):
    config, network, batches = toy(model)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    trial = Trial(config, network, commonest(batches), CPU)
    found = [trial.of(setting, 0.01) for setting in (PLAIN, LAST, BF16)]
    assert all(each.runs and each.secs > 0 for each in found)
    assert found[0].loss_error == 0 and found[0].alike == pytest.approx(1, abs=1e-5)
    assert tuning.agrees(found[1])
    assert found[2].loss_error < 0.1
    assert torch.equal(torch.get_rng_state(), state) and network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not torch.backends.cudnn.benchmark


def test_a_setting_that_does_not_run_is_named_and_the_others_go_on(monkeypatch):
    config, network, batches = toy()

    def broken(self, how):
        raise RuntimeError("no compiler was found\nand more")

    trial = Trial(config, network, commonest(batches), CPU)
    assert trial.of(PLAIN, 0.01).runs
    monkeypatch.setattr(type(network), "prepare", broken)
    found = trial.of(BF16, 0.01)
    assert found.failed == "RuntimeError: no compiler was found" and not tuning.agrees(found)


def test_the_batch_of_the_trial_has_the_commonest_shape():
    _, _, batches = toy()
    batch = commonest(batches)
    assert len(batch) == 4 and batch.frames.shape[1] in batches.buckets.lengths


def test_a_file_keeps_the_choice_and_a_second_run_reads_it(tmp_path):
    path = tmp_path / "tuned.json"
    config, network, batches = toy(tuned=str(path))
    said: list[str] = []
    first = decide(config, network, batches, CPU, updates=1, say=said.append)
    assert first.setting == PLAIN and "1 setting tried in" in first.line and len(said) == 1
    second = decide(config, network, batches, CPU, updates=1, say=said.append)
    assert second.setting == first.setting and second.tried == first.tried
    assert second.line == f"{first.line} Read from {path}." and len(said) == 1
    others, network, batches = toy("mobilenet_v3", tuned=str(path))
    decide(others, network, batches, CPU, updates=1, say=said.append)
    assert len(json.loads(path.read_text())) == 2 and len(said) == 2


def test_a_file_of_another_kind_is_refused_and_not_overwritten(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("milk, bread")
    with pytest.raises(UsageError, match=r"--tuned .*notes.txt cannot be read"):
        decide(*[*toy(tuned=str(path)), CPU], updates=1, say=print)
    assert path.read_text() == "milk, bread"


# -- in a run --------------------------------------------------------------------------------------------------------


def test_on_a_cpu_nothing_is_tried_and_the_plain_loop_runs(tmp_path):
    assert train(tmp_path / "run", "--epochs", "1") == 0
    about = checkpoints.about(tmp_path / "run" / "checkpoints" / "last.pt")
    assert about["setting"] == msgspec.to_builtins(PLAIN) and about["device"] == "cpu"
    assert json.loads((tmp_path / "run" / "run.json").read_text())["notes"] == ""


def test_the_choice_stands_in_run_json_in_the_log_and_in_the_checkpoint(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "is_open", lambda config, device: True)
    monkeypatch.setattr(tuning, "SHORT_SECS", 0.0)
    assert train(tmp_path / "run", "--epochs", "1") == 0
    line = json.loads((tmp_path / "run" / "run.json").read_text())["notes"]
    assert line.startswith("Speed: ") and line.count("\n") == 0 and "settings tried in" in line
    assert line in capsys.readouterr().out
    about = checkpoints.about(tmp_path / "run" / "checkpoints" / "last.pt")
    assert line.startswith(f"Speed: {msgspec.convert(about['setting'], Setting)}:")


def test_a_resume_goes_on_as_the_run_began(monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    config, network, batches = toy()
    began = {"setting": msgspec.to_builtins(LAST), "device": "cuda"}
    assert decided(config, network, batches, gpu, Terminal(), began).setting == LAST
    # Begun on a CPU, or by an older version, which took bf16 on a GPU and measured nothing.
    for older in ({"setting": msgspec.to_builtins(PLAIN), "device": "cpu"}, {}):
        stored = check_stored({"modality": "video", "precision": "auto"})
        assert decided(stored, network, batches, gpu, Terminal(), older).setting == BF16
    assert decided(config, network, batches, CPU, Terminal(), began).setting == PLAIN


def test_buckets_are_for_a_gpu_unless_they_are_asked_for():
    config, network, batches = toy(padding="longest")
    plain = TrainingBatches(batches.corpus, 4, Distortion(), seed=0, stride=4)
    assert Training(config, network, plain, CPU).batches.buckets is None
    assert Training(check({"modality": "video"}), network, plain, CPU).batches.buckets is None
    asked = check({"modality": "video", "padding": "buckets"})
    assert Training(asked, network, plain, CPU).batches.buckets is not None
    assert preparation(asked, PLAIN, CPU).few_shapes
    assert check_stored({}).padding == "longest"


@pytest.mark.parametrize("model", ["i3d", "mobilenet_v3"])
def test_a_run_in_buckets_with_recomputed_activations_goes_to_its_end(tmp_path: Path, model):
    argv = ["--modality", "video", "--model", model, "--frame_size", "12", "--width", "0.05", "--epochs", "1"]
    argv += ["--padding", "buckets", "--recompute", "on", "--memory_format", "channels_last", "--train_clips", "8"]
    assert train(tmp_path / "run", *argv, "--eval_clips", "2") == 0


def test_recomputing_and_compiling_exclude_each_other():
    with pytest.raises(UsageError, match="--recompute on and --compile exclude each other"):
        parse([*TINY, "--recompute", "on", "--compile", "on"])
