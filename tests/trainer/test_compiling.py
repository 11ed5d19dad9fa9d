"""Compiled networks: a graph for each shape, all before the first step; what fails to compile runs uncompiled.

torch's compiler takes a minute a graph on a CPU, so here its front end makes the graphs and plain kernels run them.
"""

import json
import os
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
import torch
from torch._dynamo.utils import counters

from tests.trainer.test_models import random_clips, tiny
from tests.trainer.test_run import train
from tests.trainer.test_tuning import BF16, CPU, decision, toy, tried
from trainer import checkpoints, settings, tuning, warming
from trainer.config import check, check_stored
from trainer.data.augmentation import Distortion
from trainer.data.batches import TrainingBatches, collate
from trainer.data.synthetic import synthetic_corpus
from trainer.models import MODELS, build_model, compiled
from trainer.models.base import Preparation
from trainer.settings import PLAIN, Setting, in_buckets, preparation
from trainer.training import Training
from trainer.warming import shapes, warm_up

ON = Setting(compile="on")
FRONT_END = {"backend": "eager"}


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Graphs are made by torch's front end and counted from here."""
    monkeypatch.setattr(settings, "_compiler", lambda: FRONT_END)
    torch._dynamo.reset()
    counters.clear()


def graphs() -> int:
    return counters["stats"]["unique_graphs"]


def broken(graph, inputs):
    raise ZeroDivisionError("Invalid ranges [0:-1]\nand a long trace")


def training_of(setting=ON):
    """Landmarks: 16 clips in batches of 4 and 3."""
    config = check({"batch_size": 4, "compile": setting.compile, "auxiliary_ctc": 0})
    corpus = synthetic_corpus(15, 2, 2, 0)
    network = build_model(
        "landmark_tcn", vocabulary_size=len(corpus.vocabulary), frame_shape=corpus.frame_shape, width=0.1, hidden_dim=8
    )
    batches = TrainingBatches(corpus, 4, Distortion("light"), seed=0, stride=4).in_buckets()
    return Training(config, network, batches, CPU, setting=setting)


def test_there_is_one_graph_for_each_shape_and_none_is_made_after_the_first_step():
    training = training_of()
    coming = shapes(training.batches, training.model)
    assert warm_up(training, say=print) == ""
    assert graphs() == len(coming) <= 2 * len(training.batches.buckets.lengths)
    for _ in range(2):
        while not training.epoch_is_over:
            training.update()
        training.next_epoch()
    assert graphs() == len(coming)


def test_a_shape_that_comes_after_all_runs_uncompiled():
    training = training_of()
    warm_up(training, say=print)
    made = graphs()
    clips = random_clips("landmark_tcn", [93, 60])
    odd = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    odd = replace(odd, frames=torch.rand(2, 93, *training.batches.corpus.frame_shape))
    loss, _ = training.objective(odd)
    loss.mean().backward()
    assert graphs() == made and torch.isfinite(loss).all()


@pytest.mark.parametrize("model", MODELS)
def test_compiled_and_uncompiled_learn_the_same_and_are_scored_by_the_same_kernels(model):
    clips = random_clips(model, [40, 33])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    found = []
    for compiler in (None, FRONT_END):
        network = tiny(model, dropout=0.0).double()
        network.prepare(Preparation(few_shapes=True, compiler=compiler))
        seen, _ = network.forward(batch.frames.double(), batch.frame_lengths)
        seen.exp().square().sum().backward()
        network.eval()
        before = graphs()
        with torch.inference_mode():
            scored, _ = network(batch.frames.double(), batch.frame_lengths)
        assert graphs() == before
        gradient = [each.grad.flatten() for each in network.parameters() if each.grad is not None]
        found.append((seen.detach(), scored, torch.cat(gradient)))
    assert graphs() == 1
    # The head's softmax is float32, here too.
    assert all(float((one - other).norm() / one.norm()) < 1e-5 for one, other in zip(*found, strict=True))


