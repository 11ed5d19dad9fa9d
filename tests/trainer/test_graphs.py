"""A training step as CUDA graphs: one for each shape, captured before the first step. Torch's own capturing needs a
GPU, so here a stand-in for that one function counts what it is asked for, and runs it."""

import json

import msgspec
import pytest
import torch

from tests.trainer.test_compiling import training_of
from tests.trainer.test_run import train
from tests.trainer.test_tuning import CPU, toy
from trainer import settings, training
from trainer.config import check
from trainer.models.graphs import Graphs
from trainer.settings import Setting, can_capture
from trainer.training import Training
from trainer.warming import shapes, warm_up

GPU = torch.device("cuda")
GRAPHS = Setting(compile="graphs")


@pytest.fixture
def captured(monkeypatch):
    """What was captured: (function, shapes, options)."""
    asked = []

    def make(part, sample, **options):
        asked.append((part.function.__name__, tuple(each.shape for each in sample), options))
        assert all(weights.requires_grad for weights in part.parameters()) and not torch.is_autocast_cache_enabled()
        return part

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", make)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "the pool")
    for module in (settings, training):
        monkeypatch.setattr(module, "can_capture", lambda config, device, world=1: True)
    return asked


def test_there_is_one_graph_for_each_shape_and_all_share_their_memory(captured):
    run = training_of(setting=GRAPHS)
    coming = shapes(run.batches, run.model)
    said = []
    assert warm_up(run, say=said.append) == "" and said == [
        f"Capturing CUDA graphs for {len(coming)} shapes of batches …"
    ]
    assert len(captured) == len(coming) and {options["pool"] for _, _, options in captured} == {"the pool"}
    assert all(name == "_forward" and len(given) == 2 for name, given, _ in captured)
    for _ in range(2):
        while not run.epoch_is_over:
            run.update()
        run.next_epoch()
    assert len(captured) == len(coming), "none after the first step"


@pytest.mark.parametrize("model", ["i3d", "mobilenet_v3"])
def test_networks_on_pictures_are_captured_whole_and_learn_the_same(captured, model):
    """Of mobilenet_v3 what depends on how many frames are real stays outside."""
    losses = []
    for setting in (Setting(), GRAPHS):
        config, network, batches = toy(model, padding="buckets", dropout=0.0)
        run = Training(config, network, batches, CPU, setting=setting)
        losses.append([run.update().loss for _ in range(3)])
    assert captured and losses[0] == losses[1]
    assert len(captured[0][1]) == (2 if model == "i3d" else 5)


def test_without_gradients_and_for_a_late_shape_nothing_is_captured(captured):
    layer = torch.nn.Linear(3, 3)
    graphs = Graphs(layer)
    with torch.inference_mode():
        graphs(layer.forward, torch.ones(2, 3))
    assert not captured
    graphs(layer.forward, torch.ones(2, 3))
    graphs.close()
    graphs(layer.forward, torch.ones(2, 3))
    assert torch.equal(graphs(layer.forward, torch.ones(5, 3)), layer(torch.ones(5, 3))) and len(captured) == 1


def test_dropout_that_is_switched_off_is_another_graph(captured):
    layers = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout())
    graphs = Graphs(layers)
    graphs(layers.forward, torch.ones(2, 3))
    layers[1].eval()
    assert torch.equal(graphs(layers.forward, torch.ones(2, 3)), layers(torch.ones(2, 3))) and len(captured) == 2


def test_graphs_need_a_gpu_one_process_and_one_batch_an_update():
    assert can_capture(check({}), GPU) and not can_capture(check({}), CPU)
    assert not can_capture(check({}), GPU, world=2)
    assert not can_capture(check({"accumulation_steps": 2}), GPU)
    run = training_of(setting=GRAPHS)
    assert run.setting.compile == "off" and run.model.graphs is None, "on a CPU"


def test_a_run_that_cannot_be_captured_goes_on_and_says_so(captured, monkeypatch, tmp_path):
    def broken(part, sample, **options):
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", broken)
    assert train(tmp_path / "run", "--epochs", "1", "--compile", "graphs") == 0
    line = json.loads((tmp_path / "run" / "run.json").read_text())["notes"]
    assert line.startswith("Capturing CUDA graphs failed, so this run goes on uncompiled: RuntimeError: CUDA error")


def test_a_setting_of_an_older_run_is_read():
    older = {"precision": "bf16", "memory_format": "contiguous", "compile": "graphs", "search": True}
    assert msgspec.convert(older, Setting) == Setting(precision="bf16", compile="graphs")