def test_warming_up_leaves_weights_figures_and_random_numbers_as_they_were():
    training = training_of()
    before = {name: value.clone() for name, value in training.model.state_dict().items()}
    state = torch.get_rng_state()
    warm_up(training, say=print)
    assert graphs() and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in training.model.state_dict().items())
    assert all(weights.grad is None for weights in training.model.parameters())


def test_on_a_cpu_without_a_compiler_nothing_is_warmed_up(monkeypatch):
    monkeypatch.setattr(warming, "_pass_through", lambda *given: pytest.fail("a pass"))
    assert warm_up(training_of(setting=PLAIN), say=pytest.fail) == ""


def test_a_stop_ends_the_warming_up():
    training = training_of()
    asked = iter([False, True])
    assert warm_up(training, say=print, stop=lambda: next(asked)) == ""
    assert graphs() == 1


def test_shapes_are_those_of_the_batches_the_largest_first():
    _, network, batches = toy("mobilenet_v3")
    coming = shapes(batches, network)
    assert set(coming.values()) <= set(batches.buckets.lengths)
    sizes = [len(lengths) * padded for lengths, padded in coming.items()]
    assert sizes == sorted(sizes, reverse=True)
    met = Counter()
    for numbers in batches.order(1):
        batch = batches.load(1, numbers)
        met[network.shape(batch.frame_lengths.tolist(), batch.frames.shape[1])] += 1
    known = {network.shape(lengths, padded) for lengths, padded in coming.items()}
    assert sum(times for shape, times in met.items() if shape in known) >= 0.7 * met.total()


def test_a_batch_to_warm_up_with_has_the_shape_and_kind_of_the_real_ones():
    _, network, batches = toy()
    for lengths, padded in shapes(batches, network).items():
        batch, real = warming.blank(batches, lengths, padded), batches.load(1, batches.order(1)[0])
        assert batch.frames.dtype == real.frames.dtype and batch.frames.shape[1] == padded
        assert batch.frame_lengths.tolist() == list(lengths) and batch.frames.shape[2:] == real.frames.shape[2:]


# -- what fails to compile -----------------------------------------------------------------------------------------


def test_a_run_that_cannot_be_compiled_goes_on_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(FRONT_END, "backend", broken)
    run_dir = tmp_path / "run"
    assert train(run_dir, "--epochs", "1", "--compile", "on") == 0
    line = json.loads((run_dir / "run.json").read_text())["notes"]
    assert line.startswith("Compiling failed, so this run goes on uncompiled: ")
    assert "Invalid ranges [0:-1]" in line and "\n" not in line and line.endswith(" --compile off skips this.")
    said = capsys.readouterr()
    assert line in said.out and "Traceback" not in said.err
    about = checkpoints.about(run_dir / "checkpoints" / "last.pt")
    assert about["setting"]["compile"] == "off" and about["config"]["compile"] == "on"


def test_without_a_compiler_the_run_is_the_uncompiled_one_to_the_bit(tmp_path, monkeypatch):
    monkeypatch.setitem(FRONT_END, "backend", broken)
    both = []
    for name, kernels in (("asked", "on"), ("plain", "off")):
        argv = ["--epochs", "1", "--padding", "buckets", "--compile", kernels]
        assert train(tmp_path / name, *argv) == 0
        both.append(checkpoints.load(tmp_path / name / "checkpoints" / "last.pt")["model"])
    assert all(torch.equal(value, both[1][name]) for name, value in both[0].items())


def test_a_compiled_run_goes_to_its_end_and_is_resumed(tmp_path):
    assert train(tmp_path / "run", "--compile", "on", "--epochs", "1") == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["notes"] == ""
    assert checkpoints.about(tmp_path / "run" / "checkpoints" / "last.pt")["setting"]["compile"] == "on"
    assert train(tmp_path / "run", "--resume", "--epochs", "2") == 0
    assert graphs() > 0


def test_memory_that_runs_out_while_kernels_are_searched_is_left_to_the_training(monkeypatch):
    training = training_of(setting=PLAIN)

    def full(*given):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(warming, "_pass_through", full)
    monkeypatch.setattr(training, "device", torch.device("meta"))  # any that is no CPU
    assert warm_up(training, say=pytest.fail) == ""


def test_a_resumed_run_of_an_older_version_keeps_its_lengths():
    assert not in_buckets(check_stored({"modality": "video", "compile": "on"}), CPU)
    assert in_buckets(check({"modality": "video", "compile": "on"}), CPU)
    assert not in_buckets(check({"modality": "video"}), CPU)


# -- by measurement ------------------------------------------------------------------------------------------------


def order_of(ms: float, updates: int, may_capture: bool = True, **options) -> list[str]:
    asked: list[str] = []

    def attempt(setting, secs):
        asked.append(str(setting))
        return tried(setting, ms / 2 if setting.compile != "off" else ms)

    config = check(options)
    tuning.try_out([PLAIN], attempt, config, updates=updates, shapes=8, may_capture=may_capture)
    return asked


def test_cuda_graphs_are_measured_where_they_can_be_used():
    graphed = "fp32, as CUDA graphs"
    assert order_of(10, updates=1000) == ["fp32"], "a run of ten seconds"
    assert order_of(10, updates=20_000) == order_of(10, updates=20_000, modality="video") == ["fp32", graphed]
    assert order_of(10, updates=1000, compile="graphs")[-1] == graphed
    assert order_of(10, updates=20_000, compile="off") == ["fp32"]
    assert order_of(10, updates=20_000, may_capture=False) == ["fp32"]


def test_what_compiling_costs_is_counted_for_every_shape_against_the_updates_of_the_run():
    fast = tried(ON, 50, first_secs=60.0)
    assert decision(tried(), fast, updates=9_000, shapes=8).setting == PLAIN  # 450 s saved, 480 s spent
    assert decision(tried(), fast, updates=10_000, shapes=8).setting == ON  # 500 s saved


def test_asked_for_and_not_possible_is_said_and_the_fastest_other_setting_taken():
    no = msgspec.structs.replace(tried(ON), secs=None, failed="InductorError: Invalid ranges [0:-1]")
    found = decision(tried(), tried(BF16, 50), no, compile="on")
    assert found.setting == BF16
    assert found.line.endswith(" Not compiled as asked: InductorError: Invalid ranges [0:-1].")
    other = decision(tried(), tried(ON, 10, loss_error=0.2), compile="on")
    assert other.setting == PLAIN and other.line.endswith("what it computes does not agree with fp32.")
    assert decision(tried(), tried(ON, 150), compile="on").setting == ON


@pytest.mark.parametrize("model", ["digits_cnn", "landmark_tcn"])
def test_a_compiled_setting_is_really_tried_and_its_first_cost_seen(model):
    network, clips = tiny(model), random_clips(model, [40, 33])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    trial = tuning.Trial(check({"auxiliary_ctc": 0}), network, batch, CPU)
    plain, fast = trial.of(PLAIN, 0.01), trial.of(ON, 0.01)
    assert plain.runs and tuning.agrees(fast) and fast.first_secs > plain.secs
    assert network.compiled is None


# -- kept between runs ---------------------------------------------------------------------------------------------


def test_what_is_compiled_is_kept_below_the_users_cache_unless_another_place_is_set(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    config = check({"modality": "video"})
    assert preparation(config, PLAIN, CPU).compiler is None and "TORCHINDUCTOR_CACHE_DIR" not in os.environ
    assert preparation(config, ON, CPU).compiler == {"mode": "default"}
    assert preparation(config, Setting(compile="graphs"), CPU).compiler is None
    assert torch._inductor.runtime.cache_dir_utils.cache_dir() == str(tmp_path / "vitalsigns" / "compiled")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "mine"))
    preparation(config, ON, CPU)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "mine")


def test_sizes_are_fixed_and_nothing_is_compiled_in_pieces(monkeypatch):
    asked = {}
    monkeypatch.setattr(torch, "compile", lambda function, **options: asked.update(options) or function)
    compiled.Compiled(len, {"mode": "default"})
    assert asked == {"dynamic": False, "fullgraph": True, "mode": "default"}
